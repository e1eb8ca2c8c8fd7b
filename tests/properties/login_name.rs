use portcullis::model::{EmailAddress, LoginName, Username};
use proptest::prelude::*;

use super::text::{any_text, nearly};

fn anything() -> impl Strategy<Value = String> {
    prop_oneof![nearly("[a-zA-Z0-9._-]{1,70}(@[a-z0-9.]{1,30})?"), any_text()]
}

proptest! {
    /// What is looked up is what the parsers say, so nobody is found who could not be named.
    #[test]
    fn it_agrees_with_the_parsers(typed in anything()) {
        let name = LoginName::new(&typed);
        let username = Username::parse(&typed).ok();
        // An address in full-width letters is read as the name it becomes.
        let typed_as = username.as_ref().map_or(typed.as_str(), Username::canonical);
        let email = EmailAddress::parse(typed_as).ok();
        prop_assert_eq!(name.username_key(), username.as_ref().map_or("", Username::canonical));
        prop_assert_eq!(name.email_key(), email.as_ref().map_or("", EmailAddress::canonical));
    }

    /// The limits count what is looked up: two keys would be two budgets for one person.
    #[test]
    fn a_name_has_one_budget(typed in anything()) {
        let name = LoginName::new(&typed);
        for key in [name.username_key(), name.email_key()] {
            prop_assert!(key.is_empty() || key == name.canonical(), "{key:?} of {typed:?}");
        }
    }

    /// No spelling of a name buys another five tries.
    #[test]
    fn spellings_share_a_budget(typed in anything()) {
        let name = LoginName::new(&typed);
        let found = !name.username_key().is_empty() || !name.email_key().is_empty();
        if !found {
            return Ok(());
        }
        let spellings = [
            typed.to_ascii_uppercase(),
            typed.to_ascii_lowercase(),
            format!("\t {typed} "),
            name.canonical().to_owned(),
        ];
        for spelling in spellings {
            let other = LoginName::new(&spelling);
            prop_assert_eq!(other.canonical(), name.canonical(), "{:?}", spelling);
            prop_assert_eq!(other.username_key(), name.username_key());
            prop_assert_eq!(other.email_key(), name.email_key());
        }
    }

    /// People type passwords into name fields.
    #[test]
    fn it_never_shows_what_was_typed(typed in "[a-z]{12,40}") {
        let shown = format!("{:?}", LoginName::new(&typed));
        prop_assert!(!shown.contains(&typed));
    }
}
