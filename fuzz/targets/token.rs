//! A token has one spelling, and no text makes reading one panic.
#![no_main]

use libfuzzer_sys::fuzz_target;
use portcullis::{
    auth::SessionToken,
    secret::{Purpose, Token},
};

fuzz_target!(|data: &[u8]| {
    let Some(text) = portcullis_fuzz::text(data) else { return };
    let read = Token::parse(text);
    assert_eq!(read.is_ok(), SessionToken::cookie(text).is_ok());
    assert_eq!(read.is_ok(), SessionToken::bearer(text).is_ok());
    if let Ok(token) = read {
        let written = token.reveal();
        assert_eq!(written.as_str(), text);
        let again = Token::parse(&written).expect("what was written is read");
        for purpose in Purpose::ALL {
            assert!(again.digest(*purpose) == token.digest(*purpose));
        }
    }
});
