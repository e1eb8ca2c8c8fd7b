//! Four processes on one database race log-ins, resets, changes of passwords and of usernames, ends
//! of sessions, and bosses who invite, rename, promote, demote and lock out, and each purges what
//! has expired meanwhile, while one of them after the other is killed with -9. Afterwards the whole
//! database is held against what must always be so, and against what each process was answered:
//! what was acknowledged is there, what was refused is not, and could be refused with that; what
//! was never answered is wholly one or the other; and the store, which never went away, did not
//! say that it had.
//!
//! Each act comes from an address of its own, which its entry in the audit trail carries. So an
//! entry is that of one act, and of the acts nobody was answered it says which were done.
//!
//! It was seen to fail where a store ignores conditions or applies half a batch, where seats or the
//! last administrator are not looked at, where a reset leaves sessions alive, and where a change
//! leaves the audit trail or the words people are found by behind; where a process ends by itself,
//! and where a store now and then says that it cannot do what it is asked.
//!
//! A task joins with an act in `many_processes/acts.rs`, with what it may be refused with in
//! `many_processes/refusals.rs`, and what must be so of it in `many_processes/check.rs`.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test that cannot begin has failed")]

#[path = "many_processes/acts.rs"]
mod acts;
#[path = "many_processes/check.rs"]
mod check;
#[path = "many_processes/company.rs"]
mod company;
#[path = "many_processes/history.rs"]
mod history;
#[path = "support/mysql.rs"]
mod mysql;
#[path = "many_processes/place.rs"]
mod place;
#[path = "support/postgres.rs"]
mod postgres;
#[path = "many_processes/refusals.rs"]
mod refusals;
#[path = "many_processes/rows.rs"]
mod rows;
#[path = "many_processes/trail.rs"]
mod trail;
#[path = "support/victim.rs"]
mod victim;

use std::{
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use place::Place;
use victim::Victim;

/// How many processes there are at once.
const PROCESSES: usize = 4;

/// How long they race, unless `PORTCULLIS_RACE_SECONDS` says otherwise.
const SECONDS: u64 = 12;

/// How long a slow machine may take until each act was done and each kind of answer given.
const LONGEST: Duration = Duration::from_secs(600);

/// What tells a process that it is one: the folder they share, and where the database is.
const FOLDER: &str = "PORTCULLIS_MANY_FOLDER";
const DATABASE: &str = "PORTCULLIS_MANY_DATABASE";

/// They would race each other for the machine.
static ONE_AFTER_THE_OTHER: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

#[tokio::test(flavor = "multi_thread")]
async fn on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    many(Place::Sqlite(folder.path().join("auth.db"))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_postgresql() {
    many(Place::Postgres(postgres::Schema::new().name().to_owned())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_mariadb() {
    many(Place::MySql(mysql::Database::new().await.name().to_owned())).await;
}

/// One of the processes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "started by the tests above"]
async fn process() {
    let (Ok(folder), Ok(database)) = (std::env::var(FOLDER), std::env::var(DATABASE)) else {
        return;
    };
    acts::race(Path::new(&folder), &Place::read(&database)).await;
}

fn start(folder: &Path, place: &Place) -> Victim {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", "process", "--ignored", "--quiet", "--nocapture"])
        .env(FOLDER, folder)
        .env(DATABASE, place.written())
        .stdout(Stdio::null());
    Victim::start(&mut command)
}

async fn many(place: Place) {
    let _alone = ONE_AFTER_THE_OTHER.lock().await;
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    acts::invite(folder, &place).await;
    let seconds = std::env::var("PORTCULLIS_RACE_SECONDS");
    let seconds = seconds.map_or(SECONDS, |seconds| seconds.parse().unwrap());
    let begun = Instant::now();
    let mut processes: Vec<_> = (0..PROCESSES).map(|_| start(folder, &place)).collect();
    let mut kills = 0;
    while begun.elapsed() < Duration::from_secs(seconds)
        || (begun.elapsed() < LONGEST && check::missing(folder).is_some())
    {
        // Early moments catch a process that begins, late ones one in the middle of much.
        tokio::time::sleep(Duration::from_millis(500 + kills * 137 % 1_100)).await;
        processes.iter_mut().for_each(Victim::must_live);
        let victim = &mut processes[usize::try_from(kills).unwrap() % PROCESSES];
        victim.kill();
        history::killed(folder, victim.id());
        *victim = start(folder, &place);
        kills += 1;
    }
    std::fs::write(folder.join(acts::STOP), "").unwrap();
    for mut process in processes {
        tokio::task::spawn_blocking(move || process.end()).await.unwrap();
    }
    let told = check::everything(folder, &place).await;
    println!("{kills} kills; {told}");
}
