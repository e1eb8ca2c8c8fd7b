//! The secrets of a run, and every form one might lie around in.

use data_encoding::{BASE64, BASE64URL_NOPAD, HEXLOWER, HEXUPPER};

#[derive(Default)]
pub(crate) struct Secrets(Vec<(String, Vec<Vec<u8>>)>);

impl Secrets {
    /// A password, as somebody typed it into any field.
    pub(crate) fn typed(&mut self, word: &str) -> String {
        let mut forms = forms(word.as_bytes());
        forms.push(word.to_lowercase().into_bytes());
        forms.push(word.to_uppercase().into_bytes());
        self.0.push((word.to_owned(), forms));
        word.to_owned()
    }

    /// A token, as it is written in a link, a cookie or an answer.
    pub(crate) fn token(&mut self, written: &str) -> String {
        let bytes = BASE64URL_NOPAD.decode(written.as_bytes()).unwrap();
        let mut forms = forms(&bytes);
        forms.extend(self::forms(written.as_bytes()));
        self.0.push((format!("token {}", self.0.len()), forms));
        written.to_owned()
    }

    /// Bytes that rest in the store, and must rest nowhere else.
    pub(crate) fn kept(&mut self, name: &str, bytes: &[u8]) {
        // As Rust's own Debug writes them as well.
        let mut forms = forms(bytes);
        forms.push(format!("{bytes:?}").into_bytes());
        self.0.push((name.to_owned(), forms));
    }

    /// Those that are found, in whatever form.
    pub(crate) fn found_in(&self, hay: &[u8]) -> Vec<&str> {
        let hay = Hay::new(hay);
        let is_found = |forms: &[Vec<u8>]| forms.iter().any(|form| hay.contains(form));
        self.0.iter().filter(|(_, forms)| is_found(forms)).map(|(name, _)| name.as_str()).collect()
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }
}

fn forms(bytes: &[u8]) -> Vec<Vec<u8>> {
    let base64 = BASE64.encode(bytes);
    let reversed: Vec<u8> = bytes.iter().rev().copied().collect();
    vec![
        bytes.to_vec(),
        reversed,
        HEXLOWER.encode(bytes).into_bytes(),
        HEXUPPER.encode(bytes).into_bytes(),
        BASE64URL_NOPAD.encode(bytes).into_bytes(),
        base64.trim_end_matches('=').as_bytes().to_vec(),
    ]
}

pub(crate) fn contains(hay: &[u8], needle: &[u8]) -> bool {
    Hay::new(hay).contains(needle)
}

/// Bytes to search in for many things. Which three bytes ever stand together is noted once, so
/// that what is not there is mostly known without another look.
struct Hay<'a> {
    bytes: &'a [u8],
    trios: Vec<bool>,
}

impl<'a> Hay<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        let mut trios = vec![false; 1 << 24];
        for trio in bytes.windows(3) {
            trios[place(trio)] = true;
        }
        Self { bytes, trios }
    }

    fn contains(&self, needle: &[u8]) -> bool {
        assert!(needle.len() >= 5, "too short to mean anything");
        needle.windows(3).all(|trio| self.trios[place(trio)])
            && self.bytes.windows(needle.len()).any(|window| window == needle)
    }
}

fn place(trio: &[u8]) -> usize {
    trio.iter().fold(0, |place, byte| place << 8 | usize::from(*byte))
}
