//! Holds each answer of the JSON API against the description the API gives of itself.

#[path = "schema.rs"]
mod schema;

use http::{HeaderMap, Method};
use serde_json::Value;

pub use schema::flaws;

/// The description, as `openapi.json` is.
pub struct Description(Value);

/// What is described where it is there, and nothing else is.
const HEADERS: [&str; 7] =
    ["accept-ranges", "allow", "etag", "location", "retry-after", "set-cookie", "www-authenticate"];

impl Description {
    pub fn read(text: &str) -> Self {
        Self(serde_json::from_str(text).unwrap())
    }

    /// Fails where this answer, or what it was given to, is not as described.
    #[track_caller]
    pub fn hold(&self, sent: &Sent, status: u16, headers: &HeaderMap, text: &str) {
        // Mounted anywhere, with the prefix stripped or not.
        let Some((_, place)) = sent.path.split_once("/api/") else { return };
        let place = place.split('?').next().unwrap_or_default();
        let Some(operation) = self.operation(&sent.method, place) else {
            assert!(matches!(status, 403..=405), "{status} of a call that is not described");
            return;
        };
        let asked = format!("{} {place} answered {status}", sent.method);
        let response = self.led(&operation["responses"][status.to_string()]);
        assert!(response.is_object(), "{asked}, which is not described");
        for name in HEADERS {
            let described = &response["headers"];
            let found = described.as_object().and_then(|described| {
                described.iter().find(|(described, _)| described.eq_ignore_ascii_case(name))
            });
            let there = headers.contains_key(name);
            assert!(!there || found.is_some(), "{asked} with {name}, which is not described");
            let required = found.is_some_and(|(_, header)| header["required"] == true);
            assert!(there || !required, "{asked} without {name}");
        }
        let content = response["content"].as_object().and_then(|content| content.iter().next());
        let is_head = sent.method == Method::HEAD;
        match content {
            None => assert_eq!((text, headers.get("content-type")), ("", None), "{asked}"),
            Some((content_type, described)) => {
                assert_eq!(headers["content-type"], content_type, "{asked}");
                if !is_head {
                    let written: Value = serde_json::from_str(text).unwrap();
                    self.fits(&described["schema"], &written, &asked);
                }
            }
        }
        let body = &operation["requestBody"]["content"]["application/json"]["schema"];
        if status < 300 && body.is_object() {
            let taken = serde_json::from_slice(&sent.body).unwrap();
            self.fits(body, &taken, &format!("{asked} to a body that is not described"));
        }
    }

    fn operation(&self, method: &Method, place: &str) -> Option<&Value> {
        let method = if *method == Method::HEAD { "get" } else { method.as_str() };
        let fits = |pattern: &str| {
            let (mut pattern, mut place) = (pattern.split('/').skip(1), place.split('/'));
            loop {
                match (pattern.next(), place.next()) {
                    (None, None) => return true,
                    (Some(one), Some(other)) if one == other => {}
                    (Some(one), Some(other)) if one.starts_with('{') && !other.is_empty() => {}
                    _ => return false,
                }
            }
        };
        let paths = self.0["paths"].as_object().unwrap();
        let (_, found) = paths.iter().find(|(pattern, _)| fits(pattern))?;
        found.get(method.to_ascii_lowercase())
    }

    /// What a `$ref` leads to.
    fn led<'a>(&'a self, value: &'a Value) -> &'a Value {
        let to = value["$ref"].as_str().and_then(|to| to.strip_prefix('#'));
        to.map_or(value, |to| self.0.pointer(to).expect("a component"))
    }

    #[track_caller]
    fn fits(&self, schema: &Value, value: &Value, asked: &str) {
        let flaws = flaws(&self.0, schema, value);
        assert!(flaws.is_empty(), "{asked}: {flaws:#?}");
    }
}

/// A request, as far as the description says something of it.
pub struct Sent {
    pub method: Method,
    pub path: String,
    pub body: Vec<u8>,
}
