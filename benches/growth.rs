//! What becomes dearer when a site grows.
//!
//! **What is measured.** Processor time and wall time of what requests do, on a site of ten
//! thousand people and on larger ones: a session check, a log-in without its hash, a log-in of
//! nobody, a forgotten password, the lists of a person's sessions and a company's invitations, the
//! largest company's people, a search among them by the beginning of a word, a page of its audit
//! trail, and a slice of a purge.
//! And whether log-ins wait for a purge: their times beside one, and in peace.
//!
//! Companies have 100 people, but for one that has 100 thousand (half of a site that is smaller
//! than twice that). Each person has a user, a credential, an activity, a session and three audit
//! entries; one in 25 is invited and has an invitation instead. All rows are copies of those of
//! somebody who came in by the front door, put there by the way a database has for many rows.
//! Whom a call is about is spread over all of them.
//!
//! **Against what.** The smallest site. All sites are filled first, and then take turns.
//!
//! **Aims.** Each within 1.5 times of the smallest site's. A log-in beside a purge waits for one
//! slice at the most; that is printed for whoever reads it, and fails nothing.
//!
//! **How it is run.** `cargo bench --bench growth`, or with sizes: `-- 10k 1m 10m`; without any,
//! 10k and 200k. With `--at-most 3` it fails where something is more than three times as dear,
//! which is what CI asks for, since its machines are not quiet enough for 1.5; and where nothing
//! was compared, since that shows nothing. `ROUNDS` (15) can be set; `--only session` leaves out
//! what is not called so. On SQLite a million people take 4 GB in the folder for temporary files,
//! `TMPDIR`. With `--folder` they are there for the next run, for the 14 days that their sessions
//! last; `--only nothing` fills the sites for it and measures nothing.
//!
//! On another database, which is best one of its own, since what is made there stays:
//! `cargo bench --bench growth --features postgres -- --store postgres://…`, or `mysql`. Processor
//! time is that of this process, so look at the wall there.
#![allow(clippy::expect_used, clippy::print_stdout, clippy::indexing_slicing, clippy::panic)]

#[path = "support/bulk.rs"]
mod bulk;
#[path = "support/crowd.rs"]
mod crowd;
#[path = "support/fill.rs"]
mod fill;
#[path = "support/measure.rs"]
mod measure;
#[path = "support/place.rs"]
mod place;
#[path = "support/progress.rs"]
mod progress;
#[path = "support/site.rs"]
mod site;

