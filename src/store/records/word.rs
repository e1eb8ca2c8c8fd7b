use sha2::{Digest as _, Sha256};

use crate::{
    id::{AccountId, UserId},
    model::UserWord,
    store::{
        Corrupt, Record, Row, Table,
        record::{Reader, bytes, text},
        tables,
    },
};

impl Record for UserWord {
    const TABLE: &'static Table = &tables::USER_WORDS;

    fn to_row(&self) -> Row {
        let user = self.user.as_bytes();
        // The user's id has one length, so no two pairs read the same.
        let key = Sha256::new().chain_update(user).chain_update(&self.word).finalize();
        Row::new(vec![bytes(key), bytes(self.account.as_bytes()), text(&self.word), bytes(user)])
    }

    fn from_row(row: &Row) -> Result<Self, Corrupt> {
        let mut r = Reader::new(Self::TABLE, row);
        let _key = r.blob()?;
        Ok(Self {
            account: AccountId::from_bytes(r.bytes()?),
            word: r.text()?,
            user: UserId::from_bytes(r.bytes()?),
        })
    }
}
