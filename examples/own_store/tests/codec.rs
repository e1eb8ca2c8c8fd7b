//! What is encoded sorts as the values do and comes back.

#![allow(clippy::unwrap_used)]

use own_store::codec::{BEYOND, decode, encode};
use portcullis::store::Value;
use proptest::{collection::vec, prelude::*};

/// Values that are alike, and often share beginnings, zeros and bounds.
fn value() -> impl Strategy<Value = Value> {
    let number = prop_oneof![any::<i64>(), -3..3_i64, Just(i64::MIN), Just(i64::MAX)];
    let text = prop_oneof![".*", "[\0\u{1}aé\u{ff}\u{ffff}\u{10000}]{0,4}"];
    let byte = prop_oneof![any::<u8>(), Just(0), Just(1), Just(0xfe), Just(0xff)];
    prop_oneof![
        Just(Value::Null),
        number.prop_map(Value::Int),
        text.prop_map(Value::Text),
        vec(byte, 0..5).prop_map(Value::Bytes),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn values_come_back(values in vec(value(), 0..6)) {
        prop_assert!(decode(&encode(&values)) == Some(values));
    }

    #[test]
    fn encodings_sort_as_their_values_do(a in vec(value(), 0..4), b in vec(value(), 0..4)) {
        prop_assert_eq!(encode(&a).cmp(&encode(&b)), a.cmp(&b));
    }

    #[test]
    fn neighbours_sort_as_their_values_do(shared in vec(value(), 0..3), a in value(), b in value()) {
        let with = |value: &Value| encode(shared.iter().chain([value]));
        prop_assert_eq!(with(&a).cmp(&with(&b)), a.cmp(&b));
    }

    #[test]
    fn no_encoding_begins_another(a in value(), b in value()) {
        prop_assert_eq!(encode([&a]).starts_with(&encode([&b])), a == b);
    }

    #[test]
    fn what_begins_alike_lies_before_what_is_beyond(a in vec(value(), 0..3), b in vec(value(), 0..3)) {
        let beyond = [encode(&a), vec![BEYOND]].concat();
        prop_assert!(encode(a.iter().chain(&b)) < beyond);
    }

    #[test]
    fn strange_bytes_are_refused_and_not_misread(bytes in vec(any::<u8>(), 0..24)) {
        if let Some(values) = decode(&bytes) {
            prop_assert_eq!(encode(&values), bytes);
        }
    }
}
