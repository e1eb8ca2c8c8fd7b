//! Values as bytes that sort as the values do.
//!
//! One encoding serves rows and index entries alike:
//!
//! | value | bytes |
//! |---|---|
//! | null | `00` |
//! | number | `01`, then eight bytes, the highest first, with the sign bit turned over |
//! | text | `02`, then its UTF-8, closed |
//! | bytes | `03`, then they themselves, closed |
//!
//! *Closed* means that each zero is followed by `ff`, and that `00 00` stands at the end. So no
//! encoding is the beginning of another, and those of several values can stand in a row and still
//! sort as the values do, one after the other. UTF-8 sorts as its code points do.

use portcullis::store::Value;

const NULL: u8 = 0;
const INT: u8 = 1;
const TEXT: u8 = 2;
const BYTES: u8 = 3;

/// What follows a zero that belongs to the value.
const ZERO: u8 = 0xff;
/// What follows the zero that ends it.
const END: u8 = 0;

/// Greater than the first byte of any value: what stands behind everything with a prefix.
pub const BEYOND: u8 = 0xff;

/// The values, one after the other.
pub fn encode<'a>(values: impl IntoIterator<Item = &'a Value>) -> Vec<u8> {
    let mut out = Vec::new();
    append(&mut out, values);
    out
}

/// The same, behind what is there already.
pub fn append<'a>(out: &mut Vec<u8>, values: impl IntoIterator<Item = &'a Value>) {
    for value in values {
        match value {
            Value::Null => out.push(NULL),
            Value::Int(number) => {
                out.push(INT);
                out.extend((number ^ i64::MIN).to_be_bytes());
            }
            Value::Text(text) => append_text(out, text),
            Value::Bytes(bytes) => {
                out.push(BYTES);
                close(out, bytes);
            }
        }
    }
}

/// A text, behind what is there already.
pub fn append_text(out: &mut Vec<u8>, text: &str) {
    out.push(TEXT);
    close(out, text.as_bytes());
}

fn close(out: &mut Vec<u8>, bytes: &[u8]) {
    for byte in bytes {
        out.push(*byte);
        if *byte == 0 {
            out.push(ZERO);
        }
    }
    out.extend([0, END]);
}

/// The values that were encoded, or nothing where these bytes are not an encoding.
pub fn decode(mut bytes: &[u8]) -> Option<Vec<Value>> {
    let mut values = Vec::new();
    while let Some((kind, rest)) = bytes.split_first() {
        let (value, rest) = match *kind {
            NULL => (Value::Null, rest),
            INT => {
                let (number, rest) = rest.split_first_chunk()?;
                (Value::Int(i64::from_be_bytes(*number) ^ i64::MIN), rest)
            }
            TEXT => {
                let (text, rest) = open(rest)?;
                (Value::Text(String::from_utf8(text).ok()?), rest)
            }
            BYTES => {
                let (bytes, rest) = open(rest)?;
                (Value::Bytes(bytes), rest)
            }
            _ => return None,
        };
        values.push(value);
        bytes = rest;
    }
    Some(values)
}

/// What was closed, and what stands behind it.
fn open(mut bytes: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let mut out = Vec::new();
    loop {
        let (byte, rest) = bytes.split_first()?;
        bytes = rest;
        if *byte == 0 {
            let (after, rest) = bytes.split_first()?;
            bytes = rest;
            match *after {
                END => return Some((out, bytes)),
                ZERO => {}
                _ => return None,
            }
        }
        out.push(*byte);
    }
}
