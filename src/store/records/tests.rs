//! Every type lies in its row as it is read, through both of the crate's stores.

use std::fmt::Debug;

use proptest::{collection::vec, option, prelude::*, sample::select};
use time::OffsetDateTime;

use crate::{
    clock::from_micros,
    id::{AccountId, BatchId, EmailChangeId, EventId, IntentId, SessionId, UserId},
    model::{
        Account, Actor, Client, Credential, EmailAddress, EmailChange, Errand, Event, EventKind,
        Intent, Invitation, Language, Link, PersonName, Plan, ReleasedName, Role, Session, Stamps,
        Status, Template, Transport, User, UserWord, Username, Wish,
    },
    secret::{Digest, Purpose},
    store::{Batch, BudgetState, Change, Record, Row, Store, Table, memory::MemoryStore, tables},
};

/// Any moment a store can hold: the whole calendar, in microseconds.
fn moment() -> impl Strategy<Value = OffsetDateTime> {
    (-377_705_116_800_000_000..=253_402_300_799_999_999_i64)
        .prop_map(|micros| from_micros(micros).unwrap())
}

/// Any text a store can hold: also empty, never with NUL.
fn text() -> impl Strategy<Value = String> {
    let any = prop_oneof![".{0,40}", vec(any::<char>(), 0..40).prop_map(String::from_iter)];
    any.prop_map(|text| text.replace('\0', ""))
}

fn id<T: Debug>(from: fn([u8; 16]) -> T) -> impl Strategy<Value = T> {
    any::<[u8; 16]>().prop_map(from)
}

fn digest() -> impl Strategy<Value = Digest> {
    any::<[u8; 32]>().prop_map(Digest::from_bytes)
}

fn client() -> impl Strategy<Value = Client> {
    (any::<Option<std::net::IpAddr>>(), text())
        .prop_map(|(address, agent)| Client::from_stored(address, agent))
}

fn transport() -> impl Strategy<Value = Transport> {
    select(vec![Transport::Cookie, Transport::Bearer])
}

prop_compose! {
    fn account()(
        id in id(AccountId::from_bytes),
        (name, plan) in (text(), text()),
        (plan_until, secured_at) in (option::of(moment()), option::of(moment())),
        created_at in moment(),
        (seats, seats_taken, administrators) in any::<(Option<u32>, u32, u32)>(),
        (stamp, version) in any::<(i64, i64)>(),
    ) -> Account {
        let plan = Plan::from_text(&plan);
        Account {
            id, name, plan, plan_until, seats, seats_taken, administrators, stamp, secured_at,
            created_at, version,
        }
    }
}

prop_compose! {
    fn user()(
        id in id(UserId::from_bytes),
        account in id(AccountId::from_bytes),
        (written, canonical, name, role) in (text(), text(), text(), text()),
        language in option::of("[a-z]{2,3}(-[a-z]{4})?(-[a-z]{2})?"),
        email in "[A-Za-z0-9.+-]{1,20}@[A-Za-z]{1,9}\\.[A-Za-z]{2,5}",
        (email_proven, administrator) in any::<(bool, bool)>(),
        status in select(Status::ALL),
        (sessions, links, changes, version) in any::<(i64, i64, i64, i64)>(),
        created_at in moment(),
    ) -> Option<User> {
        Some(User {
            id,
            account,
            username: Username::from_stored(written, canonical),
            email: EmailAddress::parse(&email).ok()?,
            email_proven,
            name: PersonName::from_stored(name),
            language: language.map(|tag| Language::parse(&tag)).transpose().ok()?,
            role: Role::from_text(&role),
            administrator,
            status,
            stamps: Stamps { sessions, links, changes },
            created_at,
            version,
        })
    }
}

prop_compose! {
    fn word()(
        account in id(AccountId::from_bytes),
        word in text(),
        user in id(UserId::from_bytes),
    ) -> UserWord {
        UserWord { account, word, user }
    }
}

prop_compose! {
    fn credential()(
        user in id(UserId::from_bytes),
        hash in text(),
        changed_at in moment(),
        temporary_until in option::of(moment()),
        secured_at in option::of(moment()),
        version in any::<i64>(),
    ) -> Credential {
        Credential { user, hash, changed_at, temporary_until, secured_at, version }
    }
}

