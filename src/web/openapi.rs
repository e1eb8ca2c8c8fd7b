//! The JSON API's description of itself, as OpenAPI 3.1.
//!
//! It is made from one table, `calls.rs`. Tests hold that against the table of routes, and every
//! answer the tests of the API get against the description.

mod bodies;
mod calls;
mod refusals;
mod row;
mod schemas;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use bytes::Bytes;
use http::StatusCode;
use serde_json::{Map, Value, json};

use self::{
    calls::CALLS,
    row::{Answered, Cookie, Row, Session},
};
use super::{
    answer::{self, Answer},
    cookies,
    service::Call,
};
use crate::{policy::Policy, site::Site};

/// `GET /openapi.json`: for everybody, as nothing in it is secret.
pub(super) async fn show(call: &Call, _: &str) -> Answer {
    Ok(answer::typed(StatusCode::OK, "application/json", call.description.clone()))
}

/// The description of the API of one site.
pub(super) fn document(site: &Site, policy: &Policy) -> Bytes {
    let mut paths: BTreeMap<&str, Map<String, Value>> = BTreeMap::new();
    let mut refused = Map::new();
    for row in CALLS {
        let (method, path) = row.call.split_once(' ').unwrap_or_default();
        for (status, kinds) in refusals::refusals(row) {
            refused.insert(refusals::name(status, &kinds), refusals::answer(status, &kinds));
        }
        paths.entry(path).or_default().insert(method.to_ascii_lowercase(), operation(row, path));
    }
    let mut schemas = Map::new();
    for some in [bodies::bodies(policy), schemas::schemas()] {
        schemas.extend(some.as_object().cloned().unwrap_or_default());
    }
    schemas.insert("Problem".to_owned(), refusals::problem());
    let document = json!({
        "openapi": "3.1.0",
        "info": {
            "title": format!("{}: log-in and accounts", site.name()),
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Bodies are at most 16 KiB of JSON. A HEAD is answered as a GET, \
                without the body. Nothing may be cached.",
        },
        "servers": [{ "url": format!("{}{}/api", site.origin(), site.base()) }],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "parameters": bodies::parameters(),
            "responses": refused,
            "securitySchemes": {
                "cookie": { "type": "apiKey", "in": "cookie", "name": cookies::session_name(site) },
                "bearer": { "type": "http", "scheme": "bearer" },
            },
        },
    });
    document.to_string().into()
}

fn operation(row: &Row, path: &str) -> Value {
    let placeholders = path.split('/').filter_map(|segment| {
        let name = segment.strip_prefix('{')?.strip_suffix('}')?;
        let schema = schemas::reference("Id");
        Some(json!({ "name": name, "in": "path", "required": true, "schema": schema }))
    });
    let read = row.reads.iter().map(|name| component("parameters", name));
    let parameters: Vec<_> = placeholders.chain(read).collect();
    let mut responses: BTreeMap<String, Value> = row
        .answers
        .iter()
        .map(|answered| (answered.status.to_string(), answer(answered)))
        .collect();
    for (status, kinds) in refusals::refusals(row) {
        let name = refusals::name(status, &kinds);
        responses.insert(status.to_string(), component("responses", &name));
    }
    let mut operation = json!({
        "operationId": row.id,
        "summary": row.does,
        "tags": [path.split('/').nth(1)],
        "parameters": parameters,
        "responses": responses,
        "security": match row.session {
            Session::Ignored => json!([]),
            Session::Perhaps => json!([{}, { "cookie": [] }, { "bearer": [] }]),
            Session::Needed => json!([{ "cookie": [] }, { "bearer": [] }]),
        },
    });
    if let (Some(schema), Some(operation)) = (row.takes, operation.as_object_mut()) {
        let body = json!({
            "required": true,
            "content": { "application/json": { "schema": schemas::reference(schema) } },
        });
        operation.insert("requestBody".to_owned(), body);
    }
    operation
}

fn answer(answered: &Answered) -> Value {
    let mut answer = Map::new();
    let status = StatusCode::from_u16(answered.status).ok();
    let reason = status.and_then(|status| status.canonical_reason()).unwrap_or_default();
    answer.insert("description".to_owned(), reason.into());
    if let Some(schema) = answered.body {
        let content = json!({ "application/json": { "schema": schemas::reference(schema) } });
        answer.insert("content".to_owned(), content);
    }
    if answered.cookie != Cookie::Never {
        let header = json!({
            "required": answered.cookie == Cookie::Always,
            "description": "The session's cookie, where the session travels in one.",
            "schema": { "type": "string" },
        });
        answer.insert("headers".to_owned(), json!({ "Set-Cookie": header }));
    }
    answer.into()
}

fn component(kind: &str, name: &str) -> Value {
    json!({ "$ref": format!("#/components/{kind}/{name}") })
}
