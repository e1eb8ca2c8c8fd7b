use std::{fmt, sync::Arc};

use super::core::Core;
use crate::{
    clock::Clock,
    error::{Error, Result},
    model::{Account, Session, Transport, User},
    policy::{Feature, Permission, Policy},
    secret::{InvalidToken, Token},
};

/// What a browser or a client shows to be recognised: a token, and the way it came.
///
/// ```
/// use portcullis::auth::SessionToken;
/// assert!(SessionToken::cookie("too short").is_err());
/// ```
#[derive(Clone)]
pub struct SessionToken {
    pub(super) token: Token,
    pub(super) transport: Transport,
}

impl SessionToken {
    /// The token of the session cookie.
    ///
    /// # Errors
    /// [`InvalidToken`] for what cannot be one.
    pub fn cookie(written: &str) -> Result<Self, InvalidToken> {
        Ok(Self { token: Token::parse(written)?, transport: Transport::Cookie })
    }

    /// The token of an `Authorization: Bearer` header.
    ///
    /// # Errors
    /// [`InvalidToken`] for what cannot be one.
    pub fn bearer(written: &str) -> Result<Self, InvalidToken> {
        Ok(Self { token: Token::parse(written)?, transport: Transport::Bearer })
    }

    /// The token as it goes into the cookie or the answer. Do not log it, do not store it.
    #[must_use]
    pub fn reveal(&self) -> zeroize::Zeroizing<String> {
        self.token.reveal()
    }

    /// How it travels.
    #[must_use]
    pub fn transport(&self) -> Transport {
        self.transport
    }

    pub(super) fn digest(&self) -> crate::secret::Digest {
        self.token.digest(self.transport.purpose())
    }
}

impl fmt::Debug for SessionToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// Somebody whose session was checked just now. Only that check can make one.
#[derive(Clone)]
pub struct Identity(Arc<Checked>);

struct Checked {
    user: User,
    account: Account,
    session: Session,
    policy: Arc<Policy>,
    clock: Arc<dyn Clock>,
}

impl Identity {
    pub(super) fn new(core: &Core, user: User, account: Account, session: Session) -> Self {
        let (policy, clock) = (Arc::clone(&core.policy), Arc::clone(&core.clock));
        Self(Arc::new(Checked { user, account, session, policy, clock }))
    }

    /// Who it is.
    #[must_use]
    pub fn user(&self) -> &User {
        &self.0.user
    }

    /// Their company.
    #[must_use]
    pub fn account(&self) -> &Account {
        &self.0.account
    }

    /// The session they came with.
    #[must_use]
    pub fn session(&self) -> &Session {
        &self.0.session
    }

    /// What their role allows.
    pub fn permissions(&self) -> impl Iterator<Item = Permission> + '_ {
        self.0.policy.roles.permissions(&self.0.user.role)
    }

    /// What their company's plan includes at this moment: nothing once it has ended.
    pub fn features(&self) -> impl Iterator<Item = Feature> + '_ {
        let stands = !self.plan_has_ended();
        self.0.policy.plans.features(&self.0.account.plan).filter(move |_| stands)
    }

    /// Whether the plan has ended by this moment: also where it did so after the session was
    /// checked. Of an account's people only administrators are let in then, to see why. Logging
    /// in, one's own account and the help for others work on; what the plan includes does not.
    #[must_use]
    pub fn plan_has_ended(&self) -> bool {
        self.0.account.plan_ended(self.0.clock.now())
    }

    /// Whether their role allows this.
    #[must_use]
    pub fn allows(&self, permission: Permission) -> bool {
        self.0.policy.roles.allows(&self.0.user.role, permission)
    }

    /// Goes on only where their role allows this.
    ///
    /// # Errors
    /// [`Error::Forbidden`] where it does not.
    pub fn require(&self, permission: Permission) -> Result<()> {
        if self.allows(permission) { Ok(()) } else { Err(Error::Forbidden) }
    }

    /// Goes on only where their company's plan includes this, and has not ended.
    ///
    /// # Errors
    /// [`Error::AccountEnded`] where it has ended by this moment; [`Error::Forbidden`] where it
    /// does not include this.
    pub fn require_feature(&self, feature: Feature) -> Result<()> {
        if self.plan_has_ended() {
            return Err(Error::AccountEnded);
        }
        if self.0.policy.plans.features(&self.0.account.plan).any(|included| included == feature) {
            Ok(())
        } else {
            Err(Error::Forbidden)
        }
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity")
            .field("user", &self.0.user.id)
            .field("account", &self.0.account.id)
            .field("session", &self.0.session.id)
            .finish_non_exhaustive()
    }
}
