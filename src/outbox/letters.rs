//! The wording of letters: templates a host can override.

use minijinja::{Environment, UndefinedBehavior, Value, context};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use crate::{
    id::IntentId,
    mail::Letter,
    model::{Account, Client, EmailAddress, Template, User},
    site::Site,
};

/// The wording of letters.
///
/// Each letter has three parts, `NAME.subject`, `NAME.txt` and `NAME.html`, written for
/// [minijinja](https://docs.rs/minijinja). The names are those of
/// [`Template`](crate::model::Template::as_str):
///
/// | `NAME` | goes out | carries a link |
/// |---|---|---|
/// | `reset` | after "forgot password" | yes |
/// | `activation` | with an invitation | yes |
/// | `activated` | after the first password was chosen | no |
/// | `password_changed` | after it was changed in My Account | no |
/// | `password_reset` | after a new one was chosen by a mailed link | no |
/// | `temporary_password` | after somebody else set a temporary one | no |
/// | `email_confirm` | to a new address, before it becomes somebody's | yes |
/// | `email_changed` | to the former address, after that | yes, to take it back |
/// | `recovered` | to the address an administrator put in the place of another | yes |
/// | `objection` | to the address it replaced | yes, to object |
/// | `objected` | to the administrators, after somebody did | no |
/// | `email_undone` | to the restored address, after it was taken back | no |
/// | `username_changed` | after it was changed, in My Account or by somebody else | no |
/// | `profile_changed` | after somebody else changed the name | no |
/// | `role_changed` | after somebody else changed it | no |
/// | `disabled`, `enabled` | after somebody did so | no |
/// | `removed` | after somebody removed the profile | no |
/// | `operator_acted` | to the administrators, after the operator did something to one of their users | no |
/// | `secured` | after somebody made sessions, links and password void | yes |
///
/// Each part is given the same values:
///
/// | value | holds |
/// |---|---|
/// | `site.name`, `site.url`, `site.support` | the site, as [`Site`] has it; `support` may be empty |
/// | `user.name`, `user.username`, `user.email` | the recipient |
/// | `account.name` | their company |
/// | `link` | the link, in letters that carry one; it must be in `txt` and `html`, never in `subject` |
/// | `expires.text`, `expires.iso` | until when the link works, for people and as RFC 3339; `expires` is none in letters without a link |
/// | `at.text`, `at.iso` | when the cause of the letter happened |
/// | `client.address`, `client.agent` | where it came from; both may be empty |
/// | `inviter` | who invited them, or who else caused the letter; empty where nobody else did, or the operator |
/// | `detail` | what changed, such as the former username or the new role; empty in other letters |
///
/// What people chose themselves (`user.name`, `account.name`, `client.agent`, `inviter`, `detail`)
/// comes broken up where a mail program would make a link of it. `.html` parts are escaped.
///
/// All letters share `base.html` (which the `html` parts extend), `_foot.txt` (the end of each
/// `txt`), `_who.html` (the username and the account), and `_what.txt` and `_what.html` (what
/// happened, when and from where). Templates refer to each other as `letters/base.html` and so on.
///
/// ```
/// use portcullis::outbox::Letters;
/// let letters = Letters::default()
///     .with("reset.subject", "Choose a new password at {{ site.name }}");
/// assert!(letters.findings().is_empty());
/// let wrong = Letters::default().with("reset.txt", "{{ no.such.thing }}");
/// assert!(!wrong.findings().is_empty());
/// ```
#[derive(Clone, Debug)]
pub struct Letters {
    environment: Environment<'static>,
    findings: Vec<String>,
}

macro_rules! built_in {
    ($($name:literal)*) => {
        &[$((concat!("letters/", $name), include_str!(concat!("letters/", $name)))),*]
    };
}

const BUILT_IN: &[(&str, &str)] = built_in![
    "_foot.txt" "_what.html" "_what.txt" "_who.html" "base.html"
    "reset.subject" "reset.txt" "reset.html"
    "activation.subject" "activation.txt" "activation.html"
    "activated.subject" "activated.txt" "activated.html"
    "password_changed.subject" "password_changed.txt" "password_changed.html"
    "password_reset.subject" "password_reset.txt" "password_reset.html"
    "email_confirm.subject" "email_confirm.txt" "email_confirm.html"
    "email_changed.subject" "email_changed.txt" "email_changed.html"
    "recovered.subject" "recovered.txt" "recovered.html"
    "objection.subject" "objection.txt" "objection.html"
    "objected.subject" "objected.txt" "objected.html"
    "email_undone.subject" "email_undone.txt" "email_undone.html"
    "username_changed.subject" "username_changed.txt" "username_changed.html"
    "temporary_password.subject" "temporary_password.txt" "temporary_password.html"
    "username_changed.subject" "username_changed.txt" "username_changed.html"
    "profile_changed.subject" "profile_changed.txt" "profile_changed.html"
    "role_changed.subject" "role_changed.txt" "role_changed.html"
    "disabled.subject" "disabled.txt" "disabled.html"
    "enabled.subject" "enabled.txt" "enabled.html"
    "removed.subject" "removed.txt" "removed.html"
    "secured.subject" "secured.txt" "secured.html"
    "operator_acted.subject" "operator_acted.txt" "operator_acted.html"
];

