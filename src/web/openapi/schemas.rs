//! What calls answer: the schemas of what `api/shapes.rs` writes.

use serde_json::{Value, json};

use crate::{
    model::{Client, EventKind, Status},
    secret::Token,
};

/// The schemas of what is answered.
pub(super) fn schemas() -> Value {
    let is = reference;
    let token = json!({ "type": "string", "minLength": Token::LENGTH, "maxLength": Token::LENGTH });
    let signed_in = json!({
        "status": { "const": "signed_in" },
        "user": is("User"),
        "account": is("Account"),
        "session": is("Session"),
        "token": { "$ref": "#/components/schemas/SessionToken",
            "description": "For a bearer only: what `Authorization: Bearer` takes." },
    });
    json!({
        "SignedIn": some_of(&["token"], signed_in),
        "PasswordChangeRequired": all(json!({
            "status": { "const": "password_change_required" },
            "ticket": { "$ref": "#/components/schemas/SessionToken",
                "description": "For `POST /password/replace`." },
        })),
        "LoggedIn": { "oneOf": [is("SignedIn"), is("PasswordChangeRequired")] },
        "SessionToken": token,
        "NewToken": all(json!({ "token": is("SessionToken") })),
        "WhoAmI": all(json!({
            "user": is("User"),
            "account": is("Account"),
            "session": is("Session"),
            "permissions": list(json!({ "type": "string" })),
            "features": list(json!({ "type": "string" })),
        })),
        "Sessions": all(json!({
            "sessions": list(is("Session")),
            "allowed": { "type": ["integer", "null"], "minimum": 1,
                "description": "How many at a time; null for any number." },
        })),
        "Me": all(json!({
            "user": is("User"),
            "account": is("Account"),
            "language": { "type": ["string", "null"],
                "description": "Of letters; null is the site's usual one." },
            "last_logins": list(all(json!({ "at": is("Moment"), "client": is("Client") }))),
        })),
        "OneUser": all(json!({ "user": is("User") })),
        "Secured": all(json!({
            "link_sent": { "type": "boolean",
                "description": "Whether a link to choose a new password goes out: an address \
                                nobody has proven gets none." },
        })),
        "Users": all(json!({ "users": list(is("User")), "next": is("Next") })),
        "OneAccount": all(json!({ "account": is("Account") })),
        "Invitations": all(json!({ "invitations": list(is("Invitation")) })),
        "Diagnosis": all(json!({ "reasons": list(all(json!({
            "code": { "type": "string" },
            "message": { "type": "string" },
            "since": is("MomentOrNull"),
            "until": is("MomentOrNull"),
        }))) })),
        "History": all(json!({ "events": list(is("Event")), "next": is("Next") })),
        "Requirements": all(json!({
            "min_length": count(),
            "max_bytes": count(),
            "rules": list(all(json!({
                "rule": { "type": "string" },
                "message": { "type": "string" },
            }))),
        })),
        "User": user(),
        "Account": account(),
        "Session": session(),
        "Client": all(json!({
            "address": { "type": ["string", "null"], "description": "An IP address." },
            "agent": { "type": "string", "maxLength": Client::MAX_AGENT },
        })),
        "Invitation": all(json!({
            "user": is("User"),
            "inviter": { "type": "string" },
            "created_at": is("Moment"),
            "expires_at": is("Moment"),
        })),
        "Event": event(),
        "Person": all(json!({ "id": is("Id"), "username": { "type": "string" } })),
        "Id": { "type": "string", "format": "uuid" },
        "Moment": { "type": "string", "format": "date-time", "description": "In UTC." },
        "MomentOrNull": { "type": ["string", "null"], "format": "date-time",
            "description": "In UTC." },
        "Next": { "type": ["string", "null"],
            "description": "The `cursor` that goes on, where there may be more." },
        "Description": { "type": "object", "required": ["openapi", "info", "paths"] },
    })
}

fn user() -> Value {
    let statuses: Vec<_> = Status::ALL.iter().map(|status| status.as_str()).collect();
    all(json!({
        "id": reference("Id"),
        "username": { "type": "string" },
        "email": { "type": "string" },
        "email_proven": { "type": "boolean" },
        "name": { "type": "string" },
        "role": { "type": "string" },
        "status": { "enum": statuses },
        "created_at": reference("Moment"),
        "last_login_at": reference("MomentOrNull"),
        "version": { "type": "integer", "description": "What `If-Match` takes, in quotes." },
    }))
}

fn account() -> Value {
    all(json!({
        "id": reference("Id"),
        "name": { "type": "string" },
        "plan": { "type": "string" },
        "plan_until": reference("MomentOrNull"),
        "seats": { "type": ["integer", "null"], "minimum": 0,
            "description": "How many users there may be; null for any number." },
        "seats_taken": count(),
    }))
}

fn session() -> Value {
    all(json!({
        "id": reference("Id"),
        "current": { "type": "boolean" },
        "created_at": reference("Moment"),
        "last_seen_at": reference("Moment"),
        "expires_at": reference("Moment"),
        "remembered": { "type": "boolean" },
        "client": reference("Client"),
    }))
}

fn event() -> Value {
    let known = EventKind::ALL.iter().chain([&EventKind::Other]);
    let kinds: Vec<_> = known.map(|kind| kind.as_str()).collect();
    all(json!({
        "id": reference("Id"),
        "at": reference("Moment"),
        "event": { "enum": kinds },
        "actor": some_of(&["user"], json!({
            "kind": { "enum": ["user", "operator", "stranger", "system"] },
            "user": reference("Person"),
        })),
        "subject": { "oneOf": [reference("Person"), { "type": "null" }] },
        "client": reference("Client"),
        "reason": { "type": "string" },
    }))
}

/// A schema by its name.
pub(super) fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

/// An object with all of these and nothing else.
pub(super) fn all(properties: Value) -> Value {
    some_of(&[], properties)
}

/// An object with nothing else than these, of which some may be left out.
pub(super) fn some_of(optional: &[&str], properties: Value) -> Value {
    let names = properties.as_object().into_iter().flat_map(|properties| properties.keys());
    let required: Vec<_> = names.filter(|name| !optional.contains(&name.as_str())).collect();
    json!({
        "type": "object",
        "required": required,
        "additionalProperties": false,
        "properties": properties,
    })
}

fn list(items: Value) -> Value {
    json!({ "type": "array", "items": items })
}

fn count() -> Value {
    json!({ "type": "integer", "minimum": 0 })
}
