use crate::{
    id::{AccountId, EmailChangeId, IntentId, UserId},
    model::{Errand, Intent, Template},
    secret::Digest,
    store::{
        Corrupt, Record, Row, Table, Value,
        record::{Reader, Versioned, address, bytes, count, maybe, text, time},
        tables,
    },
};

const FIND_RESET: &str = "find_reset";
const LETTER: &str = "letter";
const TELL_SECURED: &str = "tell_secured";

impl Record for Intent {
    const TABLE: &'static Table = &tables::OUTBOX;

    fn to_row(&self) -> Row {
        let (name, email, template, user, account, inviter, detail, stamp, change, minted) =
            match &self.errand {
                Errand::FindReset { email } => {
                    (FIND_RESET, email, None, None, None, "", "", 0, None, None)
                }
                // The username a slice begins behind lies where letters have their address.
                Errand::TellSecured { account, after, inviter } => {
                    let account = Some(account.as_bytes());
                    (TELL_SECURED, after, None, None, account, inviter.as_str(), "", 0, None, None)
                }
                Errand::Letter {
                    template,
                    user,
                    account,
                    email,
                    inviter,
                    detail,
                    stamp,
                    change,
                    minted,
                } => {
                    let (user, account) = (Some(user.as_bytes()), Some(account.as_bytes()));
                    let (template, inviter) = (Some(template.as_str()), inviter.as_str());
                    let detail = detail.as_str();
                    (
                        LETTER, email, template, user, account, inviter, detail, *stamp, *change,
                        *minted,
                    )
                }
            };
        Row::new(vec![
            bytes(self.id.as_bytes()),
            text(name),
            maybe(self.once, bytes),
            time(self.created_at),
            time(self.due_at),
            time(self.dead_at),
            count(self.attempts),
            text(email),
            maybe(template, text),
            maybe(user, bytes),
            maybe(account, bytes),
            text(inviter),
            text(detail),
            Value::Int(stamp),
            maybe(change, |change| bytes(change.as_bytes())),
            maybe(minted, |digest| bytes(digest.as_bytes())),
            address(&self.client),
            text(self.client.agent()),
            Value::Int(self.version),
        ])
    }

    fn from_row(row: &Row) -> Result<Self, Corrupt> {
        let mut r = Reader::new(Self::TABLE, row);
        let id = IntentId::from_bytes(r.bytes()?);
        let name = r.text()?;
        let unknown = r.corrupt();
        let once = r.maybe(Reader::bytes)?;
        let (created_at, due_at, dead_at) = (r.time()?, r.time()?, r.time()?);
        let attempts = r.count()?;
        let email = r.text()?;
        let template = r.maybe(|r| r.name(Template::from_name))?;
        let user = r.maybe(Reader::bytes)?.map(UserId::from_bytes);
        let account = r.maybe(Reader::bytes)?.map(AccountId::from_bytes);
        let (inviter, detail) = (r.text()?, r.text()?);
        let stamp = r.int()?;
        let change = r.maybe(Reader::bytes)?.map(EmailChangeId::from_bytes);
        let minted = r.maybe(Reader::bytes)?.map(Digest::from_bytes);
        let errand = match (name.as_str(), template, user, account) {
            (FIND_RESET, ..) => Errand::FindReset { email },
            (TELL_SECURED, _, _, Some(account)) => {
                Errand::TellSecured { account, after: email, inviter }
            }
            (LETTER, Some(template), Some(user), Some(account)) => Errand::Letter {
                template,
                user,
                account,
                email,
                inviter,
                detail,
                stamp,
                change,
                minted,
            },
            _ => return Err(unknown),
        };
        let client = r.client()?;
        let version = r.int()?;
        Ok(Self { id, errand, once, created_at, due_at, dead_at, attempts, client, version })
    }
}

impl Versioned for Intent {
    fn version_mut(&mut self) -> &mut i64 {
        &mut self.version
    }
}
