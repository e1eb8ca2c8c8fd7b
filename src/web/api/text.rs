//! Text as requests carry it.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{self, Visitor},
};
use zeroize::Zeroizing;

use crate::{
    error::{Error, Result},
    secret::Token,
    web::typed::Typed,
};

/// Any text without NUL, which databases and C libraries end a string at. It may be a secret, so
/// it is wiped when it is dropped.
pub(super) struct Text(Zeroizing<String>);

impl Text {
    pub(super) fn of(text: &str) -> Self {
        Self(Zeroizing::new(text.to_owned()))
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// The password it is, for [`typed`](crate::web::typed) to take.
    pub(super) fn typed(self, field: &'static str) -> Typed {
        (self.0, field)
    }

    /// The token it is. One that cannot be any is answered as one that is unknown.
    pub(super) fn token(&self) -> Result<Token> {
        Token::parse(&self.0).map_err(|_| Error::Rejected)
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Reader)
    }
}

struct Reader;

impl Visitor<'_> for Reader {
    type Value = Text;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("text without NUL")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Text, E> {
        if text.contains('\0') {
            return Err(E::custom("NUL"));
        }
        Ok(Text::of(text))
    }
}
