//! A username that is stored is the one that is looked up; names of people as well.
#![no_main]

use libfuzzer_sys::fuzz_target;
use portcullis::model::{PersonName, Username};

fuzz_target!(|data: &[u8]| {
    let Some(text) = portcullis_fuzz::text(data) else { return };
    if let Ok(name) = Username::parse(text) {
        let canonical = name.canonical();
        assert!((1..=Username::MAX_CHARS).contains(&canonical.chars().count()));
        assert!(!canonical.contains(|c: char| c.is_control() || c.is_whitespace()));
        for spelling in [canonical, name.as_str()] {
            let again = Username::parse(spelling).expect("another spelling of the same");
            assert_eq!(again.canonical(), canonical);
            assert_eq!(again.look_alike(), name.look_alike());
        }
        if canonical.is_ascii() {
            assert_eq!(name.look_alike(), canonical);
        }
    }
    if let Ok(name) = PersonName::parse(text) {
        let again = PersonName::parse(name.as_str()).expect("the same again");
        assert_eq!(again.as_str(), name.as_str());
        assert!(!name.as_str().contains(char::is_control));
    }
});
