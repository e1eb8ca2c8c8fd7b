//! The wording of letters: templates a host can override, in each language.

mod catalogue;
mod unlinked;

use std::collections::{BTreeMap, BTreeSet};

use catalogue::{BASE, PARTS, WORDINGS};
use minijinja::{Environment, UndefinedBehavior, Value, context};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use unlinked::unlinked;

use crate::{
    id::IntentId,
    mail::Letter,
    model::{Account, Client, EmailAddress, Language, Template, User},
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
/// | `operator_acted` | to the administrators, after the operator did something in their account | no |
/// | `secured` | after somebody made sessions, links and password void | yes |
///
/// Each part is given the same values:
///
/// | value | holds |
/// |---|---|
/// | `language` | the tag of the language |
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
/// All letters share `base.html` (which the `html` parts extend), and those of one language
/// `_foot.txt` and `_sent.html` (the end of each), `_when.txt` and `_when.html` (when and from
/// which address), `_who.html` (the username, the account and that), `_what.txt` and `_what.html`
/// (the same and the program, for addresses that are proven), `_moment.txt` (a moment, from `day`,
/// `month`, `year` and `time`) and `_language.txt` (what the language calls itself). Templates
/// refer to each other as `letters/base.html` and `letters/en/_foot.txt`.
///
/// # Languages
/// There are wordings in English (`en`) and German (`de`), and a letter is written in the one its
/// recipient chose: [`NewUser::reading`](crate::auth::NewUser::reading) when they are invited,
/// My Account from then on. Who chose none gets the [usual](Letters::usually) one. A host adds a
/// language by adding each of its [`parts`](Letters::parts):
///
/// ```
/// use portcullis::outbox::Letters;
/// let letters = Letters::default().with("fr/reset.subject", "Choisissez un mot de passe");
/// assert!(letters.findings()[0].contains("fr lacks"), "the other parts");
/// let german = Letters::default().usually("de");
/// assert_eq!(german.languages(), [("de", "Deutsch".into()), ("en", "English".into())]);
/// ```
///
/// # Wording
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
    /// The language of those who chose none.
    usual: String,
    /// What there is in each language.
    parts: BTreeMap<String, BTreeSet<String>>,
    findings: Vec<String>,
}

impl Default for Letters {
    fn default() -> Self {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        let letters = Self {
            environment,
            usual: ENGLISH.to_owned(),
            parts: BTreeMap::new(),
            findings: Vec::new(),
        };
        let letters = letters.put(BASE.0, BASE.1);
        WORDINGS.iter().fold(letters, |letters, (language, parts)| {
            parts
                .iter()
                .fold(letters, |letters, (part, source)| letters.say(language, part, source))
        })
    }
}

impl Letters {
    /// These letters with another wording for one part: `reset.txt` is English, `de/reset.txt`
    /// another language's, `base.html` what all letters look like.
    /// [`Builder::build`](crate::auth::Builder::build) writes each letter once and refuses those
    /// that cannot be written, and languages that lack a part.
    #[must_use]
    pub fn with(mut self, part: &str, source: &str) -> Self {
        if part == BASE.0 {
            return self.put(part, source);
        }
        let (language, name) = part.split_once('/').unwrap_or((ENGLISH, part));
        match Language::parse(language) {
            Ok(language) if PARTS.contains(&name) => self.say(language.as_str(), name, source),
            _ => {
                self.findings.push(format!("letters: there is no part called {part}"));
                self
            }
        }
    }

    /// These letters in this language, such as `de`, for everybody who chose none: English unless
    /// said otherwise.
    #[must_use]
    pub fn usually(mut self, language: &str) -> Self {
        match Language::parse(language).ok().filter(|tag| self.parts.contains_key(tag.as_str())) {
            Some(language) => language.as_str().clone_into(&mut self.usual),
            None => self.findings.push(format!("letters: there is no wording in {language}")),
        }
        self
    }