prop_compose! {
    fn session()(
        id in id(SessionId::from_bytes),
        digest in digest(),
        user in id(UserId::from_bytes),
        account in id(AccountId::from_bytes),
        transport in transport(),
        (user_stamp, account_stamp, remembered) in any::<(i64, i64, bool)>(),
        (created_at, expires_at) in (moment(), moment()),
        (confirmed_at, last_seen_at) in (moment(), moment()),
        client in client(),
    ) -> Session {
        Session {
            id, digest, user, account, transport, user_stamp, account_stamp, created_at,
            expires_at, confirmed_at, last_seen_at, remembered, client,
        }
    }
}

prop_compose! {
    fn link()(
        digest in digest(),
        purpose in select(Purpose::ALL),
        user in id(UserId::from_bytes),
        account in id(AccountId::from_bytes),
        email in text(),
        change in option::of(id(EmailChangeId::from_bytes)),
        wish in option::of((transport(), any::<bool>())),
        (user_stamp, account_stamp) in any::<(i64, i64)>(),
        (created_at, expires_at) in (moment(), moment()),
    ) -> Link {
        let wish = wish.map(|(transport, remember)| Wish { transport, remember });
        Link {
            digest, purpose, user, account, email, change, wish, user_stamp, account_stamp,
            created_at, expires_at,
        }
    }
}

prop_compose! {
    fn invitation()(
        user in id(UserId::from_bytes),
        account in id(AccountId::from_bytes),
        inviter in text(),
        (created_at, expires_at) in (moment(), moment()),
        version in any::<i64>(),
    ) -> Invitation {
        Invitation { user, account, inviter, created_at, expires_at, version }
    }
}

prop_compose! {
    fn email_change()(
        id in id(EmailChangeId::from_bytes),
        user in id(UserId::from_bytes),
        account in id(AccountId::from_bytes),
        email in "[A-Za-z0-9.+-]{1,20}@[A-Za-z]{1,9}\\.[A-Za-z]{2,5}",
        username in option::of("[a-zA-Zäß]{1,20}"),
        hash in text(),
        temporary_until in option::of(moment()),
        (at, expires_at) in (moment(), moment()),
    ) -> Option<EmailChange> {
        let old_username = username.map(|name| Username::parse(&name)).transpose().ok()?;
        let old_email = EmailAddress::parse(&email).ok()?;
        Some(EmailChange {
            id, user, account, old_email, old_username, hash, temporary_until, at, expires_at,
        })
    }
}

prop_compose! {
    fn released_name()(
        digest in digest(),
        user in id(UserId::from_bytes),
        expires_at in moment(),
        version in any::<i64>(),
    ) -> ReleasedName {
        ReleasedName { digest, user, expires_at, version }
    }
}

fn actor() -> impl Strategy<Value = Actor> {
    let user = (id(UserId::from_bytes), text()).prop_map(|(id, name)| Actor::User(id, name));
    prop_oneof![user, Just(Actor::Operator), Just(Actor::Stranger), Just(Actor::System)]
}

prop_compose! {
    fn event()(
        id in id(EventId::from_bytes),
        at in moment(),
        kind in prop_oneof![select(EventKind::ALL), Just(EventKind::Other)],
        account in option::of(id(AccountId::from_bytes)),
        actor in actor(),
        subject in option::of((id(UserId::from_bytes), text())),
        client in client(),
        reason in text(),
        typed in any::<Option<[u8; 4]>>(),
        expires_at in option::of(moment()),
    ) -> Event {
        Event { id, at, kind, account, actor, subject, client, reason, typed, expires_at }
    }
}

fn errand() -> impl Strategy<Value = Errand> {
    let find = text().prop_map(|email| Errand::FindReset { email });
    let letter = (
        select(Template::ALL),
        id(UserId::from_bytes),
        id(AccountId::from_bytes),
        text(),
        text(),
        text(),
        any::<i64>(),
        option::of(id(EmailChangeId::from_bytes)),
        option::of(digest()),
    );
    let letter = letter.prop_map(
        |(template, user, account, email, inviter, detail, stamp, change, minted)| Errand::Letter {
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
    );
    let tell = (id(AccountId::from_bytes), text(), text())
        .prop_map(|(account, after, inviter)| Errand::TellSecured { account, after, inviter });
    prop_oneof![find, tell, letter]
}

prop_compose! {
    fn intent()(
        id in id(IntentId::from_bytes),
        errand in errand(),
        once in any::<Option<[u8; 32]>>(),
        (created_at, due_at, dead_at) in (moment(), moment(), moment()),
        (attempts, version) in any::<(u32, i64)>(),
        client in client(),
    ) -> Intent {
        Intent { id, errand, once, created_at, due_at, dead_at, attempts, client, version }
    }
}

prop_compose! {
    fn budget()(count in any::<u32>(), at in moment(), expires_at in moment()) -> BudgetState {
        BudgetState { count, at, expires_at }
    }
}

/// A row, and the proof that it reads as what it was made of.
struct Kept {
    table: &'static Table,
    row: Row,
    reads: Box<dyn Fn(&Row)>,
}

fn kept<T: Record + PartialEq + Debug + 'static>(record: T) -> Kept {
    let row = record.to_row();
    assert_eq!(row.flaw(T::TABLE), None);
    let reads = move |row: &Row| assert_eq!(T::from_row(row).as_ref(), Ok(&record));
    Kept { table: T::TABLE, row, reads: Box::new(reads) }
}

