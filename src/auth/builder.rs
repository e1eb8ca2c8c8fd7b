use std::{
    fmt,
    sync::{Arc, OnceLock},
};

use super::{Auth, Operator, bell::Bell, core::Core};
use crate::{
    clock::{Clock, SystemClock},
    entropy::{Entropy, SystemEntropy},
    hash::{Hasher, Hashing},
    mail::Mailer,
    outbox::{self, Letters},
    policy::Policy,
    secret::SiteKey,
    site::Site,
    store::{CONTRACT, Store},
};

/// Puts an [`Auth`] together. [`Auth::builder`] begins one.
#[must_use]
pub struct Builder {
    store: Arc<dyn Store>,
    mailer: Option<Arc<dyn Mailer>>,
    site: Option<Site>,
    policy: Policy,
    hashing: Hashing,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    letters: Letters,
    key: Option<SiteKey>,
}

/// What keeps an [`Auth`] from being built: everything at once, in words for the developer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuildError {
    findings: Vec<String>,
}

impl BuildError {
    /// Each thing that is wrong.
    #[must_use]
    pub fn findings(&self) -> &[String] {
        &self.findings
    }
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "portcullis cannot be built: {}", self.findings.join("; "))
    }
}

impl std::error::Error for BuildError {}

impl Builder {
    pub(super) fn new(store: Arc<dyn Store>) -> Self {
        Self {
            store,
            mailer: None,
            site: None,
            policy: Policy::crm(),
            hashing: Hashing::default(),
            clock: Arc::new(SystemClock),
            entropy: Arc::new(SystemEntropy),
            letters: Letters::default(),
            key: None,
        }
    }

    /// The site: its name and its public address. There is no default.
    pub fn site(mut self, site: Site) -> Self {
        self.site = Some(site);
        self
    }

    /// What delivers letters. There is no default: a site whose letters go nowhere cannot help
    /// anybody who forgot a password.
    pub fn mailer(mut self, mailer: impl Mailer) -> Self {
        self.mailer = Some(Arc::new(mailer));
        self
    }

    /// What is allowed; [`Policy::crm`] unless said otherwise.
    pub fn policy(mut self, policy: Policy) -> Self {
        self.policy = policy;
        self
    }

    /// How passwords are hashed.
    pub fn hashing(mut self, hashing: Hashing) -> Self {
        self.hashing = hashing;
        self
    }

    /// Another wording for letters.
    pub fn letters(mut self, letters: Letters) -> Self {
        self.letters = letters;
        self
    }

    /// The key under which typed names become digests, where it is to be kept apart from the
    /// store. It must be the same in every process of the site, and stay the same.
    pub fn key(mut self, key: SiteKey) -> Self {
        self.key = Some(key);
        self
    }

    /// Another clock, for tests.
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Another source of randomness, for tests that repeat. Whoever can foretell it can forge
    /// every token.
    pub fn danger_entropy(mut self, entropy: impl Entropy) -> Self {
        self.entropy = Arc::new(entropy);
        self
    }

    /// Checks everything against everything, once, and starts the hashing threads.
    ///
    /// # Errors
    /// [`BuildError`] with everything that is missing or contradicts itself.
    pub fn build(self) -> Result<(Auth, Operator), BuildError> {
        let mut findings = self.policy.findings();
        findings.extend(self.hashing.findings());
        findings.extend(self.letters.findings());
        let contract = self.store.contract();
        if contract != CONTRACT {
            findings.push(format!(
                "the store holds contract {contract}, and this version needs {CONTRACT}: run its \
                 migrations, or use a newer portcullis"
            ));
        }
        match &self.site {
            Some(site) => findings.extend(site.findings()),
            None => findings.push("no site: call .site(Site::new(name, public_url)?)".into()),
        }
        if self.mailer.is_none() {
            findings.push("no mailer: call .mailer(…), with SmtpMailer or your own".into());
        }
        let (Some(site), Some(mailer), true) = (self.site, self.mailer, findings.is_empty()) else {
            return Err(BuildError { findings });
        };
        let hasher = Hasher::start(&self.hashing, Arc::clone(&self.entropy)).map_err(|error| {
            BuildError { findings: vec![format!("the hashing threads cannot be started: {error}")] }
        })?;
        let mut policy = self.policy;
        policy.passwords.site_words.push(site.name().to_owned());
        let core = Arc::new(Core {
            store: self.store,
            mailer,
            hasher,
            clock: self.clock,
            entropy: self.entropy,
            policy: Arc::new(policy),
            site,
            letters: self.letters,
            key: self.key.map_or_else(OnceLock::new, OnceLock::from),
            seen: super::seen::Seen::default(),
            gather: super::gather::Gather::default(),
            patience: outbox::SEND,
            bell: Bell::default(),
        });
        Ok((Auth { core: Arc::clone(&core) }, Operator { core }))
    }
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder").field("site", &self.site).finish_non_exhaustive()
    }
}
