//! An address that is accepted is narrow, and its canonical form is the only one.
#![no_main]

use libfuzzer_sys::fuzz_target;
use portcullis::model::EmailAddress;

fuzz_target!(|data: &[u8]| {
    let Some(text) = portcullis_fuzz::text(data) else { return };
    let Ok(address) = EmailAddress::parse(text) else { return };
    let canonical = address.canonical();
    assert_eq!(address.as_str(), text.trim_matches([' ', '\t']));
    assert!(canonical.len() <= EmailAddress::MAX_BYTES);
    let fine = |b: u8| b.is_ascii_graphic() && !b"<>()[],;:\\\"".contains(&b);
    assert!(canonical.bytes().all(fine) && canonical.matches('@').count() == 1);
    assert_eq!(format!("{}@{}", address.local(), address.domain()), canonical);
    for spelling in [canonical.to_owned(), text.to_ascii_uppercase(), text.to_ascii_lowercase()] {
        let again = EmailAddress::parse(&spelling).expect("another spelling of the same");
        assert_eq!(again.canonical(), canonical);
    }
});
