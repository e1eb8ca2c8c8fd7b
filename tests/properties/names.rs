use portcullis::model::{Client, PersonName, Plan, Role};
use proptest::prelude::*;

use super::text::any_text;

proptest! {
    #[test]
    fn a_name_is_bounded_and_reads_the_same_again(typed in any_text()) {
        if let Ok(name) = PersonName::parse(&typed) {
            let text = name.as_str();
            prop_assert!((1..=PersonName::MAX_CHARS).contains(&text.chars().count()));
            let reverses = |c: char| {
                c.is_control()
                    || "\u{61c}\u{200e}\u{200f}\u{2028}\u{2029}\u{feff}".contains(c)
                    || ('\u{202a}'..='\u{202e}').contains(&c)
                    || ('\u{2066}'..='\u{2069}').contains(&c)
            };
            prop_assert!(!text.contains(reverses), "{text:?}");
            let again = PersonName::parse(text).unwrap();
            prop_assert_eq!(again.as_str(), text);
        }
    }

    #[test]
    fn people_may_be_called_what_they_are_called(typed in "\\p{L}[\\p{L}\\p{M} '.-]{0,30}\\p{L}") {
        prop_assert!(PersonName::parse(&typed).is_ok(), "{typed:?}");
    }

    #[test]
    fn roles_and_plans_keep_any_name(text in any_text()) {
        let (role, plan) = (Role::from_text(&text), Plan::from_text(&text));
        prop_assert_eq!(role.as_str(), text.as_str());
        prop_assert_eq!(plan.as_str(), text.as_str());
    }

    /// What a program calls itself is bounded and on one line, whatever it is.
    #[test]
    fn a_client_is_bounded(agent in any_text(), times in 1_usize..9, address: [u8; 16]) {
        let client = Client::new(Some(std::net::Ipv6Addr::from(address).into()), &agent.repeat(times));
        prop_assert!(client.agent().chars().count() <= Client::MAX_AGENT);
        prop_assert!(!client.agent().contains(char::is_control));
    }

    /// An IPv4 address behind an IPv6 socket is the same network: no second budget.
    #[test]
    fn mapped_addresses_share_a_network(address: [u8; 4]) {
        let plain = std::net::Ipv4Addr::from(address);
        let mapped = plain.to_ipv6_mapped();
        let network = |address: std::net::IpAddr| Client::new(Some(address), "").network();
        prop_assert_eq!(network(plain.into()), network(mapped.into()));
    }
}
