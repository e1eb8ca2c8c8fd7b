//! Finding people.

use std::collections::BTreeSet;

use time::OffsetDateTime;

use super::{SEES, UserAccounts};
use crate::{
    auth::{
        core::{Core, page},
        cursor::Cursors,
        words::{fold, shortened, words_of},
    },
    error::{Error, Result},
    id::UserId,
    model::{Role, Status, User, UserWord},
    store::{Page, Record as _, Row, Value, tables},
};

/// How many rows one call looks at. Where a filter leaves few of them, a page is short and its
/// cursor goes on behind them.
const LOOKED_AT: usize = 1_000;

/// How many words of a query count. The rest narrows nothing further that anybody would notice.
const QUERY_WORDS: usize = 8;

/// Which people a list is to show.
///
/// ```
/// use portcullis::{auth::Wanted, model::Status};
/// let wanted = Wanted::new().query("ada hop").status(Status::Active).limit(20);
/// ```
#[derive(Debug, Clone)]
pub struct Wanted {
    query: String,
    status: Option<Status>,
    role: Option<Role>,
    cursor: Option<String>,
    limit: usize,
}

/// A page of people.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Listed {
    /// The people, in the order of their usernames or, where a query was asked for, of the words
    /// it found.
    pub users: Vec<Profile>,
    /// The cursor that goes on behind them, where there may be more.
    pub next: Option<String>,
}

/// Somebody's profile.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Profile {
    /// The person.
    pub user: User,
    /// When they last logged in.
    pub last_login_at: Option<OffsetDateTime>,
}

impl Default for Wanted {
    fn default() -> Self {
        Self { query: String::new(), status: None, role: None, cursor: None, limit: 50 }
    }
}

impl Wanted {
    /// Everybody who is not gone, 50 a page.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Only people of whom each word of this begins a word of name, username or address.
    #[must_use]
    pub fn query(mut self, query: &str) -> Self {
        query.clone_into(&mut self.query);
        self
    }

    /// Only people of this status. Those who are gone are found by no query.
    #[must_use]
    pub fn status(mut self, status: Status) -> Self {
        self.status = Some(status);
        self
    }

    /// Only people of this role.
    #[must_use]
    pub fn role(mut self, role: Role) -> Self {
        self.role = Some(role);
        self
    }

    /// The page behind the one this cursor came with.
    #[must_use]
    pub fn after(mut self, cursor: &str) -> Self {
        self.cursor = Some(cursor.to_owned());
        self
    }

    /// How many at the most; up to 200.
    #[must_use]
    pub fn limit(mut self, limit: usize) -> Self {
        self.limit = limit.clamp(1, 200);
        self
    }

    fn words(&self) -> BTreeSet<String> {
        fold(&self.query).split_whitespace().take(QUERY_WORDS).map(shortened).collect()
    }

    /// Whether somebody is to be shown.
    fn fits(&self, user: &User, words: &BTreeSet<String>) -> bool {
        let status = match self.status {
            Some(status) => user.status == status,
            None => user.status != Status::Removed,
        };
        let role = self.role.as_ref().is_none_or(|role| user.role == *role);
        status && role && {
            let own = words_of(user);
            words.iter().all(|begun| own.iter().any(|word| word.starts_with(begun)))
        }
    }
}

impl UserAccounts<'_> {
    /// A page of the company's people.
    ///
    /// # Errors
    /// [`Error::Malformed`] where the cursor is not one of this very list;
    /// [`Error::Forbidden`] where the right to see people was lost meanwhile;
    /// [`Error::Unavailable`] when the store does not answer.
    pub async fn list(&self, wanted: &Wanted) -> Result<Listed> {
        let core = self.seeing(SEES).await?;
        let account = self.me.account().id;
        let words = wanted.words();
        // The rarest word is not known; the longest is the best guess at it.
        let begun = words.iter().max_by_key(|word| word.chars().count());
        let role = wanted.role.as_ref().map_or("", Role::as_str);
        let status = wanted.status.map_or("", Status::as_str);
        let joined = words.iter().map(String::as_str).collect::<Vec<_>>().join(" ");
        let filter: &[&[u8]] = &[
            b"users",
            account.as_bytes(),
            joined.as_bytes(),
            status.as_bytes(),
            role.as_bytes(),
            &[u8::from(wanted.role.is_some())],
        ];
        let cursors = Cursors::new(core.key().await?, filter);
        let place = wanted.cursor.as_deref().map(|cursor| cursors.read(cursor)).transpose()?;
        let account = Value::Bytes(account.as_bytes().to_vec());
        let size = u32::try_from(wanted.limit).unwrap_or(200).saturating_add(1);
        let walk = match (begun, wanted.status) {
            (Some(begun), _) => {
                let mut page = page(&tables::USER_WORDS, "of_account", vec![account], size)?;
                page.from = Some(Value::Text(begun.clone()));
                page.until = behind(begun).map(Value::Text);
                page
            }
            (None, Some(status)) => {
                let status = Value::Text(status.as_str().to_owned());
                page(&tables::USERS, "of_account_status", vec![account, status], size)?
            }
            (None, None) => page(&tables::USERS, "of_account", vec![account], size)?,
        };
        let mut walk = Walk { core, page: walk, begun };
        walk.page.after = place.as_deref().map(|place| walk.place(place)).transpose()?;
        let (users, last) = walk.collect(wanted, &words).await?;
        let mut profiles = Vec::with_capacity(users.len());
        for user in users {
            let last_login_at = core.last_login(user.id).await?;
            profiles.push(Profile { user, last_login_at });
        }
        Ok(Listed { users: profiles, next: last.map(|place| cursors.write(&place)) })
    }

    /// One person of the company.
    ///
    /// # Errors
    /// [`Error::NotFound`] for users of other companies; [`Error::Forbidden`] where the right to
    /// see people was lost meanwhile; [`Error::Unavailable`] when the store does not answer.
    pub async fn get(&self, user: UserId) -> Result<Profile> {
        let core = self.seeing(SEES).await?;
        let user = self.colleague(core, user).await?;
        Ok(Profile { last_login_at: core.last_login(user.id).await?, user })
    }
}

