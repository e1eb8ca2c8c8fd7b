//! What is looked up is what limits count, by every spelling.
#![no_main]

use libfuzzer_sys::fuzz_target;
use portcullis::model::{EmailAddress, LoginName, Username};

fuzz_target!(|data: &[u8]| {
    let Some(text) = portcullis_fuzz::text(data) else { return };
    let name = LoginName::new(text);
    let username = Username::parse(text).ok();
    // In full-width letters it is the name it becomes, and that may be an address.
    let email = EmailAddress::parse(username.as_ref().map_or(text, Username::canonical)).ok();
    assert_eq!(name.username_key(), username.as_ref().map_or("", Username::canonical));
    assert_eq!(name.email_key(), email.as_ref().map_or("", EmailAddress::canonical));
    if username.is_none() && email.is_none() {
        return;
    }
    let canonical = name.canonical();
    for key in [name.username_key(), name.email_key()] {
        assert!(key.is_empty() || key == canonical);
    }
    let padded = format!(" {text}\t");
    for spelling in [&text.to_ascii_uppercase(), &text.to_ascii_lowercase(), &padded, canonical] {
        let again = LoginName::new(spelling);
        assert_eq!(again.canonical(), canonical);
        assert_eq!(again.username_key(), name.username_key());
        assert_eq!(again.email_key(), name.email_key());
    }
});