impl Default for Letters {
    fn default() -> Self {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        let letters = Self { environment, findings: Vec::new() };
        BUILT_IN.iter().fold(letters, |letters, (name, source)| letters.put(name, source))
    }
}

impl Letters {
    /// These letters with another wording for one part, such as `reset.txt`, or for one that all of
    /// them share, such as `_foot.txt`. [`Builder::build`](crate::auth::Builder::build) writes each
    /// once and refuses those that cannot be written.
    #[must_use]
    pub fn with(self, part: &str, source: &str) -> Self {
        let name = format!("letters/{part}");
        if BUILT_IN.iter().any(|(known, _)| *known == name) {
            self.put(&name, source)
        } else {
            let mut findings = self.findings;
            findings.push(format!("letters: there is no part called {part}"));
            Self { findings, ..self }
        }
    }

    fn put(mut self, name: &str, source: &str) -> Self {
        let (name, source) = (name.to_owned(), source.to_owned());
        if let Err(error) = self.environment.add_template_owned(name, source) {
            self.findings.push(format!("letters: {error}"));
        }
        self
    }

    /// What keeps a letter from being written, or from being of use, found by writing each once:
    /// also a reset letter without its link, or a link in a subject, which every mail server logs.
    #[must_use]
    pub fn findings(&self) -> Vec<String> {
        let mut found = self.findings.clone();
        for template in Template::ALL {
            let sample = sample(*template);
            for part in ["subject", "txt", "html"] {
                let name = format!("{}.{part}", template.as_str());
                match self.part(*template, part, &sample) {
                    Err(error) => found.push(format!("letters: {name}: {error}")),
                    Ok(text) => {
                        let wants_link = carries_link(*template) && part != "subject";
                        if text.contains(SAMPLE_LINK) != wants_link {
                            let has = if wants_link { "lacks its" } else { "must carry no" };
                            found.push(format!("letters: {name} {has} {{{{ link }}}}"));
                        }
                    }
                }
            }
        }
        found
    }

    fn part(
        &self,
        template: Template,
        part: &str,
        facts: &Value,
    ) -> Result<String, minijinja::Error> {
        let name = format!("letters/{}.{part}", template.as_str());
        self.environment.get_template(&name)?.render(facts)
    }

    /// Writes a letter.
    pub(super) fn write(&self, facts: &Facts<'_>) -> Result<Letter, minijinja::Error> {
        let name = unlinked(facts.user.name.as_str());
        let address = facts.client.address.map(|address| address.to_string());
        let values = context! {
            site => context! {
                name => facts.site.name(),
                url => facts.site.origin(),
                support => facts.site.support_contact(),
            },
            user => context! {
                name => name.as_str(),
                username => facts.user.username.as_str(),
                email => facts.to.as_str(),
            },
            account => context! { name => unlinked(&facts.account.name) },
            link => facts.link.as_deref(),
            expires => facts.expires_at.map(moment),
            at => moment(facts.at),
            client => context! {
                address => address.unwrap_or_default(),
                agent => unlinked(facts.client.agent()),
            },
            inviter => unlinked(facts.inviter),
            detail => unlinked(facts.detail),
        };
        let subject = self.part(facts.template, "subject", &values)?;
        Ok(Letter {
            id: facts.id,
            to: facts.to.clone(),
            name,
            subject: subject
                .split(char::is_control)
                .collect::<Vec<_>>()
                .join(" ")
                .trim()
                .to_owned(),
            text: self.part(facts.template, "txt", &values)?,
            html: self.part(facts.template, "html", &values)?,
        })
    }
}

/// Whether a letter of this kind carries a link.
const fn carries_link(template: Template) -> bool {
    matches!(
        template,
        Template::Reset
            | Template::Activation
            | Template::Secured
            | Template::EmailConfirm
            | Template::EmailChanged
            | Template::Recovered
            | Template::Objection
    )
}

/// Nothing in it is escaped in HTML.
const SAMPLE_LINK: &str = "sample-link";

/// What a letter of this kind may be told when it is written, with as little in it as can be.
fn sample(template: Template) -> Value {
    let link = carries_link(template).then_some(SAMPLE_LINK);
    context! {
        site => context! { name => "Site", url => "https://site.example", support => "" },
        user => context! { name => "Ada", username => "ada", email => "ada@site.example" },
        account => context! { name => "Acme" },
        link => link,
        expires => link.map(|_| moment(OffsetDateTime::UNIX_EPOCH)),
        at => moment(OffsetDateTime::UNIX_EPOCH),
        client => context! { address => "", agent => "" },
        inviter => "",
        detail => "",
    }
}

