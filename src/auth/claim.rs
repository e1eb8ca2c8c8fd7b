//! Giving usernames, and giving them up.

use super::{
    core::{Core, text},
    draft::Draft,
};
use crate::{
    clock::after,
    error::{Error, Result},
    id::UserId,
    model::{EmailAddress, ReleasedName, User, Username},
    policy::{Policy, Violation},
    store::tables,
};

/// Whether somebody else has a username, or one that looks like it, or gave it up lately. `user`
/// is who asks for it, where they exist already.
pub(super) async fn is_taken(core: &Core, name: &Username, user: Option<UserId>) -> Result<bool> {
    let same: Option<User> = core.find(&tables::BY_USERNAME, text(name.canonical())).await?;
    let alike: Option<User> = core.find(&tables::BY_LOOK_ALIKE, text(&name.look_alike())).await?;
    let held = [same, alike].into_iter().flatten().any(|holder| Some(holder.id) != user);
    // Read after the holders: a name given up in between is then seen here. The other way round
    // it would be in neither.
    let now = core.now();
    for released in Released::load(core, name).await?.rows.into_iter().flatten() {
        if released.bars(user, now) {
            return Ok(true);
        }
    }
    Ok(held)
}

/// A username written like an address must be the person's own, or it could be taken for
/// somebody else's (CVE-2021-3754).
pub(super) fn foreign_address(name: &Username, email: &EmailAddress) -> Option<Violation> {
    let own = name.canonical() == email.canonical();
    (name.is_address_like() && !own).then(|| {
        let message = "A username with an @ must be the person's own e-mail address.";
        Violation::new("username", "own_address", message)
    })
}

/// The username of somebody who is to have this address, where theirs is the address they have:
/// then it changes along, or it would be an address that is not theirs. `None` where it stays.
///
/// # Errors
/// [`Error::Invalid`] where the address cannot be a username.
pub(super) fn along(user: &User, new: &EmailAddress) -> Result<Option<Username>> {
    let stays = !user.username.is_address_like() || user.username.canonical() == new.canonical();
    if stays {
        return Ok(None);
    }
    Username::parse(new.as_str()).map(Some).map_err(|_| {
        let message = "The username is the address as well, and this one cannot be one: choose \
                       another username first, one without an @.";
        Error::invalid("email", "username", message.to_owned())
    })
}

/// What is known of a name that is to be given up.
pub(super) struct Released {
    name: Username,
    rows: [Option<ReleasedName>; 2],
}

impl Released {
    pub(super) async fn load(core: &Core, name: &Username) -> Result<Self> {
        let [name_digest, alike_digest] = ReleasedName::digests(name);
        let rows =
            [core.get(name_digest.as_bytes()).await?, core.get(alike_digest.as_bytes()).await?];
        Ok(Self { name: name.clone(), rows })
    }

    /// Keeps the name back for the one who gives it up.
    pub(super) fn keep(self, user: UserId, policy: &Policy, draft: &mut Draft) {
        let expires_at = after(draft.now(), policy.lifetimes.released_name);
        for (digest, row) in ReleasedName::digests(&self.name).into_iter().zip(self.rows) {
            match row {
                Some(row) => draft.replace(ReleasedName { user, expires_at, ..row }),
                None => draft.insert(&ReleasedName { digest, user, expires_at, version: 1 }),
            }
        }
    }
}