use std::{
    path::PathBuf,
    process::ExitCode,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use crowd::{Crowd, EXPIRED};
use fill::fill;
use measure::{Spent, each, median, quantile, say_load, setting, sorted, spread};
use place::Place;
use portcullis::{
    auth::{Auth, Credentials, Identity, Wanted},
    clock::{Clock as _, SystemClock},
    error::Error,
    secret::Password,
    store::{Page, Store, tables},
};
use site::{PASSWORD, auth, client, no_hashing};
use tokio::task::{JoinHandle, JoinSet};

/// What is done, and how often in a turn.
const ALL: [(&str, What, u64); 10] = [
    ("session check", What::Check, 400),
    ("log-in without its hash", What::LogIn, 60),
    ("log-in of nobody", What::Nobody, 60),
    ("forgotten password", What::Forgot, 60),
    ("sessions of a person", What::Sessions, 100),
    ("invitations of a company", What::Invitations, 100),
    ("page of the largest company's people", What::People, 10),
    ("search among them by a prefix", What::Search, 10),
    ("page of its audit trail", What::Events, 60),
    ("slice of a purge", What::Purge, 8),
];

#[derive(Clone, Copy)]
enum What {
    Check,
    LogIn,
    Nobody,
    Forgot,
    Sessions,
    Invitations,
    People,
    Search,
    Events,
    Purge,
}

/// How many rows a slice of a purge takes: as many as the library's own.
const SLICE: u32 = 100;
/// Log-ins a second beside a purge.
const STREAM: u32 = 150;
/// What a purge never takes: a slow machine needs a minute or two for what has expired.
const TOO_LONG: Duration = Duration::from_mins(15);

/// What was asked for on the command line.
struct Asked {
    sizes: Vec<u64>,
    store: String,
    folder: Option<PathBuf>,
    only: Option<String>,
    at_most: Option<f64>,
}

impl Asked {
    fn read() -> Self {
        let store = "sqlite".to_owned();
        let sizes = Vec::new();
        let mut asked = Self { sizes, store, folder: None, only: None, at_most: None };
        let mut words = std::env::args().skip(1).filter(|word| word != "--bench");
        while let Some(word) = words.next() {
            match word.as_str() {
                "--store" => asked.store = words.next().expect("sqlite or a URL"),
                "--folder" => asked.folder = Some(words.next().expect("a folder").into()),
                "--only" => asked.only = Some(words.next().expect("a part of a name")),
                "--at-most" => asked.at_most = Some(ratio(&words.next().expect("a number"))),
                size => asked.sizes.push(number(size)),
            }
        }
        if asked.sizes.is_empty() {
            asked.sizes = vec![10_000, 200_000];
        }
        asked
    }
}

/// What can be exceeded.
fn ratio(text: &str) -> f64 {
    let ratio = text.parse().ok().filter(|ratio: &f64| ratio.is_finite());
    ratio.unwrap_or_else(|| panic!("not a number: {text}"))
}

/// `10k`, `1m`, `200000`.
fn number(text: &str) -> u64 {
    let (digits, times) = match text.strip_suffix(['k', 'm']) {
        Some(digits) if text.ends_with('k') => (digits, 1_000),
        Some(digits) => (digits, 1_000_000),
        None => (text, 1),
    };
    let number = digits.parse::<u64>().unwrap_or_else(|_| panic!("not a number: {text}"));
    assert!(number * times >= 1_000, "a site has a thousand people at the least");
    number * times
}

#[derive(Clone)]
struct Site {
    store: Arc<dyn Store>,
    auth: Auth,
    crowd: Crowd,
    next: Arc<AtomicU64>,
}

#[tokio::main(worker_threads = 2)]
async fn main() -> ExitCode {
    tokio::spawn(run()).await.expect("no panic")
}

async fn run() -> ExitCode {
    let asked = Asked::read();
    let rounds = setting("ROUNDS", 15);
    let passing = tempfile::tempdir().expect("a folder");
    let folder = asked.folder.as_deref().unwrap_or(passing.path());
    let mut sites = Vec::new();
    for people in asked.sizes {
        let crowd = Crowd::of(people);
        let store = fill(&Place::of(&asked.store, folder, people), crowd).await;
        let auth = auth(Arc::clone(&store), no_hashing());
        // Others than in the last run: wrong names of that one still have to wait.
        let first = SystemClock.now().unix_timestamp().unsigned_abs();
        sites.push(Site { store, auth, crowd, next: Arc::new(AtomicU64::new(first)) });
    }
    say_load();
    let is_asked = |name: &str| asked.only.as_deref().is_none_or(|only| name.contains(only));
    let all: Vec<_> = ALL.into_iter().filter(|what| is_asked(what.0)).collect();
    let mut spent = vec![vec![Vec::new(); sites.len()]; all.len()];
    // The first round warms caches and opens connections; it does not count.
    for round in 0..=rounds {
        for (what, spent) in all.iter().zip(&mut spent) {
            for place in 0..sites.len() {
                let number = (round + place) % sites.len();
                let took = sites[number].turn(what.1, what.2).await;
                if round > 0 {
                    spent[number].push(took);
                }
            }
        }
    }
    let ratios = report(&sites, &all, &spent);
    if is_asked("log-ins beside a purge") {
        println!("{STREAM} log-ins a second, ms: p50, p99, longest");
        for site in &sites {
            site.beside_a_purge().await;
        }
    }
    asked.at_most.map_or(ExitCode::SUCCESS, |most| judged(&ratios, most))
}

/// Whether everything that was compared is at most so many times as dear.
fn judged(ratios: &[f64], most: f64) -> ExitCode {
    let Some(worst) = ratios.iter().copied().max_by(f64::total_cmp) else {
        println!("FAILED: nothing was compared");
        return ExitCode::FAILURE;
    };
    // What is no number at all is not at most so many.
    if ratios.iter().all(|ratio| *ratio <= most) {
        return ExitCode::SUCCESS;
    }
    println!("FAILED: {worst:.2} times as dear; at most {most}");
    ExitCode::FAILURE
}

impl Site {
    /// Somebody, and the next time somebody far away from them.
    fn anybody(&self) -> u64 {
        self.crowd.active(self.next.fetch_add(1, Ordering::Relaxed) * 7_919)
    }

    async fn turn(&self, what: What, times: u64) -> Spent {
        let people: Vec<u64> = (0..times).map(|_| self.anybody()).collect();
        // Who asks for a list is known before it is measured.
        let asks = |person| match what {
            What::Sessions => Some(person),
            What::Invitations => Some(self.crowd.administrator(person)),
            What::People | What::Search => Some(0), // of the largest company
            _ => None,
        };
        let mut known = Vec::new();
        for person in &people {
            if let Some(asking) = asks(*person) {
                let me = self.auth.identify(&Crowd::token(asking)).await;
                known.push((me.expect("a session"), *person));
            }
        }
        let work = async {
            if known.is_empty() {
                for person in people {
                    self.once(what, person).await;
                }
            }
            for (me, person) in &known {
                self.list(what, me, *person).await;
            }
        };
        each(usize::try_from(times).expect("a few"), work).await
    }

    async fn once(&self, what: What, person: u64) {
        match what {
            What::Check => {
                self.auth.identify(&Crowd::token(person)).await.expect("a session");
            }
            What::LogIn => self.log_in(person).await,
            What::Nobody => {
                let nobody = format!("nobody{person}");
                let refused = self.try_log_in(&nobody, person).await;
                assert!(matches!(refused, Err(Error::Rejected)), "nobody came in");
            }
            What::Forgot => {
                let address = Crowd::address(person);
                let asked = self.auth.forgot_password(&address, &browser(person)).await;
                asked.expect("an answer");
            }
            What::Events => self.events().await,
            What::Purge => {
                let now = SystemClock.now();
                let gone = self.store.purge(&tables::SESSIONS, now, SLICE).await;
                assert_eq!(gone.expect("an answer"), SLICE, "there was nothing left to purge");
            }
            What::Sessions | What::Invitations | What::People | What::Search => {
                unreachable!("these know who asks")
            }
        }
    }

    /// A list that somebody who is logged in asks for.
    async fn list(&self, what: What, me: &Identity, person: u64) {
        if let What::Sessions = what {
            let sessions = self.auth.my_account(me).sessions().await.expect("an answer");
            assert!(!sessions.is_empty(), "this very one");
            return;
        }
        let users = self.auth.user_accounts(me).expect("an administrator");
        if let What::Invitations = what {
            assert_eq!(users.invitations().await.expect("an answer").len(), 4);
            return;
        }
        let (wanted, name) = (Wanted::new().limit(20), Crowd::full_name(person));
        let wanted = if let What::Search = what { wanted.query(&name[..2]) } else { wanted };
        assert_eq!(users.list(&wanted).await.expect("an answer").users.len(), 20);
    }

    /// Fifty events of the largest company, the newest first.
    async fn events(&self) {
        let page = Page::of(&tables::EVENTS, "of_account", vec![self.crowd.big_company()], 50);
        let page = page.expect("an ordering").descending();
        assert_eq!(self.store.page(&page).await.expect("an answer").len(), 50);
    }

    async fn log_in(&self, person: u64) {
        self.try_log_in(&Crowd::name(person), person).await.expect("the right password");
    }

    async fn try_log_in(&self, name: &str, person: u64) -> Result<(), Error> {
        let password = Password::new(PASSWORD).expect("a password");
        let credentials = Credentials::new(name, password);
        self.auth.login(credentials, &browser(person)).await?.signed_in().map(drop)
    }

    /// A steady stream of log-ins for ten seconds, and beside `Auth::background` for as long as
    /// it has something to purge.
    async fn beside_a_purge(&self) {
        while self.auth.work(1_000).await.expect("letters sent") > 0 {} // they are not measured
        let peace = self.clone().stream();
        tokio::time::sleep(Duration::from_secs(10)).await;
        let peace = peace.end().await;
        let begun = Instant::now();
        let beside = self.clone().stream();
        let background = tokio::spawn(self.auth.clone().background());
        while !Crowd::is_purged(&*self.store).await {
            assert!(!background.is_finished(), "the work in the background ended");
            assert!(begun.elapsed() < TOO_LONG, "the purge does not end");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let took = begun.elapsed().as_secs_f64();
        let beside = beside.end().await;
        background.abort();
        let (people, peace, beside) = (self.crowd.people, peace.said(), beside.said());
        println!("  {people:>9} people: {peace} in peace, {beside} beside a purge of {took:.1} s");
    }

    /// Log-ins in their time, however slow the answers are.
    fn stream(self) -> Stream {
        let over = Arc::new(AtomicBool::new(false));
        let until = Arc::clone(&over);
        let going = tokio::spawn(async move {
            let mut due = tokio::time::interval(Duration::from_secs(1) / STREAM);
            let mut going = JoinSet::new();
            while !until.load(Ordering::Relaxed) {
                let asked = due.tick().await;
                let (site, person) = (self.clone(), self.anybody());
                going.spawn(async move {
                    match site.try_log_in(&Crowd::name(person), person).await {
                        Err(Error::Busy) => None,
                        answer => {
                            answer.expect("the right password");
                            Some(asked.elapsed().as_secs_f64() * 1e3)
                        }
                    }
                });
            }
            going.join_all().await
        });
        Stream { over, going }
    }
}

struct Stream {
    over: Arc<AtomicBool>,
    going: JoinHandle<Vec<Option<f64>>>,
}

impl Stream {
    /// Ends it.
    async fn end(self) -> Answers {
        self.over.store(true, Ordering::Relaxed);
        let all = self.going.await.expect("no panic");
        let busy = all.iter().filter(|answer| answer.is_none()).count();
        Answers { times: sorted(all.into_iter().flatten().collect()), busy }
    }
}

struct Answers {
    /// How long each took, in milliseconds, sorted.
    times: Vec<f64>,
    /// How many were told to come again, because the queue for hashing was full.
    busy: usize,
}

impl Answers {
    fn said(&self) -> String {
        let [middle, most] = [0.5, 0.99].map(|part| quantile(&self.times, part));
        let longest = self.times.last().copied().unwrap_or_default();
        let (all, busy) = (self.times.len(), self.busy);
        format!("{middle:>5.1} {most:>6.1} {longest:>6.1} of {all:>4} and {busy} busy")
    }
}

/// The machine somebody sits at: each in a network of its own, since a network is limited.
fn browser(person: u64) -> portcullis::model::Client {
    client(usize::try_from(crowd::mix(person) % 0xffff).expect("a small number"))
}

/// Prints what each costs, and gives the ratios of processor time.
fn report(sites: &[Site], all: &[(&str, What, u64)], spent: &[Vec<Vec<Spent>>]) -> Vec<f64> {
    let smallest = sites[0].crowd.people;
    println!("at {smallest} people, each: microseconds of processor, of wall; then the ratios to");
    println!("it: processor | wall, medians and quartiles   aim <= 1.5");
    let mut ratios = Vec::new();
    for ((name, ..), spent) in all.iter().zip(spent) {
        let [cpu, wall] =
            [|it: &Spent| it.cpu, |it: &Spent| it.wall].map(|of| median(spent[0].iter().map(of)));
        println!("{name}: {cpu:.0}, {wall:.0}");
        for (site, there) in sites.iter().zip(spent).skip(1) {
            let pairs = || spent[0].iter().zip(there);
            let [cpu, wall] = [
                pairs().map(|(few, many)| many.cpu / few.cpu).collect::<Vec<_>>(),
                pairs().map(|(few, many)| many.wall / few.wall).collect(),
            ];
            ratios.push(median(cpu.iter().copied()));
            println!("  {:>9} people: {} | {}", site.crowd.people, spread(cpu), spread(wall));
        }
    }
    println!("{EXPIRED} sessions had expired on each");
    ratios
}
