use std::fmt;

/// An e-mail address a letter can be sent to.
///
/// A deliberately narrow reading of RFC 5321: a dot-atom of ASCII, `@`, and a host name of at
/// least two labels. No quoted local parts, no address literals, no comments, no display names:
/// each of those has sent somebody's reset link to somebody else. International domains are
/// written in their `xn--` form.
///
/// ```
/// use portcullis::model::EmailAddress;
/// let address = EmailAddress::parse(" Ada@Example.com ")?;
/// assert_eq!(address.as_str(), "Ada@Example.com");
/// assert_eq!(address.canonical(), "ada@example.com");
/// assert!(EmailAddress::parse("Ada <ada@example.com>").is_err());
/// # Ok::<(), portcullis::model::InvalidEmail>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct EmailAddress {
    written: String,
    canonical: String,
}

/// The text is not an e-mail address letters can be sent to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an e-mail address")]
pub struct InvalidEmail;

impl EmailAddress {
    /// The longest address, in bytes (RFC 5321 §4.5.3.1.3, less the angle brackets).
    pub const MAX_BYTES: usize = 254;

    /// Reads an address; blanks around it are dropped.
    ///
    /// # Errors
    /// [`InvalidEmail`] for anything the type's description leaves out.
    pub fn parse(typed: &str) -> Result<Self, InvalidEmail> {
        let written = typed.trim_matches([' ', '\t']);
        let (local, domain) = written.rsplit_once('@').ok_or(InvalidEmail)?;
        if written.len() > Self::MAX_BYTES || !is_local_part(local) || !is_domain(domain) {
            return Err(InvalidEmail);
        }
        // ASCII only, so that no Unicode case folding can make two mailboxes one
        // (CVE-2019-19844).
        Ok(Self { written: written.to_owned(), canonical: written.to_ascii_lowercase() })
    }

    /// The address as it was written: where letters go.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.written
    }

    /// The form by which two spellings of an address are the same one. Mail servers may tell
    /// `Ada` from `ada`; none that people use does, and an attacker who could would gain a
    /// letter that goes to the stored spelling only.
    #[must_use]
    pub fn canonical(&self) -> &str {
        &self.canonical
    }

    /// The part after the `@`, in canonical form.
    #[must_use]
    pub fn domain(&self) -> &str {
        self.canonical.rsplit_once('@').map_or("", |(_, domain)| domain)
    }

    /// The part before the `@`, in canonical form.
    #[must_use]
    pub fn local(&self) -> &str {
        self.canonical.rsplit_once('@').map_or("", |(local, _)| local)
    }
}

fn is_local_part(local: &str) -> bool {
    local.len() <= 64
        && local.split('.').all(|atom| {
            !atom.is_empty()
                && atom
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&b))
        })
}

fn is_domain(domain: &str) -> bool {
    let mut labels = 0;
    let well_formed = domain.split('.').all(|label| {
        labels += 1;
        (1..=63).contains(&label.len())
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    });
    // A last label of digits would be read as an IPv4 address by a mail server.
    let last_is_name =
        domain.rsplit('.').next().is_some_and(|l| l.bytes().any(|b| !b.is_ascii_digit()));
    domain.len() <= 253 && labels >= 2 && well_formed && last_is_name
}

impl fmt::Display for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.written)
    }
}

impl fmt::Debug for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.written, f)
    }
}
