//! One call, described.

/// What one call takes, answers and refuses.
pub(super) struct Row {
    /// Method and path, as `calls.md` writes them, less the `/api`.
    pub(super) call: &'static str,
    /// Its `operationId`.
    pub(super) id: &'static str,
    pub(super) does: &'static str,
    pub(super) session: Session,
    /// Parameters in the query or a header, by their name in the description.
    pub(super) reads: &'static [&'static str],
    /// The schema of its body.
    pub(super) takes: Option<&'static str>,
    pub(super) answers: &'static [Answered],
    /// The kinds it refuses with, beside those [`refusals`](super::refusals) knows every such
    /// call to.
    pub(super) refuses: &'static [&'static str],
}

/// Whether a call asks for a session.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Session {
    Ignored,
    Perhaps,
    Needed,
}

/// One answer that is no refusal.
pub(super) struct Answered {
    pub(super) status: u16,
    /// The schema of its body.
    pub(super) body: Option<&'static str>,
    pub(super) cookie: Cookie,
}

/// Whether an answer sets the session's cookie.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Cookie {
    Never,
    Perhaps,
    Always,
}

/// A call for everybody.
pub(super) const fn anybody(call: &'static str, id: &'static str, does: &'static str) -> Row {
    let session = Session::Ignored;
    Row { call, id, does, session, reads: &[], takes: None, answers: &[], refuses: &[] }
}

/// A call for whoever is logged in.
pub(super) const fn signed_in(call: &'static str, id: &'static str, does: &'static str) -> Row {
    Row { session: Session::Needed, ..anybody(call, id, does) }
}

impl Row {
    pub(super) const fn perhaps_signed_in(self) -> Self {
        Self { session: Session::Perhaps, ..self }
    }

    pub(super) const fn reads(self, reads: &'static [&'static str]) -> Self {
        Self { reads, ..self }
    }

    pub(super) const fn takes(self, schema: &'static str) -> Self {
        Self { takes: Some(schema), ..self }
    }

    pub(super) const fn answers(self, answers: &'static [Answered]) -> Self {
        Self { answers, ..self }
    }

    pub(super) const fn refuses(self, refuses: &'static [&'static str]) -> Self {
        Self { refuses, ..self }
    }

    /// Whether it changes something.
    pub(super) fn writes(&self) -> bool {
        !self.call.starts_with("GET ")
    }
}

pub(super) const ACCEPTED: Answered = Answered { status: 202, body: None, cookie: Cookie::Never };
pub(super) const NO_CONTENT: Answered = Answered { status: 204, ..ACCEPTED };
pub(super) const SETS_COOKIE: Answered = Answered { cookie: Cookie::Always, ..NO_CONTENT };

pub(super) const fn accepted(schema: &'static str) -> Answered {
    Answered { status: 202, ..ok(schema) }
}

pub(super) const fn ok(schema: &'static str) -> Answered {
    Answered { status: 200, body: Some(schema), cookie: Cookie::Never }
}

pub(super) const fn created(schema: &'static str) -> Answered {
    Answered { status: 201, ..ok(schema) }
}

/// An answer that sets the session's cookie where the session travels in one.
pub(super) const fn or_cookie(status: u16, body: Option<&'static str>) -> Answered {
    Answered { status, body, cookie: Cookie::Perhaps }
}
