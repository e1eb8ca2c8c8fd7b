//! What can end.

use portcullis::{
    auth::SessionToken,
    id::UserId,
    model::Link,
    secret::{Purpose, Token},
    store::{Record as _, tables},
};

use crate::House;

/// A column of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Session,
    Ticket,
    ResetLink,
    ActivationLink,
    EmailLink,
    UndoLink,
    Invitation,
}

impl Kind {
    pub(crate) const ALL: &'static [Self] = &[
        Self::Session,
        Self::Ticket,
        Self::ResetLink,
        Self::ActivationLink,
        Self::EmailLink,
        Self::UndoLink,
        Self::Invitation,
    ];

    fn purpose(self) -> Purpose {
        match self {
            Self::Ticket => Purpose::Replacement,
            Self::ResetLink => Purpose::Reset,
            Self::ActivationLink => Purpose::Activation,
            Self::EmailLink => Purpose::EmailConfirm,
            Self::UndoLink => Purpose::Undo,
            Self::Session | Self::Invitation => panic!("{self:?} is no link"),
        }
    }
}

pub(crate) struct Thing {
    pub(crate) kind: Kind,
    held: Held,
}

enum Held {
    Session(SessionToken),
    Token(Token),
    /// Whom an invitation is for.
    User(UserId),
}

impl Thing {
    pub(crate) fn session(token: &SessionToken) -> Self {
        let token = SessionToken::cookie(&token.reveal()).unwrap();
        Self { kind: Kind::Session, held: Held::Session(token) }
    }

    pub(crate) fn link(kind: Kind, token: Token) -> Self {
        Self { kind, held: Held::Token(token) }
    }

    pub(crate) fn invitation(user: UserId) -> Self {
        Self { kind: Kind::Invitation, held: Held::User(user) }
    }

    pub(crate) async fn lives(&self, house: &House) -> bool {
        match &self.held {
            Held::Session(token) => house.auth.identify(token).await.is_ok(),
            Held::User(user) => {
                house.store.get(&tables::INVITATIONS, user.as_bytes()).await.unwrap().is_some()
            }
            Held::Token(token) => {
                let stands = house.auth.look_at_link(self.kind.purpose(), token).await.is_ok();
                stands && (self.kind != Kind::UndoLink || leads_somewhere(house, token).await)
            }
        }
    }
}

/// Whether the change that a link takes back is there.
async fn leads_somewhere(house: &House, token: &Token) -> bool {
    let digest = token.digest(Purpose::Undo);
    let row = house.store.get(&tables::LINKS, digest.as_bytes()).await.unwrap();
    let Some(change) = row.and_then(|row| Link::from_row(&row).unwrap().change) else {
        return false;
    };
    house.store.get(&tables::EMAIL_CHANGES, change.as_bytes()).await.unwrap().is_some()
}
