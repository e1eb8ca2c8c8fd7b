use super::{EmailAddress, Username};

/// What somebody typed into the name field of a log-in, made canonical once, before limits,
/// look-ups and audit see it.
///
/// Text that cannot be anybody's name still becomes one, so that it is treated like any other
/// stranger's.
#[derive(Clone)]
pub struct LoginName {
    canonical: String,
    username: Option<Username>,
    email: Option<EmailAddress>,
}

impl LoginName {
    /// Reads what was typed. It cannot fail.
    #[must_use]
    pub fn new(typed: &str) -> Self {
        let username = Username::parse(typed).ok();
        // An address typed in full-width letters is the name it becomes, whichever way it is
        // looked for: one budget, one person.
        let typed_as = username.as_ref().map_or(typed, Username::canonical);
        let email = EmailAddress::parse(typed_as).ok();
        let canonical = match (&username, &email) {
            (Some(username), _) => username.canonical().to_owned(),
            (None, Some(email)) => email.canonical().to_owned(),
            (None, None) => typed.trim_matches([' ', '\t']).to_owned(),
        };
        Self { canonical, username, email }
    }

    /// The form limits count by.
    #[must_use]
    pub fn canonical(&self) -> &str {
        &self.canonical
    }

    /// The username to look for; empty text, which is nobody's, where it cannot be one.
    #[must_use]
    pub fn username_key(&self) -> &str {
        self.username.as_ref().map_or("", Username::canonical)
    }

    /// The address to look for; empty text where it cannot be one.
    #[must_use]
    pub fn email_key(&self) -> &str {
        self.email.as_ref().map_or("", EmailAddress::canonical)
    }
}

impl std::fmt::Debug for LoginName {
    /// Redacted: people type passwords into name fields.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[what was typed]")
    }
}
