//! What only a changed limit, or a row somebody broke, can show.

use std::{
    future::pending,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use crate::{
    auth::{Auth, NewAccount, NewUser},
    clock::{Clock, from_micros},
    entropy::SystemEntropy,
    hash::{Hashing, Params},
    id::{BatchId, UserId},
    mail::{Letter, MailError, Mailer},
    model::Plan,
    site::Site,
    store::{Batch, Change, Store as _, Table, Value, memory::MemoryStore, tables},
};

/// A mailer that never answers, or takes everything.
#[derive(Clone, Default)]
struct Post {
    hangs: bool,
    taken: Arc<Mutex<Vec<String>>>,
    tries: Arc<AtomicU32>,
}

#[async_trait::async_trait]
impl Mailer for Post {
    async fn send(&self, letter: &Letter) -> Result<(), MailError> {
        self.tries.fetch_add(1, Ordering::SeqCst);
        if self.hangs {
            pending::<()>().await;
        }
        self.taken.lock().unwrap().push(letter.to.as_str().to_owned());
        Ok(())
    }
}

/// Seconds after the beginning of 2026.
#[derive(Clone, Default)]
struct Seconds(Arc<AtomicU32>);

impl Clock for Seconds {
    fn now(&self) -> time::OffsetDateTime {
        let since = i64::from(self.0.load(Ordering::SeqCst)) + 1_767_225_600;
        from_micros(since * 1_000_000).unwrap()
    }
}

struct Stand {
    auth: Auth,
    store: MemoryStore,
    clock: Seconds,
    invited: Vec<UserId>,
}

/// Accounts whose administrators' letters are due.
async fn stand(post: &Post, names: &[&str]) -> Stand {
    let (store, clock) = (MemoryStore::new(), Seconds::default());
    let params = Params::danger_for_tests();
    let hashing = Hashing { params, ..Hashing::default() };
    let (auth, operator) = Auth::builder(store.clone())
        .site(Site::new("Site", "https://crm.example").unwrap())
        .mailer(post.clone())
        .hashing(hashing)
        .clock(clock.clone())
        .build()
        .unwrap();
    let mut invited = Vec::new();
    for name in names {
        let account = NewAccount::new("Acme", Plan::TRIAL).unwrap();
        let new = NewUser::parse(name, &format!("{name}@acme.example"), "A", "administrator");
        let opened = operator.because("test").open_account(&account, &new.unwrap()).await.unwrap();
        invited.push(opened.administrator.id);
    }
    Stand { auth, store, clock, invited }
}

#[tokio::test(flavor = "multi_thread")]
async fn work_does_not_wait_for_ever_for_a_mailer_that_hangs() {
    let post = Post { hangs: true, ..Post::default() };
    let Stand { mut auth, clock, .. } = stand(&post, &["ada", "bea"]).await;
    Arc::get_mut(&mut auth.core).unwrap().patience = Duration::from_millis(50);
    let begun = Instant::now();
    assert_eq!(auth.work(10).await.unwrap(), 2);
    assert!(begun.elapsed() < Duration::from_secs(30));
    assert_eq!(post.tries.load(Ordering::SeqCst), 2, "the second had its turn");
    assert_eq!(auth.work(10).await.unwrap(), 0, "both were put off");
    clock.0.fetch_add(5, Ordering::SeqCst);
    assert_eq!(auth.work(10).await.unwrap(), 2, "for five seconds");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_errand_that_fails_does_not_hold_the_others_up() {
    let post = Post::default();
    let Stand { auth, store, clock, invited } = stand(&post, &["ada", "bea", "cleo"]).await;
    let table = &tables::USERS;
    let sound = store.get(table, invited[0].as_bytes()).await.unwrap().unwrap();
    let status = table.columns.iter().position(|column| column.name == "status").unwrap();
    let put = async |mut row: crate::store::Row| {
        let version = table.columns.iter().position(|column| column.name == "version").unwrap();
        let standing = store.get(table, row.key()).await.unwrap().unwrap();
        let Value::Int(before) = standing.value(version).clone() else { panic!("a version") };
        row.set(version, Value::Int(before + 1));
        let id = BatchId::draw(clock.now(), &SystemEntropy).unwrap();
        let change = Change::Replace { table, row, version: before };
        store.commit(&Batch::new(id, clock.now(), vec![change])).await.unwrap();
    };
    let mut broken = sound.clone();
    broken.set(status, Value::Text("no such status".into()));
    put(broken).await;

    assert_eq!(auth.work(10).await.unwrap_err().kind(), "unavailable");
    assert_eq!(post.taken.lock().unwrap().len(), 2, "the other two went out");
    put(sound).await;
    assert_eq!(auth.work(10).await.unwrap(), 0);
    clock.0.fetch_add(5, Ordering::SeqCst);
    assert_eq!(auth.work(10).await.unwrap(), 1, "it did not wait for its lease to end");
    assert_eq!(post.taken.lock().unwrap().len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_purge_takes_no_more_than_it_may_and_says_how_many() {
    let Stand { auth, clock, .. } = stand(&Post::default(), &["ada", "bea", "cleo"]).await;
    while auth.work(10).await.unwrap() > 0 {}
    assert_eq!(auth.purge(500).await.unwrap(), 0, "nothing has expired");
    // Beyond every lifetime: the three links, and much else.
    clock.0.fetch_add(400 * 86_400, Ordering::SeqCst);
    assert_eq!(auth.purge(0).await.unwrap(), 0);
    let expiring = Table::ALL.iter().filter(|table| table.expires.is_some()).count();
    let mut rounds = 0;
    loop {
        let deleted = auth.purge(1).await.unwrap();
        assert!(deleted <= expiring, "one of each table");
        if deleted == 0 {
            break;
        }
        rounds += 1;
    }
    assert!(rounds >= 3, "three links are three rounds: {rounds}");
}
