use portcullis::{
    clock::from_micros,
    id::{BatchId, UserId},
};
use proptest::prelude::*;

use super::text::{any_text, nearly};

proptest! {
    #[test]
    fn an_id_reads_back(bytes: [u8; 16]) {
        let id = UserId::from_bytes(bytes);
        prop_assert_eq!(id.as_bytes(), &bytes);
        prop_assert_eq!(id.to_string().parse(), Ok(id));
        prop_assert_eq!(serde_json::to_string(&id).unwrap(), format!("\"{id}\""));
    }

    /// One id, one spelling: whoever compares texts compares ids.
    #[test]
    fn an_id_has_one_spelling(
        text in prop_oneof![
            nearly("[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"),
            nearly("(urn:uuid:|\\{)?[0-9a-f-]{32,36}\\}?"),
            any_text(),
        ],
    ) {
        if let Ok(id) = text.parse::<UserId>() {
            prop_assert_eq!(id.to_string(), text);
        }
    }

    /// Ids drawn later sort later, to the millisecond; no time makes drawing one panic.
    #[test]
    fn ids_grow_with_time(a: i64, b: i64, random: [u8; 10]) {
        let id = |micros| Some(BatchId::from_random(from_micros(micros)?, &random));
        if let (Some(first), Some(second)) = (id(a.min(b)), id(a.max(b))) {
            prop_assert!(first <= second);
            prop_assert_eq!(first.as_bytes()[6] >> 4, 7, "the version of RFC 9562");
        }
    }
}