    /// The parts a wording in any language consists of.
    #[must_use]
    pub const fn parts() -> &'static [&'static str] {
        PARTS
    }

    /// The languages there is a wording in, by their tags, each with what it calls itself.
    #[must_use]
    pub fn languages(&self) -> Vec<(&str, String)> {
        let named = |tag| self.render(tag, "_language.txt", &context! {}).unwrap_or_default();
        self.parts.keys().map(|tag| (tag.as_str(), named(tag))).collect()
    }

    /// The wording for somebody who reads this language, if there is one: that of `de` serves who
    /// reads `de-AT` (RFC 4647, 3.4).
    #[must_use]
    pub fn wording_for(&self, language: &Language) -> Option<&str> {
        language
            .widening()
            .find_map(|tag| self.parts.get_key_value(tag))
            .map(|(tag, _)| tag.as_str())
    }

    fn say(mut self, language: &str, part: &str, source: &str) -> Self {
        let parts = self.parts.entry(language.to_owned()).or_default();
        parts.insert(part.to_owned());
        self.put(&format!("{language}/{part}"), source)
    }

    fn put(mut self, name: &str, source: &str) -> Self {
        let (name, source) = (format!("letters/{name}"), source.to_owned());
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
        for (language, parts) in &self.parts {
            let missing: Vec<_> =
                PARTS.iter().filter(|part| !parts.contains(**part)).copied().collect();
            if missing.is_empty() {
                self.try_all(language, &mut found);
            } else {
                found.push(format!("letters: {language} lacks {}", missing.join(", ")));
            }
        }
        found
    }

    /// Writes each letter once in a language, and notes what is wrong.
    fn try_all(&self, language: &str, found: &mut Vec<String>) {
        for template in Template::ALL {
            let sample = self.sample(language, *template);
            for part in ["subject", "txt", "html"] {
                let part = format!("{}.{part}", template.as_str());
                let name = format!("{language}/{part}");
                match self.render(language, &part, &sample) {
                    Err(error) => found.push(format!("letters: {name}: {error}")),
                    Ok(text) => {
                        let wants_link = carries_link(*template) && !part.ends_with(".subject");
                        if text.contains(SAMPLE_LINK) != wants_link {
                            let has = if wants_link { "lacks its" } else { "must carry no" };
                            found.push(format!("letters: {name} {has} {{{{ link }}}}"));
                        }
                    }
                }
            }
        }
    }

    fn render(
        &self,
        language: &str,
        part: &str,
        facts: &Value,
    ) -> Result<String, minijinja::Error> {
        self.environment.get_template(&format!("letters/{language}/{part}"))?.render(facts)
    }

    /// Writes a letter.
    pub(super) fn write(&self, facts: &Facts<'_>) -> Result<Letter, minijinja::Error> {
        let language = facts.user.language.as_ref().and_then(|wish| self.wording_for(wish));
        let language = language.unwrap_or(&self.usual);
        let name = unlinked(facts.user.name.as_str());
        let address = facts.client.address.map(|address| address.to_string());
        let values = context! {
            language,
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
            expires => facts.expires_at.map(|at| self.moment(language, at)),
            at => self.moment(language, facts.at),
            client => context! {
                address => address.unwrap_or_default(),
                agent => unlinked(facts.client.agent()),
            },
            inviter => unlinked(facts.inviter),
            detail => unlinked(facts.detail),
        };
        let part =
            |part| self.render(language, &format!("{}.{part}", facts.template.as_str()), &values);
        let subject = part("subject")?;
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
            text: part("txt")?,
            html: part("html")?,
        })
    }

    /// A moment as templates get it: for machines, and for people. A language without a wording
    /// for it is found when the letters are tried.
    fn moment(&self, language: &str, at: OffsetDateTime) -> Value {
        let parts = context! {
            day => at.day(),
            month => u8::from(at.month()),
            year => at.year(),
            time => format!("{:02}:{:02}", at.hour(), at.minute()),
        };
        let iso = at.format(&Rfc3339).unwrap_or_default();
        let text = self.render(language, "_moment.txt", &parts).unwrap_or_else(|_| iso.clone());
        context! { iso, text }
    }

    /// What a letter of this kind may be told when it is written, with as little in it as can be.
    fn sample(&self, language: &str, template: Template) -> Value {
        let link = carries_link(template).then_some(SAMPLE_LINK);
        let at = self.moment(language, OffsetDateTime::UNIX_EPOCH);
        context! {
            language,
            site => context! { name => "Site", url => "https://site.example", support => "" },
            user => context! { name => "Ada", username => "ada", email => "ada@site.example" },
            account => context! { name => "Acme" },
            link => link,
            expires => link.map(|_| at.clone()),
            at,
            client => context! { address => "", agent => "" },
            inviter => "",
            detail => "",
        }
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

/// The language a part without one is in.
const ENGLISH: &str = "en";

/// Nothing in it is escaped in HTML.
const SAMPLE_LINK: &str = "sample-link";

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

#[cfg(test)]
mod tests;
