//! What a host's own pages show of people: their present names.

use std::collections::{BTreeSet, HashMap};

use super::{Auth, Identity};
use crate::{
    error::Result,
    id::UserId,
    model::{PersonName, User},
};

/// How many ids one call looks up: a page of a host's rows, and no way to read a company out.
const MOST: usize = 200;

impl Auth {
    /// The present names of these users, for a host's own rows that carry user ids: a name is
    /// looked up when it is shown, so a rename is seen everywhere and attribution never breaks.
    /// Ids of other companies, and of nobody, are left out, and so are those beyond the first 200.
    /// Each one asked for is one read.
    ///
    /// # Errors
    /// [`Error::Unavailable`](crate::error::Error::Unavailable) when the store does not answer.
    pub async fn colleagues(
        &self,
        me: &Identity,
        ids: impl IntoIterator<Item = UserId> + Send,
    ) -> Result<HashMap<UserId, PersonName>> {
        let wanted: BTreeSet<UserId> = ids.into_iter().collect();
        let mut names = HashMap::new();
        for id in wanted.into_iter().take(MOST) {
            let user: Option<User> = self.core.get(id.as_bytes()).await?;
            if let Some(user) = user.filter(|user| user.account == me.account().id) {
                names.insert(id, user.name);
            }
        }
        Ok(names)
    }
}
