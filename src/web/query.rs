//! The fields of a form or a query, read to the letter.

use zeroize::Zeroizing;

/// Why they cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unreadable;

/// Names and values, in order.
pub(super) type Fields = Vec<(String, Zeroizing<String>)>;

/// Reads `application/x-www-form-urlencoded`. Other than readers that always find something, it
/// refuses broken escapes, bytes that are no UTF-8, and NUL.
pub(super) fn read(written: &[u8]) -> Result<Fields, Unreadable> {
    if written.is_empty() {
        return Ok(Fields::new());
    }
    written.split(|byte| *byte == b'&').map(field).collect()
}

/// The value of the one field of this name. Where there are two there is none.
pub(super) fn only(query: Option<&str>, name: &str) -> Option<Zeroizing<String>> {
    let mut values = query?
        .as_bytes()
        .split(|byte| *byte == b'&')
        .filter_map(|written| field(written).ok())
        .filter(|(found, _)| found == name);
    let (_, value) = values.next()?;
    values.next().is_none().then_some(value)
}

fn field(written: &[u8]) -> Result<(String, Zeroizing<String>), Unreadable> {
    let mut halves = written.splitn(2, |byte| *byte == b'=');
    let (Some(name), Some(value)) = (halves.next(), halves.next()) else {
        return Err(Unreadable);
    };
    let name = decode(name)?;
    if name.is_empty() {
        return Err(Unreadable);
    }
    Ok((name.to_string(), decode(value)?))
}

fn decode(written: &[u8]) -> Result<Zeroizing<String>, Unreadable> {
    let mut decoded = Zeroizing::new(Vec::with_capacity(written.len()));
    let mut bytes = written.iter().copied();
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'+' => b' ',
            b'%' => digit(bytes.next())? << 4 | digit(bytes.next())?,
            0 => return Err(Unreadable),
            other => other,
        });
    }
    if decoded.contains(&0) {
        return Err(Unreadable);
    }
    String::from_utf8(std::mem::take(&mut *decoded)).map(Zeroizing::new).map_err(|_| Unreadable)
}

fn digit(byte: Option<u8>) -> Result<u8, Unreadable> {
    let digit = byte.and_then(|byte| char::from(byte).to_digit(16)).ok_or(Unreadable)?;
    u8::try_from(digit).map_err(|_| Unreadable)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn names_and_values(written: &[u8]) -> Option<Vec<(String, String)>> {
        let fields = read(written).ok()?;
        Some(fields.into_iter().map(|(name, value)| (name, value.to_string())).collect())
    }

    #[test]
    fn forms_are_read() {
        let fields = names_and_values(b"login=ada&password=a+b%26%C3%A9%2B&next=").unwrap();
        let expected = [("login", "ada"), ("password", "a b&\u{e9}+"), ("next", "")];
        assert_eq!(fields, expected.map(|(n, v)| (n.to_owned(), v.to_owned())));
        assert_eq!(names_and_values(b""), Some(Vec::new()));
    }

    #[test]
    fn what_is_broken_is_refused() {
        for written in [
            &b"a"[..],
            b"a=%",
            b"a=%4",
            b"a=%zz",
            b"a=%ff",
            b"a=%00",
            b"a=1&",
            b"&",
            b"=1",
            b"a=\0",
        ] {
            assert_eq!(read(written), Err(Unreadable), "{written:?}");
        }
    }

    #[test]
    fn a_repeated_query_field_is_none() {
        assert_eq!(only(Some("a=1&token=x&b"), "token").as_deref().map(String::as_str), Some("x"));
        assert_eq!(only(Some("token=x&token=x"), "token"), None);
        assert_eq!(only(None, "token"), None);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(written: Vec<u8>) {
            let _ = read(&written);
        }

        #[test]
        fn what_was_written_is_read(value in "[^\u{0}]{0,40}") {
            let written: String = form_urlencoded::byte_serialize(value.as_bytes()).collect();
            let fields = names_and_values(format!("a={written}").as_bytes()).unwrap();
            prop_assert_eq!(fields, vec![("a".to_owned(), value)]);
        }
    }
}