/// What a letter tells of.
pub(super) struct Facts<'a> {
    pub(super) id: IntentId,
    pub(super) template: Template,
    pub(super) site: &'a Site,
    pub(super) user: &'a User,
    pub(super) account: &'a Account,
    pub(super) to: EmailAddress,
    pub(super) link: Option<String>,
    pub(super) expires_at: Option<OffsetDateTime>,
    pub(super) at: OffsetDateTime,
    pub(super) client: &'a Client,
    pub(super) inviter: &'a str,
    pub(super) detail: &'a str,
}

/// A moment as templates get it: for machines, and for people.
fn moment(at: OffsetDateTime) -> Value {
    let (day, month, year) = (at.day(), at.month(), at.year());
    context! {
        iso => at.format(&Rfc3339).unwrap_or_default(),
        text => format!("{day} {month} {year}, {:02}:{:02} UTC", at.hour(), at.minute()),
    }
}

/// Text somebody else chose, so that no mail program makes a link of it: an invitation must not
/// carry the inviter's advertisement to a stranger.
fn unlinked(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let at = |position: usize| chars.get(position).copied().map_or(' ', as_in_links);
    let breaks = |position: usize| match at(position) {
        '/' | '\\' | '@' => true,
        ':' | '.' => {
            // Two letters behind it make a host name or a scheme; initials stay.
            let next = at(position + 1);
            let after_www = position >= 3
                && (position - 3..position).all(|before| at(before).eq_ignore_ascii_case(&'w'));
            next.is_alphanumeric() && (at(position + 2).is_alphanumeric() || after_www)
                || matches!(next, '/' | '\\')
        }
        _ => false,
    };
    chars.iter().enumerate().map(|(i, c)| if breaks(i) { ' ' } else { *c }).collect()
}

/// What a character becomes where a browser reads an address (UTS 46).
fn as_in_links(c: char) -> char {
    match c {
        '\u{3002}' | '\u{ff0e}' | '\u{ff61}' | '\u{2024}' => '.',
        '\u{ff0f}' | '\u{2044}' | '\u{2215}' => '/',
        '\u{ff3c}' => '\\',
        '\u{ff1a}' => ':',
        '\u{ff20}' | '\u{fe6b}' => '@',
        c => c,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Nothing a mail program makes a link of is left, in any text; and nothing else goes.
        #[test]
        fn no_text_keeps_a_link(
            text in prop_oneof![
                "([a-zA-Z]{0,3}|www|http|[.:/\\\\@ 。．：／＠]){0,24}",
                "\\PC{0,60}",
                prop::collection::vec(any::<char>(), 0..60).prop_map(String::from_iter),
            ],
        ) {
            let safe = unlinked(&text);
            let read: Vec<char> = safe.chars().map(as_in_links).collect();
            prop_assert!(!read.iter().any(|c| "/\\@".contains(*c)), "{safe:?}");
            for (i, c) in read.iter().enumerate() {
                let at = |by: usize| read.get(i + by).is_some_and(|c| c.is_alphanumeric());
                prop_assert!(!(".:".contains(*c) && at(1) && at(2)), "{safe:?}");
            }
            let folded = String::from_iter(&read).to_ascii_lowercase();
            for (at, _) in folded.match_indices("www.") {
                let next = folded.get(at + 4..).and_then(|rest| rest.chars().next());
                prop_assert!(!next.is_some_and(char::is_alphanumeric), "{safe:?}");
            }
            let kept = text.chars().zip(safe.chars()).all(|(a, b)| a == b || b == ' ');
            prop_assert!(kept && text.chars().count() == safe.chars().count());
            prop_assert_eq!(unlinked(&safe), safe);
        }
    }

    #[test]
    fn every_built_in_letter_can_be_written() {
        assert_eq!(Letters::default().findings(), Vec::<String>::new());
    }

    #[test]
    fn every_letter_is_in_the_documentation() {
        for template in Template::ALL {
            let name = format!("`{}`", template.as_str());
            let rows =
                include_str!("letters.rs").lines().filter(|line| line.starts_with("/// | `"));
            assert!(rows.into_iter().any(|row| row.contains(&name)), "add a row {name} above");
        }
    }

    #[test]
    fn names_do_not_become_links() {
        assert_eq!(
            unlinked("Buy at https://evil.example/x now"),
            "Buy at https   evil example x now"
        );
        assert_eq!(unlinked("J.R.R. Tolkien, Jr."), "J.R.R. Tolkien, Jr.");
        assert_eq!(unlinked("Mozilla/5.0 (X11; Linux)"), "Mozilla 5.0 (X11; Linux)");
    }
}
