use std::fmt;

use oxilangtag::LanguageTag;

/// A language somebody reads, such as `de` or `pt-BR`, as a language tag (RFC 5646), each written
/// in one way.
///
/// ```
/// use portcullis::model::Language;
/// assert_eq!(Language::parse("PT-br")?.as_str(), "pt-BR");
/// assert!(Language::parse("German").is_ok(), "well-formed, if not in any register");
/// assert!(Language::parse("Deutsch, bitte").is_err());
/// # Ok::<(), portcullis::model::InvalidLanguage>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Language(String);

/// The text is not a language tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a language is a tag such as en, de or pt-BR, of at most {} characters",
    Language::MAX_BYTES
)]
pub struct InvalidLanguage;

impl Language {
    /// The longest tag there is room for (RFC 5646, 4.4.1).
    pub const MAX_BYTES: usize = 35;

    /// Reads a language tag; case does not matter.
    ///
    /// # Errors
    /// [`InvalidLanguage`] where it is not well-formed, or too long.
    pub fn parse(typed: &str) -> Result<Self, InvalidLanguage> {
        if typed.len() > Self::MAX_BYTES {
            return Err(InvalidLanguage);
        }
        let tag = LanguageTag::parse_and_normalize(typed).map_err(|_| InvalidLanguage)?;
        Ok(Self(tag.into_inner()))
    }

    /// The tag.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// This language, and then ever wider ones, down to the bare language: `zh-Hant-TW`,
    /// `zh-Hant`, `zh`. What somebody is served who asked for the first (RFC 4647, 3.4).
    pub(crate) fn widening(&self) -> impl Iterator<Item = &str> {
        std::iter::successors(Some(self.as_str()), |tag| {
            let (wider, _) = tag.rsplit_once('-')?;
            // What a single letter introduces goes with it.
            let single = wider.rsplit('-').next().is_some_and(|last| last.len() == 1);
            if single { wider.rsplit_once('-').map(|(wider, _)| wider) } else { Some(wider) }
        })
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Whatever is typed gets an answer; what is a tag is one way to write it, in ASCII.
        #[test]
        fn a_tag_has_one_spelling(
            typed in prop_oneof!["\\PC{0,40}", "[a-zA-Z]{2,3}(-[a-zA-Z0-9]{1,8}){0,4}"],
        ) {
            let Ok(language) = Language::parse(&typed) else { return Ok(()) };
            prop_assert!(language.as_str().is_ascii() && language.as_str().len() <= 35);
            prop_assert_eq!(Language::parse(&typed.to_ascii_uppercase()), Ok(language.clone()));
            prop_assert_eq!(Language::parse(language.as_str()), Ok(language.clone()));
            let wider: Vec<&str> = language.widening().collect();
            prop_assert!(wider.windows(2).all(|two| two[0].starts_with(two[1])));
        }
    }

    #[test]
    fn it_widens_to_the_bare_language() {
        let widening = |tag: &str| {
            Language::parse(tag).unwrap().widening().map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(widening("zh-hant-tw"), ["zh-Hant-TW", "zh-Hant", "zh"]);
        assert_eq!(widening("de-u-co-phonebk"), ["de-u-co-phonebk", "de-u-co", "de"]);
        assert_eq!(widening("de"), ["de"]);
    }
}
