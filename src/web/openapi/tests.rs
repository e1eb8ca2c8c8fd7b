//! Holds the description against the table of routes, and against itself.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{CALLS, document};
use crate::{policy::Policy, site::Site, web::api};

fn described() -> Value {
    let site = Site::new("Site", "https://crm.example:8443").unwrap().mounted_at("/people/in");
    serde_json::from_slice(&document(&site, &Policy::crm())).unwrap()
}

#[test]
fn every_call_is_described_and_nothing_else() {
    let described: BTreeSet<_> = CALLS.iter().map(|row| row.call.to_owned()).collect();
    assert_eq!(described.len(), CALLS.len(), "a call is described twice");
    let answered = api::CALLS.iter().map(|row| format!("{} {}", row.method, row.pattern)).collect();
    let missing: Vec<_> = BTreeSet::difference(&answered, &described).collect();
    assert!(missing.is_empty(), "describe each in src/web/openapi/calls.rs: {missing:#?}");
    let gone: Vec<_> = described.difference(&answered).collect();
    assert!(gone.is_empty(), "src/web/openapi/calls.rs has what nothing answers: {gone:#?}");
    let ids: BTreeSet<_> = CALLS.iter().map(|row| row.id).collect();
    assert_eq!(ids.len(), CALLS.len(), "an operationId stands twice");
}

#[test]
fn it_names_the_place_and_the_cookie_of_this_site() {
    let description = described();
    assert_eq!(description["servers"][0]["url"], "https://crm.example:8443/people/in/api");
    let schemes = &description["components"]["securitySchemes"];
    assert_eq!(schemes["cookie"]["name"], "__Host-portcullis");
    let plain = Site::new("Site", "http://localhost:3000").unwrap().mounted_at("");
    let plain: Value = serde_json::from_slice(&document(&plain, &Policy::crm())).unwrap();
    assert_eq!(plain["servers"][0]["url"], "http://localhost:3000/api");
    assert_eq!(plain["components"]["securitySchemes"]["cookie"]["name"], "portcullis");
}

#[test]
fn every_kind_a_call_names_exists() {
    let kinds = super::refusals::kinds();
    for row in CALLS {
        for kind in row.refuses {
            assert!(kinds.contains_key(kind), "{}: no kind {kind}", row.call);
        }
    }
}

/// Every `$ref` leads somewhere, and every component is led to.
#[test]
fn no_component_is_missing_or_left_over() {
    fn walk(value: &Value, found: &mut BTreeSet<String>) {
        match value {
            Value::Object(fields) => {
                found.extend(fields.get("$ref").and_then(Value::as_str).map(str::to_owned));
                fields.values().for_each(|value| walk(value, found));
            }
            Value::Array(items) => items.iter().for_each(|item| walk(item, found)),
            _ => {}
        }
    }
    let description = described();
    let mut wanted = BTreeSet::new();
    walk(&description, &mut wanted);
    let there: BTreeSet<_> = ["schemas", "parameters", "responses"]
        .iter()
        .flat_map(|kind| {
            let components = description["components"][kind].as_object().unwrap();
            components.keys().map(move |name| format!("#/components/{kind}/{name}"))
        })
        .collect();
    assert_eq!(wanted, there);
}
