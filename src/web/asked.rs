use http::{HeaderMap, Method, Request, header};
use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

use super::{
    body::{self, Unread},
    door::Peer,
    refusal::Refusal,
};
use crate::error::Error;

/// A request, with its body read.
pub(super) struct Asked {
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) query: Option<String>,
    pub(super) headers: HeaderMap,
    pub(super) peer: Option<Peer>,
    /// What it could not be read for is told to those who look into it.
    body: Result<Zeroizing<Vec<u8>>, Unread>,
}

impl Asked {
    /// Reads a request; its body only where the head of it passes, so that nobody keeps a
    /// request waiting that is refused anyway.
    pub(super) async fn read<B: http_body::Body>(
        request: Request<B>,
        passes: impl FnOnce(&Method, &HeaderMap) -> bool,
    ) -> Self {
        let (parts, body) = request.into_parts();
        let passes = passes(&parts.method, &parts.headers);
        let body = if passes { body::read(body).await } else { Err(Unread::Broken) };
        let path = parts.uri.path();
        Self {
            path: if path.is_empty() { "/".to_owned() } else { path.to_owned() },
            query: parts.uri.query().map(str::to_owned),
            method: parts.method,
            headers: parts.headers,
            peer: parts.extensions.get::<Peer>().copied(),
            body,
        }
    }

    /// The body, where it is of this type.
    pub(super) fn body(&self, content_type: &str, wanted: &'static str) -> Result<&[u8], Refusal> {
        let mut sent = self.headers.get_all(header::CONTENT_TYPE).iter();
        let first = sent.next().and_then(|value| value.to_str().ok()).unwrap_or_default();
        let essence = first.split(';').next().unwrap_or_default().trim_matches([' ', '\t']);
        if sent.next().is_some() || !essence.eq_ignore_ascii_case(content_type) {
            return Err(Refusal::wrong_type(wanted));
        }
        match &self.body {
            Ok(bytes) => Ok(bytes.as_slice()),
            Err(unread) => Err((*unread).into()),
        }
    }

    /// The body as one JSON object of this shape; `takes` says which, for whoever got it wrong.
    pub(super) fn json<T: DeserializeOwned>(&self, takes: &'static str) -> Result<T, Refusal> {
        let bytes = self.body("application/json", "Send the body as application/json.")?;
        // A struct would also be read from an array of its fields.
        let is_object = bytes.trim_ascii_start().first() == Some(&b'{');
        // What serde says of an error may quote what was sent, and that may be a password.
        let read = serde_json::from_slice(bytes).ok().filter(|_| is_object);
        read.ok_or_else(|| Error::Malformed(takes).into())
    }
}
