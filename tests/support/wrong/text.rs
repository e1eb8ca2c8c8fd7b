use portcullis::store::{Row, Value};

use super::{Fault, WrongStore};

impl WrongStore {
    /// How a row is kept.
    pub fn kept(&self, row: &Row) -> Row {
        let kept = |value: &Value| match (self.fault, value) {
            (Fault::CutsAtNul, Value::Text(text)) => {
                Value::Text(text.split('\0').next().unwrap_or_default().to_owned())
            }
            (Fault::TakesEmptyForNull, Value::Text(text)) if text.is_empty() => Value::Null,
            (Fault::CutsTrailingZeros, Value::Bytes(bytes)) if bytes.len() != 16 => {
                let end = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
                Value::Bytes(if bytes.len() == 32 { bytes.clone() } else { bytes[..end].to_vec() })
            }
            (Fault::LosesEmoji, Value::Text(text)) => {
                Value::Text(text.replace(|c: char| c > '\u{ffff}', "?"))
            }
            (Fault::CountsInFloats, Value::Int(number)) => Value::Int(*number as f64 as i64),
            _ => value.clone(),
        };
        Row::new(row.values().iter().map(kept).collect())
    }

    /// By what a row is looked up that has this key.
    pub fn cut<'a>(&self, key: &'a [u8]) -> &'a [u8] {
        if self.is(Fault::CutsLongKeys) { key.get(..1_000).unwrap_or(key) } else { key }
    }

    /// How values of unique keys are compared.
    pub fn compared(&self, values: Vec<Value>) -> Vec<Value> {
        let compared = |value| match (self.fault, value) {
            (Fault::FoldsCase, Value::Text(text)) => Value::Text(text.to_lowercase()),
            (Fault::FoldsSharpS, Value::Text(text)) => Value::Text(text.replace('ß', "ss")),
            (Fault::FoldsAccents, Value::Text(text)) => Value::Text(without_accents(&text)),
            (Fault::Composes, Value::Text(text)) => Value::Text(text.replace("a\u{300}", "à")),
            (Fault::PadsBlanks, Value::Text(text)) => Value::Text(text.trim_end().to_owned()),
            (_, value) => value,
        };
        values.into_iter().map(compared).collect()
    }

    /// By what rows are sorted.
    pub fn sorted(&self, values: Vec<Value>) -> Vec<Value> {
        let sorted = |value| match (self.fault, value) {
            (Fault::SortsByLanguage, Value::Text(text)) => Value::Text(by_language(&text)),
            (Fault::SortsByUtf16, Value::Text(text)) => Value::Bytes(by_utf16(&text)),
            (_, value) => value,
        };
        values.into_iter().map(sorted).collect()
    }

    /// By what a value is compared with the bounds of a page.
    pub fn bounded(&self, value: Value) -> Value {
        match (self.fault, value) {
            (Fault::BoundsByLanguage, Value::Text(text)) => Value::Text(by_language(&text)),
            (_, value) => self.sorted(vec![value]).remove(0),
        }
    }
}

fn without_accents(text: &str) -> String {
    text.replace('\u{300}', "").replace('à', "a").replace('Ä', "A").replace('İ', "I")
}

/// As a dictionary sorts: by letters, and only then by what else tells two texts apart.
fn by_language(text: &str) -> String {
    format!("{}\0{text}", without_accents(&text.to_lowercase().replace('ß', "ss")))
}

fn by_utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_be_bytes).collect()
}
