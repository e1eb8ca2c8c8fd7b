//! The API's description of itself. Every other test of the API holds its answers against it.

use serde_json::json;

use crate::web::{Web, described::flaws, get, send};

#[tokio::test]
async fn it_is_for_everybody() {
    let web = Web::in_memory().await;
    let answer = send(&web.service, get("/auth/api/openapi.json")).await;
    assert_eq!((answer.status, answer.header("content-type")), (200, "application/json"));
    assert_eq!(answer.header("cache-control"), "no-store");
    let description = answer.json();
    assert_eq!(description["openapi"], "3.1.0");
    assert_eq!(description["servers"][0]["url"], "https://crm.example/auth/api");
    assert!(description["paths"]["/session"]["post"].is_object());
}

/// What the other tests rely on.
#[test]
fn what_is_not_as_described_is_seen() {
    let root = json!({"text": {"type": "string"}});
    for (schema, fits, does_not) in [
        (json!({"type": ["integer", "null"]}), json!(null), json!("1")),
        (json!({"$ref": "#/text"}), json!(""), json!(1)),
        (json!({"allOf": [{"minimum": 0}, {"$ref": "#/text"}]}), json!("x"), json!(0)),
        (json!({"oneOf": [{"const": 1}, {"type": "integer"}]}), json!(2), json!(1)),
        (json!({"enum": ["a", "b"]}), json!("b"), json!("c")),
        (json!({"required": ["a"]}), json!({"a": null}), json!({"b": 1})),
        (json!({"properties": {"a": {"const": 1}}}), json!({"b": 2}), json!({"a": 2})),
        (json!({"additionalProperties": false, "properties": {}}), json!({}), json!({"a": 1})),
        (json!({"items": {"type": "boolean"}}), json!([true]), json!([true, 1])),
        (json!({"minItems": 1}), json!([1]), json!([])),
        (json!({"minLength": 2}), json!("ab"), json!("a")),
        (json!({"maxLength": 1}), json!("\u{e9}"), json!("ab")),
        (json!({"minimum": 1}), json!(1), json!(0)),
        (json!({"format": "date-time"}), json!("2026-11-21T12:00:00Z"), json!("2026-11-21")),
        (json!({"format": "email"}), json!("a@acme.example"), json!("a")),
        (
            json!({"format": "uuid"}),
            json!("019aa5f0-0000-7000-8000-000000000000"),
            json!("019aa5f0000070008000000000000000"),
        ),
    ] {
        assert_eq!(flaws(&root, &schema, &fits), Vec::<String>::new(), "{schema}");
        assert_ne!(flaws(&root, &schema, &does_not), Vec::<String>::new(), "{schema}");
    }
}
