use portcullis::site::Site;
use proptest::prelude::*;

use super::text::{any_text, nearly};

proptest! {
    /// What comes through is an origin and nothing more: no path, no user, no question mark, so
    /// that whatever follows it in a link cannot leave the host.
    #[test]
    fn an_origin_is_an_origin(
        name in prop_oneof!["[A-Za-z ]{1,20}", any_text()],
        url in prop_oneof![
            nearly("https?://[a-zA-Z0-9.-]{1,20}(:[0-9]{0,6})?/{0,2}"),
            nearly("https?://(localhost|127\\.0\\.0\\.[0-9]{1,3}|\\[[0-9a-f:]{2,12}\\])(:[0-9+]{1,5})?"),
            any_text(),
        ],
    ) {
        if let Ok(site) = Site::new(&name, &url) {
            let (scheme, authority) = site.origin().split_once("://").unwrap();
            prop_assert!(scheme == "https" || scheme == "http" && site.is_loopback());
            let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b".-:[]".contains(&b);
            prop_assert!(!authority.is_empty() && authority.bytes().all(plain), "{authority:?}");
            prop_assert_eq!(site.is_secure(), scheme == "https");
            prop_assert!(!site.name().contains(char::is_control));
            let again = Site::new(site.name(), site.origin());
            prop_assert_eq!(again.as_ref(), Ok(&site));
        }
    }

    #[test]
    fn plain_http_is_for_this_machine_only(host in "[a-z]{1,9}(\\.[a-z0-9]{1,9}){1,3}") {
        prop_assert!(Site::new("Site", &format!("http://{host}")).is_err(), "{host}");
        let lookalikes =
            [format!("127.0.0.1.{host}"), format!("localhost.{host}"), format!("{host}@localhost")];
        for host in lookalikes {
            prop_assert!(Site::new("Site", &format!("http://{host}")).is_err(), "{host}");
        }
    }

    #[test]
    fn a_contact_is_one_line(contact in any_text()) {
        let site = Site::new("Site", "https://site.example").unwrap().support(&contact);
        prop_assert!(!site.support_contact().contains(char::is_control));
        prop_assert!(site.support_contact().chars().count() <= 200);
    }
}
