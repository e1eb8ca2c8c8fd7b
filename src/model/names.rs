use std::{borrow::Cow, fmt};

use unicode_normalization::UnicodeNormalization as _;

/// A person's or a company's name, for showing.
///
/// Any letters of any script, up to [`PersonName::MAX_CHARS`] characters; control characters and
/// the invisible ones that reverse text are refused.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct PersonName(String);

/// The text is not a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a name has 1 to {} characters and no control characters", PersonName::MAX_CHARS)]
pub struct InvalidName;

impl PersonName {
    /// The longest name, in characters. Chosen: people's and companies' names are shorter, and this
    /// still fits into a sentence of a letter.
    pub const MAX_CHARS: usize = 120;

    /// Reads a name; blanks around it are dropped.
    ///
    /// # Errors
    /// [`InvalidName`] when it is empty, too long or holds control characters.
    pub fn parse(typed: &str) -> Result<Self, InvalidName> {
        if typed.len() > Self::MAX_CHARS * 4 + 64 {
            return Err(InvalidName);
        }
        let name: String = typed.trim().nfc().collect();
        let length = name.chars().count();
        if length == 0 || length > Self::MAX_CHARS || name.chars().any(is_hidden) {
            return Err(InvalidName);
        }
        Ok(Self(name))
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name of a stored row, which was parsed when it was written.
    pub(crate) fn from_stored(name: String) -> Self {
        Self(name)
    }
}

impl fmt::Display for PersonName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for PersonName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

/// Whether a character shows nothing, or changes how its neighbours show.
pub(super) fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{200e}' | '\u{200f}' | '\u{feff}')
        || matches!(c, '\u{61c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

macro_rules! labels {
    ($($(#[$doc:meta])* $name:ident { $($(#[$item:meta])* $constant:ident = $text:literal,)* })*) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(Cow<'static, str>);

        impl $name {
            $($(#[$item])* pub const $constant: Self = Self(Cow::Borrowed($text));)*

            /// The one of that name. Names are stored, so they stay once people use them.
            #[must_use]
            pub const fn named(name: &'static str) -> Self {
                Self(Cow::Borrowed(name))
            }

            /// The one a request or a stored row names. Whether it means anything is for the
            /// policy to say: an unknown one allows nothing.
            #[must_use]
            pub fn from_text(name: &str) -> Self {
                Self(Cow::Owned(name.to_owned()))
            }

            /// Its name.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )*};
}

labels! {
    /// What a user is in the company. What it allows is said by the policy.
    Role {
        /// Manages the account and everybody in it.
        ADMINISTRATOR = "administrator",
        /// Leads the company's sales and marketing.
        COMPANY_MANAGER = "company_manager",
        /// Leads marketing.
        MARKETING_MANAGER = "marketing_manager",
        /// Leads a sales team.
        SALES_MANAGER = "sales_manager",
        /// Works on leads.
        SALESPERSON = "salesperson",
        /// Works on the leads given to them.
        JUNIOR_SALESPERSON = "junior_salesperson",
    }

    /// What a company has bought. What it includes is said by the policy.
    Plan {
        /// To try the product, for a time.
        TRIAL = "trial",
        /// The first paid plan.
        ESSENTIAL = "essential",
        /// The second.
        ADVANCED = "advanced",
        /// Everything.
        ULTIMATE = "ultimate",
    }
}
