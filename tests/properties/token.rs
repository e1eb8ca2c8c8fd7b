use portcullis::secret::{Purpose, Token};
use proptest::prelude::*;

use super::text::any_text;

proptest! {
    /// What is revealed is what was read: one token, one spelling.
    #[test]
    fn a_token_has_one_spelling(written in "[A-Za-z0-9_-]{43}") {
        if let Ok(token) = Token::parse(&written) {
            prop_assert_eq!(&*token.reveal(), &written);
        }
    }

    /// The last character carries four bits: of each sixteen neighbours one is a token.
    #[test]
    fn stray_bits_are_refused(head in "[A-Za-z0-9_-]{42}") {
        let alphabet = ('A'..='Z').chain('a'..='z').chain('0'..='9').chain(['-', '_']);
        let read = alphabet.filter(|last| Token::parse(&format!("{head}{last}")).is_ok());
        prop_assert_eq!(read.count(), 16);
    }

    #[test]
    fn any_bytes_make_a_token(bytes: [u8; 32]) {
        let written = data_encoding::BASE64URL_NOPAD.encode(&bytes);
        let token = Token::parse(&written).unwrap();
        prop_assert_eq!(&*token.reveal(), &written);
        // Each purpose sees another digest.
        for (i, a) in Purpose::ALL.iter().enumerate() {
            for b in Purpose::ALL.iter().skip(i + 1) {
                prop_assert_ne!(token.digest(*a), token.digest(*b));
            }
        }
    }

    #[test]
    fn nothing_else_is_a_token(text in any_text()) {
        let plain = text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b));
        prop_assert!(Token::parse(&text).is_err() || plain && text.len() == Token::LENGTH);
    }
}
