//! The first start: a company, and somebody to administer it.

use std::io::{self, Write as _};

use portcullis::{
    auth::{NewAccount, NewUser, Operator},
    error::Error,
    id::UserId,
    model::{Plan, Username},
};
use sqlx::{AssertSqlSafe, Row as _};

use crate::database::{Pool, on_each};

const REASON: &str = "first start of the example";

/// Opens the account of the example where there is none, and prints the activation link of its
/// administrator for as long as nobody has used one: the only token this program ever prints.
pub(crate) async fn set_up(
    operator: &Operator,
    pool: &Pool,
) -> Result<(), Box<dyn std::error::Error>> {
    let administrator = match known(pool).await? {
        Some(administrator) => administrator,
        None => {
            let administrator = open(operator).await?;
            remember(pool, administrator).await?;
            administrator
        }
    };
    if let Some(link) = link(operator, administrator).await? {
        let mut out = io::stdout().lock();
        writeln!(out, "set-up: {link}")?;
        out.flush()?;
    }
    Ok(())
}

/// The administrator of an earlier start, by id: the username may have changed since.
async fn known(pool: &Pool) -> Result<Option<UserId>, sqlx::Error> {
    // The second column: its first name, `user`, is a word of PostgreSQL's own.
    let id: Option<Vec<u8>> = on_each!(pool, pool => {
        let row = sqlx::query("SELECT * FROM crm_first_administrator").fetch_optional(pool).await?;
        row.map(|row| row.try_get(1)).transpose()?
    });
    let Some(id) = id else { return Ok(None) };
    let id = id.try_into().map_err(|_| sqlx::Error::Decode("crm_first_administrator".into()))?;
    Ok(Some(UserId::from_bytes(id)))
}

async fn remember(pool: &Pool, administrator: UserId) -> Result<(), sqlx::Error> {
    let sql = pool.says("INSERT INTO crm_first_administrator VALUES (1, ?)");
    let id = administrator.as_bytes().as_slice();
    on_each!(pool, pool => {
        sqlx::query(AssertSqlSafe(sql)).bind(id).execute(pool).await?;
    });
    Ok(())
}

async fn open(operator: &Operator) -> Result<UserId, Box<dyn std::error::Error>> {
    // A start that ended between opening and remembering has left the user behind.
    if let Some(user) = operator.find_user(&Username::parse("admin")?).await? {
        return Ok(user.id);
    }
    // Agreed for this account alone: it keeps them, whatever plan it comes to be on.
    let account = NewAccount::new("Acme", Plan::TRIAL)?.seats(50);
    let new = NewUser::parse("admin", "admin@acme.example", "Administrator", "administrator")?;
    Ok(operator.because(REASON).open_account(&account, &new).await?.administrator.id)
}

/// A fresh activation link, or none where one was used.
async fn link(operator: &Operator, administrator: UserId) -> Result<Option<String>, Error> {
    let acting = operator.because(REASON);
    match acting.danger_activation_link(administrator).await {
        Ok(link) => return Ok(Some(link)),
        Err(Error::NotFound) => {}
        Err(error) => return Err(error),
    }
    // Used, or never used in two weeks: then the invitation begins anew.
    match acting.resend_activation(administrator).await {
        Ok(()) => acting.danger_activation_link(administrator).await.map(Some),
        Err(Error::NotFound) => Ok(None),
        Err(error) => Err(error),
    }
}