fn kept_budget(state: BudgetState, key: [u8; 32]) -> Kept {
    let row = state.to_row(&key);
    assert_eq!(row.flaw(&tables::BUDGETS), None);
    let reads = move |row: &Row| assert_eq!(BudgetState::from_row(row), Ok(state));
    Kept { table: &tables::BUDGETS, row, reads: Box::new(reads) }
}

async fn round_trip(store: &dyn Store, all: &[Kept]) {
    let changes =
        all.iter().map(|kept| Change::Insert { table: kept.table, row: kept.row.clone() });
    let id = BatchId::from_bytes([1; 16]);
    let batch = Batch::new(id, OffsetDateTime::UNIX_EPOCH, changes.collect());
    store.commit(&batch).await.unwrap();
    for kept in all {
        let back = store.get(kept.table, kept.row.key()).await.unwrap().unwrap();
        assert!(back == kept.row, "a row of {} came back otherwise", kept.table.name);
        (kept.reads)(&back);
    }
}

async fn on_every_store(all: &[Kept]) {
    round_trip(&MemoryStore::new(), all).await;
    #[cfg(feature = "sqlite")]
    round_trip(&crate::store::sqlite::SqliteStore::open_in_memory().await.unwrap(), all).await;
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn every_record_comes_back_as_it_was_written(
        account in account(),
        user in user(),
        word in word(),
        credential in credential(),
        session in session(),
        link in link(),
        invitation in invitation(),
        event in event(),
        intent in intent(),
        (budget, key) in (budget(), any::<[u8; 32]>()),
        (email_change, released_name) in (email_change(), released_name()),
    ) {
        let mut all = vec![
            kept(account),
            kept(word),
            kept(credential),
            kept(session),
            kept(link),
            kept(invitation),
            kept(event),
            kept(intent),
            kept_budget(budget, key),
            kept(released_name),
        ];
        all.extend(user.map(kept));
        all.extend(email_change.map(kept));
        for kept in &all {
            (kept.reads)(&kept.row);
        }
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(on_every_store(&all));
    }

    /// Whatever a row holds, reading it gives an answer and not a panic.
    #[test]
    fn a_corrupt_row_is_told(
        table in select(Table::ALL),
        values in vec(value(), 0..20),
    ) {
        let row = Row::new(values);
        let _ = (Account::from_row(&row), User::from_row(&row), Credential::from_row(&row));
        let _ = (Session::from_row(&row), Link::from_row(&row), Invitation::from_row(&row));
        let _ = (Event::from_row(&row), Intent::from_row(&row), BudgetState::from_row(&row));
        let _ = UserWord::from_row(&row);
        let _ = (EmailChange::from_row(&row), ReleasedName::from_row(&row));
        let _ = row.flaw(table);
    }
}

fn value() -> impl Strategy<Value = crate::store::Value> {
    use crate::store::Value;
    let names = [
        "cookie",
        "reset",
        "letter",
        "find_reset",
        "tell_secured",
        "user",
        "active",
        "a@b.example",
        "::1",
    ];
    prop_oneof![
        Just(Value::Null),
        any::<i64>().prop_map(Value::Int),
        (0..3_i64).prop_map(Value::Int),
        text().prop_map(Value::Text),
        select(names.to_vec()).prop_map(|name| Value::Text(name.to_owned())),
        any::<[u8; 16]>().prop_map(|bytes| Value::Bytes(bytes.to_vec())),
        any::<[u8; 32]>().prop_map(|bytes| Value::Bytes(bytes.to_vec())),
    ]
}
