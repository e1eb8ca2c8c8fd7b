use portcullis::model::EmailAddress;
use proptest::prelude::*;

use super::text::{any_text, nearly};

fn holds(typed: &str) -> Result<bool, TestCaseError> {
    let Ok(address) = EmailAddress::parse(typed) else { return Ok(false) };
    let (written, canonical) = (address.as_str(), address.canonical());
    prop_assert_eq!(written, typed.trim_matches([' ', '\t']));
    for text in [written, canonical] {
        let forbidden = |b: u8| b <= b' ' || b >= 0x7f || b"<>()[],;:\\\"".contains(&b);
        prop_assert!(!text.bytes().any(forbidden), "{text:?}");
        prop_assert!(text.len() <= EmailAddress::MAX_BYTES);
        prop_assert_eq!(text.matches('@').count(), 1);
    }
    prop_assert!(!canonical.bytes().any(|b| b.is_ascii_uppercase()));
    prop_assert!(canonical.eq_ignore_ascii_case(written));
    prop_assert_eq!(format!("{}@{}", address.local(), address.domain()), canonical);
    prop_assert!(address.domain().contains('.'));
    // One canonical form, from every spelling.
    let spellings =
        [canonical.to_owned(), written.to_ascii_uppercase(), written.to_ascii_lowercase()];
    for spelling in spellings {
        let again = EmailAddress::parse(&spelling).unwrap();
        prop_assert_eq!(again.canonical(), canonical);
    }
    Ok(true)
}

proptest! {
    #[test]
    fn an_address_is_narrow_and_canonical(
        typed in prop_oneof![nearly("[a-zA-Z0-9._%+-]{1,70}@[a-zA-Z0-9.-]{1,80}"), any_text()],
    ) {
        holds(&typed)?;
    }

    #[test]
    fn ordinary_addresses_are_accepted(
        typed in "[a-z]{1,9}([.+_-]?[a-z0-9]{1,9}){0,3}@([a-z][a-z0-9]{0,9}\\.){1,3}[a-z]{2,6}",
    ) {
        prop_assert!(holds(&typed)?, "{typed}");
    }

    /// Two mailboxes stay two, whatever folds one letter into the other (CVE-2019-19844).
    #[test]
    fn folds_do_not_make_two_mailboxes_one(
        local in "[a-z]{0,5}",
        fold in prop::sample::select(vec!['ı', 'İ', '\u{212a}', 'ſ', 'ß', 'ﬁ', 'Ａ', 'а']),
        rest in "[a-z]{0,5}",
    ) {
        let in_local = format!("{local}{fold}{rest}@example.com");
        let in_domain = format!("ada@{local}{fold}{rest}.example.com");
        prop_assert!(EmailAddress::parse(&in_local).is_err());
        prop_assert!(EmailAddress::parse(&in_domain).is_err());
    }
}

#[test]
fn what_has_misled_mail_before() {
    for refused in [
        "",
        "@",
        "a@b",
        "a@b.",
        "a@.b.c",
        "a@b..c",
        ".a@b.c",
        "a.@b.c",
        "a..b@c.d",
        "a@-b.c",
        "a@b-.c",
        "a@127.0.0.1",
        "a@[127.0.0.1]",
        "\"a b\"@c.d",
        "a@b.c, d@e.f",
        "a@b.c\nBcc: d@e.f",
        "a@b.c\0",
        "Ada <a@b.c>",
        "a@b@c.d",
        "a(b)@c.d",
        "mailto:a@b.c",
        "a@bücher.example",
    ] {
        assert!(EmailAddress::parse(refused).is_err(), "{refused:?}");
    }
    assert!(EmailAddress::parse("a@xn--bcher-kva.example").is_ok(), "the control");
}
