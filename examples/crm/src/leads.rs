//! The CRM's own rows, in tables of its own, in the database portcullis keeps its tables in.
//!
//! A lead carries the id of whoever added it. Ids never change and never return, so leads keep
//! their author through every rename; the name is looked up when it is shown.

mod csv;
mod schema;

pub(crate) use self::csv::write as write_csv;

use portcullis::{
    auth::Identity,
    clock::{from_micros, to_micros},
    id::{AccountId, UserId},
    model::PersonName,
    policy::Permission,
};
use sqlx::{AssertSqlSafe, Row as _};
use time::OffsetDateTime;

use crate::database::{Place, Pool, on_each};

/// The stages a lead goes through.
pub(crate) const STAGES: [&str; 6] = ["New", "Contacted", "Qualified", "Proposal", "Won", "Lost"];

/// A company somebody may sell to.
pub(crate) struct Lead {
    pub(crate) id: i64,
    pub(crate) company: String,
    pub(crate) contact: String,
    pub(crate) stage: String,
    pub(crate) added_by: UserId,
    pub(crate) added_at: OffsetDateTime,
}

/// A lead to be added.
pub(crate) struct NewLead {
    company: PersonName,
    contact: PersonName,
    stage: &'static str,
}

/// Which leads somebody sees.
#[derive(Clone, Copy)]
pub(crate) struct Sight {
    account: AccountId,
    /// Only those of this user.
    only: Option<UserId>,
}

/// Keeps leads. A clone shares the connections.
#[derive(Clone)]
pub(crate) struct Leads {
    pool: Pool,
}

impl NewLead {
    /// Reads a form's fields; the error is a sentence for whoever filled it in.
    pub(crate) fn parse(company: &str, contact: &str, stage: &str) -> Result<Self, String> {
        let name = |field: &str, text: &str| {
            PersonName::parse(text).map_err(|_| {
                format!("{field} must have 1 to {} ordinary characters.", PersonName::MAX_CHARS)
            })
        };
        let stage = STAGES.into_iter().find(|known| *known == stage);
        Ok(Self {
            company: name("Company", company)?,
            contact: name("Contact", contact)?,
            stage: stage.ok_or("Choose one of the stages.")?,
        })
    }
}

impl Sight {
    /// What this person sees: everybody's leads of their company, or their own.
    pub(crate) fn of(me: &Identity) -> Self {
        let all = me.allows(Permission::LEADS_VIEW_ALL);
        Self { account: me.account().id, only: (!all).then_some(me.user().id) }
    }
}

impl Leads {
    /// Opens the database and brings the tables to this version.
    pub(crate) async fn open(place: &Place) -> Result<Self, sqlx::Error> {
        let pool = Pool::open(place).await?;
        schema::bring_up(&pool).await?;
        Ok(Self { pool })
    }

    /// Adds a lead for this person.
    pub(crate) async fn add(
        &self,
        me: &Identity,
        lead: &NewLead,
        now: OffsetDateTime,
    ) -> Result<(), sqlx::Error> {
        const SQL: &str = "INSERT INTO crm_leads \
             (account, company, contact, stage, added_by, added_at) VALUES (?, ?, ?, ?, ?, ?)";
        on_each!(&self.pool, pool => {
            sqlx::query(AssertSqlSafe(self.pool.says(SQL)))
                .bind(me.account().id.as_bytes().as_slice())
                .bind(lead.company.as_str())
                .bind(lead.contact.as_str())
                .bind(lead.stage)
                .bind(me.user().id.as_bytes().as_slice())
                .bind(to_micros(now))
                .execute(pool)
                .await?;
        });
        Ok(())
    }

    /// A page of leads, newest first: those added before lead `before`.
    pub(crate) async fn page(
        &self,
        sight: Sight,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<Lead>, sqlx::Error> {
        const ALL: &str = "SELECT id, company, contact, stage, added_by, added_at \
             FROM crm_leads WHERE account = ? AND id < ? ORDER BY id DESC LIMIT ?";
        const OWN: &str = "SELECT id, company, contact, stage, added_by, added_at \
             FROM crm_leads WHERE account = ? AND added_by = ? AND id < ? ORDER BY id DESC LIMIT ?";
        let sql = self.pool.says(if sight.only.is_some() { OWN } else { ALL });
        on_each!(&self.pool, pool => {
            let mut query =
                sqlx::query(AssertSqlSafe(sql)).bind(sight.account.as_bytes().to_vec());
            if let Some(user) = sight.only {
                query = query.bind(user.as_bytes().to_vec());
            }
            let query = query.bind(before.unwrap_or(i64::MAX)).bind(i64::from(limit));
            let rows = query.fetch_all(pool).await?;
            let read = rows.iter().map(|row| {
                Ok(Lead {
                    id: row.try_get(0)?,
                    company: row.try_get(1)?,
                    contact: row.try_get(2)?,
                    stage: row.try_get(3)?,
                    added_by: user(row.try_get(4)?)?,
                    added_at: moment(row.try_get(5)?)?,
                })
            });
            read.collect()
        })
    }

    /// Whether the database answers.
    pub(crate) async fn answer(&self) -> bool {
        on_each!(&self.pool, pool => sqlx::query("SELECT 1").execute(pool).await.is_ok())
    }

    /// The connections, for what else the CRM keeps.
    pub(crate) fn pool(&self) -> &Pool {
        &self.pool
    }

    /// Finishes what is under way and closes the connections.
    pub(crate) async fn close(&self) {
        self.pool.close().await;
    }
}

/// What cannot stand in a column.
fn odd(column: &str) -> sqlx::Error {
    sqlx::Error::Decode(format!("crm_leads.{column}").into())
}

fn user(id: Vec<u8>) -> Result<UserId, sqlx::Error> {
    id.try_into().map(UserId::from_bytes).map_err(|_| odd("added_by"))
}

fn moment(micros: i64) -> Result<OffsetDateTime, sqlx::Error> {
    from_micros(micros).ok_or_else(|| odd("added_at"))
}
