use portcullis::{model::Username, store::Column};
use proptest::prelude::*;

use super::text::{any_text, nearly};

fn holds(typed: &str) -> Result<bool, TestCaseError> {
    let Ok(name) = Username::parse(typed) else { return Ok(false) };
    let canonical = name.canonical();
    let length = canonical.chars().count();
    prop_assert!((1..=Username::MAX_CHARS).contains(&length), "{length}");
    let forbidden = |c: char| c.is_control() || c.is_whitespace() || "/\\:<>\"".contains(c);
    prop_assert!(!canonical.contains(forbidden), "{canonical:?}");
    prop_assert!(name.as_str().len() <= typed.len() * 3);
    // The name that is stored is the name that is looked up, by either spelling.
    for spelling in [canonical, name.as_str()] {
        let again = Username::parse(spelling);
        prop_assert!(again.is_ok(), "{spelling:?} of {typed:?}");
        let again = again.unwrap();
        prop_assert_eq!(again.canonical(), canonical);
        prop_assert_eq!(again.look_alike(), name.look_alike());
    }
    prop_assert!(name.look_alike().len() <= Column::MAX_INDEXED, "{canonical:?}");
    prop_assert_eq!(name.is_address_like(), canonical.contains('@'));
    Ok(true)
}

proptest! {
    #[test]
    fn a_username_is_found_again(
        typed in prop_oneof![nearly("[a-zA-Z0-9._@-]{1,70}"), nearly("\\PC{1,12}"), any_text()],
    ) {
        holds(&typed)?;
    }

    /// One character at a time, so that every character of Unicode has its turn.
    #[test]
    fn any_character_in_any_place(before in "[a-z]{0,2}", c: char, after in "[a-z]{0,2}") {
        holds(&format!("{before}{c}{after}"))?;
    }

    /// `barnes` and `bames` stay two names: nothing an ASCII name is made of is replaced.
    #[test]
    fn ascii_names_keep_themselves(typed in "[a-zA-Z0-9][a-zA-Z0-9._-]{0,63}") {
        prop_assert!(holds(&typed)?, "{typed}");
        let name = Username::parse(&typed).unwrap();
        prop_assert_eq!(name.canonical(), typed.to_ascii_lowercase());
        prop_assert_eq!(name.look_alike(), typed.to_ascii_lowercase());
    }

    /// Equal names look alike; case and width are no difference.
    #[test]
    fn case_and_width_are_no_difference(typed in "[a-z0-9.]{1,20}") {
        let wide: String = typed
            .chars()
            .map(|c| char::from_u32(u32::from(c) + 0xfee0).unwrap())
            .collect();
        let name = Username::parse(&typed).unwrap();
        for spelling in [wide, typed.to_uppercase(), format!(" {typed}\t")] {
            let other = Username::parse(&spelling).unwrap();
            prop_assert_eq!(other.canonical(), name.canonical());
            prop_assert_eq!(other.look_alike(), name.look_alike());
        }
    }
}

#[test]
fn look_alikes_are_one_and_neighbours_are_two() {
    let look = |name| Username::parse(name).unwrap().look_alike();
    for (one, other) in [("аdа", "ada"), ("рaypаl", "paypal"), ("g\u{131}na", "gina")] {
        assert_eq!(look(one), look(other), "{one} {other}");
    }
    for (one, other) in [("barnes", "bames"), ("l0", "lo"), ("vv", "w"), ("cl", "d")] {
        assert_ne!(look(one), look(other), "{one} {other}");
    }
}

#[test]
fn what_is_no_name() {
    for refused in ["", " ", "a b", "a\0", "a\u{202e}b", "\u{200d}", "\u{1f600}", "ſ", "\u{212a}"]
    {
        assert!(Username::parse(refused).is_err(), "{refused:?}");
    }
    assert!(Username::parse(&"a".repeat(64)).is_ok(), "the control");
    assert!(Username::parse(&"a".repeat(65)).is_err());
    // Three bytes here, 21 in the form that finds look-alikes: more than a store holds.
    assert!(Username::parse(&"쮔".repeat(47)).is_ok(), "the control");
    assert!(Username::parse(&"쮔".repeat(48)).is_err());
}