/// A walk through the rows a list is made of: users, or the words by which they are found.
struct Walk<'a> {
    core: &'a Core,
    page: Page,
    /// The beginning that is looked for; `None` where the rows are users.
    begun: Option<&'a String>,
}

impl Walk<'_> {
    /// Whoever fits, and the place behind which the list goes on, where it may.
    async fn collect(
        &mut self,
        wanted: &Wanted,
        words: &BTreeSet<String>,
    ) -> Result<(Vec<User>, Option<Vec<u8>>)> {
        let mut found = Vec::new();
        let mut looked_at = 0;
        let mut last = None;
        loop {
            let rows = self.core.store.page(&self.page).await?;
            let is_end = rows.len() < usize::try_from(self.page.limit).unwrap_or(usize::MAX);
            for row in rows {
                if found.len() == wanted.limit || looked_at == LOOKED_AT {
                    return Ok((found, last));
                }
                looked_at += 1;
                let (user, place) = self.read(&row).await?;
                found.extend(user.filter(|user| wanted.fits(user, words)));
                self.page.after = Some(self.place(&place)?);
                last = Some(place);
            }
            if is_end {
                return Ok((found, None));
            }
        }
    }

    /// Whom a row shows, if anybody, and its place.
    async fn read(&self, row: &Row) -> Result<(Option<User>, Vec<u8>)> {
        let Some(begun) = self.begun else {
            let user = User::from_row(row)?;
            let place = user.username.canonical().as_bytes().to_vec();
            return Ok((Some(user), place));
        };
        let found = UserWord::from_row(row)?;
        let place = [row.key(), found.word.as_bytes()].concat();
        let user: Option<User> = self.core.get(found.user.as_bytes()).await?;
        // Several words of one person may begin so: the first of them shows the person.
        let user = user.filter(|user| {
            let first = words_of(user).into_iter().find(|word| word.starts_with(begun));
            user.account == found.account && first.as_ref() == Some(&found.word)
        });
        Ok((user, place))
    }

    /// A place as the store reads it.
    fn place(&self, place: &[u8]) -> Result<Vec<Value>> {
        let text = |bytes: &[u8]| {
            let text = String::from_utf8(bytes.to_vec());
            text.map(Value::Text).map_err(|_| Error::Malformed("The cursor cannot be read."))
        };
        match place.split_at_checked(32) {
            Some((key, word)) if self.begun.is_some() => {
                Ok(vec![text(word)?, Value::Bytes(key.to_vec())])
            }
            _ => Ok(vec![text(place)?]),
        }
    }
}

/// The least text behind all that begin like this; `None` where none is.
fn behind(begun: &str) -> Option<String> {
    let mut chars: Vec<char> = begun.chars().collect();
    while let Some(last) = chars.pop() {
        // The numbers between are no characters.
        let next =
            if last == '\u{d7ff}' { Some('\u{e000}') } else { char::from_u32(last as u32 + 1) };
        if let Some(next) = next {
            chars.push(next);
            return Some(chars.into_iter().collect());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_lies_behind_a_beginning_is_the_least_that_does(
            begun in "\\PC{1,6}",
            rest in "\\PC{0,6}",
            other in "\\PC{0,8}",
        ) {
            let end = behind(&begun);
            let inside = |text: &str| {
                *text >= *begun && end.as_ref().is_none_or(|end| *text < **end)
            };
            let with_rest = format!("{begun}{rest}");
            prop_assert!(inside(&with_rest));
            prop_assert_eq!(inside(&other), other.starts_with(&begun));
        }
    }

    #[test]
    fn the_last_character_has_nothing_behind_it() {
        assert_eq!(behind("a\u{10ffff}"), Some("b".to_owned()));
        assert_eq!(behind("\u{10ffff}"), None);
        assert_eq!(behind("\u{d7ff}"), Some("\u{e000}".to_owned()));
    }
}
