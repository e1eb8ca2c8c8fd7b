//! What calls take: the schemas of bodies, and of parameters.

use serde_json::{Value, json};

use super::schemas::{all, reference, some_of};
use crate::{
    model::{EmailAddress, Language, PersonName, Status, Transport, Username},
    policy::Policy,
    secret::{Password, Token},
};

/// Any text but for NUL.
const TEXT: &str = "^[^\\u0000]*$";

/// The schemas of what is sent.
pub(super) fn bodies(policy: &Policy) -> Value {
    let transports = [Transport::Cookie, Transport::Bearer].map(Transport::as_str);
    let is = reference;
    json!({
        "LogIn": some_of(&["remember", "transport"], json!({
            "login": is("Text"),
            "password": is("Password"),
            "remember": { "type": "boolean", "default": false,
                "description": "Whether the session outlives the browser." },
            "transport": { "enum": transports, "default": Transport::Cookie.as_str() },
        })),
        "Forgot": all(json!({ "email": is("Text") })),
        "Link": all(json!({ "token": is("Token") })),
        "ByLink": all(json!({ "token": is("Token"), "password": is("NewPassword") })),
        "ByTicket": all(json!({ "ticket": is("Token"), "password": is("NewPassword") })),
        "Undo": all(json!({ "token": is("Token"), "password": is("Password") })),
        "Confirmation": all(json!({ "password": is("Password") })),
        "TemporaryPassword": all(json!({ "password": is("NewPassword") })),
        "PasswordChange": all(json!({
            "current_password": is("Password"), "new_password": is("NewPassword"),
        })),
        "UsernameChange": all(json!({
            "current_password": is("Password"), "username": is("Username"),
        })),
        "EmailChange": all(json!({ "current_password": is("Password"), "email": is("Email") })),
        "NewUser": some_of(&["language"], json!({
            "username": is("Username"), "email": is("Email"), "name": is("Name"),
            "role": is("Role"), "language": is("Language"),
        })),
        "LanguageChoice": all(json!({ "language": is("Language") })),
        "UserChange": some_of(&["username", "email", "name", "role"], json!({
            "username": is("Username"), "email": is("Email"), "name": is("Name"),
            "role": is("Role"),
        })),
        "Why": all(json!({ "reason": is("Reason") })),
        "Recovery": all(json!({ "email": is("Email"), "reason": is("Reason") })),
        "PlanChange": some_of(&["until"], json!({
            "plan": { "enum": names(policy.plans.all()) },
            "until": { "type": ["string", "null"], "format": "date-time",
                "description": "When the plan ends." },
        })),
        "Text": { "type": "string", "pattern": TEXT },
        "Password": { "type": "string", "pattern": TEXT, "maxLength": Password::MAX_BYTES,
            "description": format!("At most {} bytes.", Password::MAX_BYTES) },
        "NewPassword": { "type": "string", "pattern": TEXT,
            "minLength": policy.passwords.min_length, "maxLength": Password::MAX_BYTES,
            "description": "As `GET /password/requirements` says." },
        "Token": { "type": "string", "pattern": format!("^[A-Za-z0-9_-]{{{}}}$", Token::LENGTH) },
        "Username": { "type": "string", "minLength": 1, "maxLength": Username::MAX_CHARS,
            "description": "Letters, digits and marks such as . - _ and no spaces.",
            "examples": ["grace.hopper"] },
        "Email": { "type": "string", "format": "email", "maxLength": EmailAddress::MAX_BYTES,
            "description": "ASCII only, with a host name of at least two parts.",
            "examples": ["grace@acme.example"] },
        "Name": { "type": "string", "minLength": 1, "maxLength": PersonName::MAX_CHARS,
            "description": "No control characters.", "examples": ["Grace Hopper"] },
        "Language": { "type": ["string", "null"], "pattern": "^[A-Za-z0-9-]*$",
            "maxLength": Language::MAX_BYTES, "examples": ["de"],
            "description": "A tag such as `en`; null or empty for the site's usual one." },
        "Role": { "enum": names(policy.roles.all()) },
        "Reason": { "type": "string", "pattern": "^[^\\u0000]*[^\\s\\u0000][^\\u0000]*$",
            "description": "Kept for good; the first 500 characters count.",
            "examples": ["left the company"] },
    })
}

/// Parameters in the query or a header.
pub(super) fn parameters() -> Value {
    let statuses: Vec<_> = Status::ALL.iter().map(|status| status.as_str()).chain([""]).collect();
    let parameter = |name: &str, place: &str, description: &str, schema: Value| json!({ "name": name, "in": place, "description": description, "schema": schema });
    json!({
        "query": parameter("query", "query",
            "The beginnings of words of a name, username or address.", reference("Text")),
        "status": parameter("status", "query",
            "Only these; without it, or empty, all but the removed.", json!({ "enum": statuses })),
        "role": parameter("role", "query", "Only these; empty for all.", reference("Text")),
        "cursor": parameter("cursor", "query",
            "Where to go on: the `next` of an answer to the same question.", reference("Text")),
        "limit": parameter("limit", "query", "At most so many.",
            json!({ "type": "integer", "minimum": 1, "maximum": 200, "default": 50 })),
        "If-Match": parameter("If-Match", "header",
            "The `version` the change is based on; 409 where it is another by now.",
            json!({ "type": "string", "pattern": "^\"-?[0-9]{1,18}\"$" })),
    })
}

fn names<T: std::fmt::Display>(all: impl Iterator<Item = T>) -> Vec<String> {
    all.map(|name| name.to_string()).collect()
}
