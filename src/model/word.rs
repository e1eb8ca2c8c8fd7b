use crate::id::{AccountId, UserId};

/// A word by whose beginning somebody is found: of their name, their username or their address.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct UserWord {
    /// In whose account.
    pub account: AccountId,
    /// The word, folded as a search folds what was typed.
    pub word: String,
    /// Who is found.
    pub user: UserId,
}
