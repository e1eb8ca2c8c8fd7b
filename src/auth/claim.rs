//! Giving usernames.

use super::core::{Core, text};
use crate::{
    error::Result,
    id::UserId,
    model::{EmailAddress, User, Username},
    policy::Violation,
    store::tables,
};

/// Whether somebody else has a username, or one that looks like it. `user` is who asks for it,
/// where they exist already.
pub(super) async fn is_taken(core: &Core, name: &Username, user: Option<UserId>) -> Result<bool> {
    let same: Option<User> = core.find(&tables::BY_USERNAME, text(name.canonical())).await?;
    let alike: Option<User> = core.find(&tables::BY_LOOK_ALIKE, text(&name.look_alike())).await?;
    Ok([same, alike].into_iter().flatten().any(|holder| Some(holder.id) != user))
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
