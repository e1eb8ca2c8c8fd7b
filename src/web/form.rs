use zeroize::Zeroizing;

use super::{
    asked::Asked,
    query::{self, Fields},
    refusal::Refusal,
};
use crate::error::{Error, Result};

/// The fields of a submitted form: those it may have, each once at the most.
pub(super) struct Form(Fields);

impl Form {
    /// Reads the form of a page.
    pub(super) fn read(asked: &Asked, known: &[&str]) -> Result<Self, Refusal> {
        const TYPE: &str = "application/x-www-form-urlencoded";
        let bytes = asked.body(TYPE, "Send the form as application/x-www-form-urlencoded.")?;
        let refused = "The form did not arrive as this page writes it. Open the page again.";
        let fields = query::read(bytes).map_err(|_| Error::Malformed(refused))?;
        // `email[]=a&email[]=b` once mailed one person's link to two (CVE-2023-7028).
        let fits = fields.iter().enumerate().all(|(position, (name, _))| {
            let again = fields.iter().take(position).any(|(earlier, _)| earlier == name);
            known.contains(&name.as_str()) && !again
        });
        if fits { Ok(Self(fields)) } else { Err(Error::Malformed(refused).into()) }
    }

    /// Goes on where no other field than these is left.
    pub(super) fn only(&self, known: &[&str]) -> Result<()> {
        let refused = "The form did not arrive as this page writes it. Open the page again.";
        let fits = self.0.iter().all(|(name, _)| known.contains(&name.as_str()));
        if fits { Ok(()) } else { Err(Error::Malformed(refused)) }
    }

    /// A field that may be missing.
    pub(super) fn take(&mut self, name: &str) -> Option<Zeroizing<String>> {
        let position = self.0.iter().position(|(found, _)| found == name)?;
        Some(self.0.swap_remove(position).1)
    }

    /// A field that must be there.
    pub(super) fn need(&mut self, name: &str) -> Result<Zeroizing<String>> {
        let refused = "A field of the form is missing. Open the page again.";
        self.take(name).ok_or(Error::Malformed(refused))
    }
}
