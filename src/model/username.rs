use std::fmt;

use precis_profiles::{UsernameCaseMapped, precis_core::profile::PrecisFastInvocation as _};
use unicode_normalization::UnicodeNormalization as _;
use unicode_security::confusable_detection::skeleton;

/// A username: the PRECIS profile UsernameCaseMapped (RFC 8265 §3.3), less the marks that URLs
/// and markup are made of (`/ \ : ? # & % < > "`), so that a username in a letter is never a
/// link of somebody else's choosing.
///
/// It keeps the spelling its owner chose and compares by its canonical form, so `Ada` and `ada`
/// are one name. A third form, [`look_alike`](Self::look_alike), finds names that only look the
/// same.
///
/// ```
/// use portcullis::model::Username;
/// let name = Username::parse("Ada.Lovelace")?;
/// assert_eq!(name.as_str(), "Ada.Lovelace");
/// assert_eq!(name.canonical(), "ada.lovelace");
/// // The first letter is a Cyrillic а.
/// assert_eq!(Username::parse("\u{430}da")?.look_alike(), Username::parse("ada")?.look_alike());
/// # Ok::<(), portcullis::model::InvalidUsername>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Username {
    written: String,
    canonical: String,
}

/// The text is not a username.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a username has 1 to {} letters, digits and marks such as . - _ and no spaces",
    Username::MAX_CHARS
)]
pub struct InvalidUsername;

impl Username {
    /// The longest username, in characters of its canonical form. Chosen: usual addresses fit, for
    /// those who are called after theirs, and nearly all third forms of it fit an index (see
    /// [`parse`](Self::parse)).
    pub const MAX_CHARS: usize = 64;

    /// Reads a username; blanks around it are dropped.
    ///
    /// # Errors
    /// [`InvalidUsername`] when it is empty, longer than [`Username::MAX_CHARS`], or holds what
    /// the profile forbids (spaces, control characters, symbols, mixed directions) or what URLs
    /// and markup are made of; also when it has more than 47 of the Hangul syllables that take
    /// most room in its third form.
    pub fn parse(typed: &str) -> Result<Self, InvalidUsername> {
        let typed = typed.trim_matches([' ', '\t']);
        if typed.len() > Self::MAX_CHARS * 4 {
            return Err(InvalidUsername);
        }
        let canonical = enforce(typed)?;
        // The profile is not idempotent for every input; a name is accepted only in a form that
        // is, or the name stored would not be the name looked up.
        if canonical.chars().count() > Self::MAX_CHARS
            || canonical.contains(['/', '\\', ':', '?', '#', '&', '%', '<', '>', '"'])
            || enforce(&canonical)? != canonical
        {
            return Err(InvalidUsername);
        }
        let name = Self { written: typed.nfc().collect(), canonical };
        if name.look_alike().len() > LONGEST_LOOK_ALIKE { Err(InvalidUsername) } else { Ok(name) }
    }

    /// The spelling its owner chose.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.written
    }

    /// The form that must be unique, and by which people are found.
    #[must_use]
    pub fn canonical(&self) -> &str {
        &self.canonical
    }

    /// A form shared by names that look alike: UTS 39 skeletons, for characters beyond ASCII
    /// only, so that `barnes` and `bames` stay two names. It is unique as well, and is never
    /// used to find, mail or limit anybody.
    #[must_use]
    pub fn look_alike(&self) -> String {
        let mut out = String::with_capacity(self.canonical.len());
        for c in self.canonical.chars() {
            if c.is_ascii() {
                out.push(c);
            } else {
                let mut buffer = [0; 4];
                out.extend(skeleton(c.encode_utf8(&mut buffer)).flat_map(char::to_lowercase));
            }
        }
        out
    }

    /// Whether it is written like an e-mail address.
    #[must_use]
    pub fn is_address_like(&self) -> bool {
        self.canonical.contains('@')
    }

    /// The username of a stored row, which was parsed when it was written.
    pub(crate) fn from_stored(written: String, canonical: String) -> Self {
        Self { written, canonical }
    }
}

/// The most bytes of a third form: what stores hold in an index. One character in the second can
/// be 21 bytes in the third.
const LONGEST_LOOK_ALIKE: usize = 1_000;

fn enforce(text: &str) -> Result<String, InvalidUsername> {
    UsernameCaseMapped::enforce(text).map(|text| text.into_owned()).map_err(|_| InvalidUsername)
}

impl fmt::Display for Username {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.written)
    }
}

impl fmt::Debug for Username {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.written, f)
    }
}
