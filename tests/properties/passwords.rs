use std::time::{Duration, Instant};

use portcullis::{
    model::{EmailAddress, PersonName, Username},
    policy::{PasswordPolicy, Personal},
    secret::Password,
};
use proptest::{collection::vec, prelude::*, sample::select};

use super::text::any_text;

/// The words of [`ada`] that a password must not be made of.
const WORDS: [&str; 6] =
    ["lovelace", "analytical", "engines", "ada.lovelace", "countess", "analytical engines"];

struct Ada {
    username: Username,
    email: EmailAddress,
    name: PersonName,
    policy: PasswordPolicy,
}

fn ada() -> Ada {
    let mut policy = PasswordPolicy::default();
    policy.site_words.push("Babbage & Sons".to_owned());
    Ada {
        username: Username::parse("ada.lovelace").unwrap(),
        email: EmailAddress::parse("Countess@engines.example").unwrap(),
        name: PersonName::parse("Ada Lovelace").unwrap(),
        policy,
    }
}

impl Ada {
    fn missed(&self, typed: &str) -> Vec<&'static str> {
        let personal = Personal {
            username: &self.username,
            email: &self.email,
            name: &self.name,
            company: "Analytical Engines",
        };
        let password = Password::new(typed).unwrap();
        self.policy.check("password", &password, &personal).iter().map(|v| v.rule).collect()
    }
}

proptest! {
    #[test]
    fn any_text_has_an_answer(text in any_text(), times in 1_usize..16) {
        let mut text = text.repeat(times);
        text.truncate(text.floor_char_boundary(Password::MAX_BYTES));
        let missed = ada().missed(&text);
        let rules = ["min_length", "not_common", "not_personal"];
        prop_assert!(missed.iter().all(|rule| rules.contains(rule)));
        prop_assert!(missed.is_sorted(), "each once, in their order");
        use unicode_normalization::UnicodeNormalization as _;
        prop_assert_eq!(missed.contains(&"min_length"), text.nfc().count() < 15);
    }

    #[test]
    fn what_a_generator_makes_is_accepted(password in "[A-Za-z0-9!#$%&*+=?-]{20,64}") {
        prop_assert_eq!(ada().missed(&password), Vec::<&str>::new());
    }

    /// Three words of any dictionary, in any script.
    #[test]
    fn passphrases_are_accepted(
        words in vec(select(vec![
            "harvest", "кукуруза", "ποτάμι", "山の風景", "örtlich", "pebble", "cirrus", "نسيم",
        ]), 4..8),
        digits in 10_000_u32..99_999,
    ) {
        let distinct: std::collections::BTreeSet<_> = words.iter().collect();
        prop_assume!(distinct.len() > 2);
        let phrase = format!("{} {digits}", words.join(" "));
        prop_assert_eq!(ada().missed(&phrase), Vec::<&str>::new());
    }

    /// However their words are repeated, capitalised and put around a few characters: the
    /// person's own words are worth nothing.
    #[test]
    fn own_words_do_not_lengthen_a_password(
        parts in vec((select(&WORDS[..]), any::<bool>(), "[0-9!?]{0,1}"), 1..7),
    ) {
        let text: String = parts
            .iter()
            .map(|(word, capital, filler)| {
                let word = if *capital { word.to_uppercase() } else { (*word).to_owned() };
                word + filler
            })
            .collect();
        prop_assert!(ada().missed(&text).contains(&"not_personal"), "{text}");
    }

    /// What is refused for leaning on their words is not made good by more of them.
    #[test]
    fn more_of_the_same_helps_nothing(
        few in "[a-z0-9!?]{0,7}",
        before in select(&WORDS[..]),
        after in vec(select(&WORDS[..]), 0..4),
    ) {
        let ada = ada();
        let text = format!("{before}{few}");
        prop_assert!(ada.missed(&text).contains(&"not_personal"));
        let longer = format!("{text}{}", after.concat());
        prop_assert!(ada.missed(&longer).contains(&"not_personal"), "{longer}");
    }

    /// The rules see one password, however a keyboard writes its letters.
    #[test]
    fn composed_and_decomposed_are_judged_alike(text in any_text()) {
        use unicode_normalization::UnicodeNormalization as _;
        let ada = ada();
        let (composed, decomposed): (String, String) = (text.nfc().collect(), text.nfd().collect());
        prop_assert_eq!(ada.missed(&composed), ada.missed(&decomposed));
    }

    #[test]
    fn patterns_are_refused(unit in "[a-z0-9]{1,8}", times in 2_usize..9, start in b'a'..=b'k') {
        let repeated = unit.repeat(times.max(16 / unit.len() + 1));
        prop_assert!(ada().missed(&repeated).contains(&"not_common"), "{repeated}");
        let row: String = (start..start + 16).map(char::from).collect();
        prop_assert!(ada().missed(&row).contains(&"not_common"), "{row}");
    }

    #[test]
    fn nothing_longer_can_be_made(extra in 1_usize..5_000) {
        prop_assert!(Password::new("x".repeat(Password::MAX_BYTES + extra)).is_err());
    }

    #[test]
    fn a_password_never_shows(typed in "[a-z]{12,40}") {
        let shown = format!("{:?}", Password::new(typed.as_str()));
        prop_assert!(!shown.contains(&typed));
    }
}

/// The costliest texts there are room for take no longer than a hash does, by far: this is a
/// bound against a check that squares its input, not a measurement.
#[test]
fn a_check_takes_bounded_time() {
    let ada = ada();
    let fill = |unit: &str| unit.repeat(Password::MAX_BYTES / unit.len());
    let begun = Instant::now();
    for unit in ["a", "ab", "lovelac", "lovelace", "\u{fdfa}", "e\u{301}\u{323}", "\u{301}", "\0"] {
        drop(ada.missed(&fill(unit)));
    }
    assert!(begun.elapsed() < Duration::from_secs(8), "{:?}", begun.elapsed());
}
