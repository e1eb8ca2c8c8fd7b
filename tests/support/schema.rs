//! JSON Schema, as much of it as the API's description uses. A whole validator would bring thirty
//! crates; the run of schemathesis in CI has one.

use serde_json::Value;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

/// Every way in which a value is not what a schema says, each with where it stands. `root` is
/// what a `$ref` leads into.
///
/// # Panics
/// On a keyword it does not know.
pub fn flaws(root: &Value, schema: &Value, value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    Check { root, found: &mut found }.value(schema, value, "");
    found
}

struct Check<'a> {
    root: &'a Value,
    found: &'a mut Vec<String>,
}

impl Check<'_> {
    fn value(&mut self, schema: &Value, value: &Value, at: &str) {
        for (keyword, says) in schema.as_object().unwrap() {
            if !self.holds(keyword, says, schema, value, at) {
                self.found.push(format!("{at}: {value} is not {keyword} {says}"));
            }
        }
    }

    fn holds(&mut self, keyword: &str, says: &Value, all: &Value, value: &Value, at: &str) -> bool {
        let text = value.as_str();
        let length = text.map(|text| text.chars().count() as u64);
        match keyword {
            // Patterns are for what is sent, where schemathesis tries them.
            "description" | "default" | "examples" | "pattern" => {}
            "$ref" => {
                let to = says.as_str().unwrap().strip_prefix('#').unwrap();
                self.value(self.root.pointer(to).expect("a component"), value, at);
            }
            "allOf" => list(says).iter().for_each(|one| self.value(one, value, at)),
            "oneOf" => {
                let fits = |one: &&Value| flaws(self.root, one, value).is_empty();
                return list(says).iter().filter(fits).count() == 1;
            }
            "type" => {
                let named = says.as_array().map_or(std::slice::from_ref(says), Vec::as_slice);
                return named.iter().any(|name| is(name.as_str().unwrap(), value));
            }
            "const" => return value == says,
            "enum" => return list(says).contains(value),
            "required" => {
                let has = |name: &Value| value.get(name.as_str().unwrap()).is_some();
                return !value.is_object() || list(says).iter().all(has);
            }
            "properties" => {
                for (name, schema) in says.as_object().unwrap() {
                    if let Some(value) = value.get(name) {
                        self.value(schema, value, &format!("{at}/{name}"));
                    }
                }
            }
            "additionalProperties" => {
                assert_eq!(says, &Value::Bool(false));
                let known = |name: &String| all["properties"].get(name).is_some();
                return value.as_object().is_none_or(|fields| fields.keys().all(known));
            }
            "items" => {
                for (index, item) in value.as_array().into_iter().flatten().enumerate() {
                    self.value(says, item, &format!("{at}/{index}"));
                }
            }
            "minItems" => {
                return value.as_array().is_none_or(|items| items.len() as u64 >= number(says));
            }
            "minLength" => return length.is_none_or(|length| length >= number(says)),
            "maxLength" => return length.is_none_or(|length| length <= number(says)),
            "minimum" => return value.as_number().is_none_or(|n| n.as_u64() >= says.as_u64()),
            "format" => return text.is_none_or(|text| is_written_as(says.as_str().unwrap(), text)),
            other => panic!("{other}: a keyword this does not know"),
        }
        true
    }
}

fn list(says: &Value) -> &Vec<Value> {
    says.as_array().unwrap()
}

fn number(says: &Value) -> u64 {
    says.as_u64().unwrap()
}

fn is(name: &str, value: &Value) -> bool {
    match name {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("{other}: a type this does not know"),
    }
}

fn is_written_as(format: &str, text: &str) -> bool {
    match format {
        "uuid" => text.len() == 36 && text.parse::<portcullis::id::UserId>().is_ok(),
        "date-time" => OffsetDateTime::parse(text, &Rfc3339).is_ok(),
        "email" => portcullis::model::EmailAddress::parse(text).is_ok(),
        other => panic!("{other}: a format this does not know"),
    }
}
