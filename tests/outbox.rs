//! The outbox through thick and thin: crashes between any two steps, mailers that fail, two
//! workers at once. On every store.

#[path = "support/house.rs"]
#[macro_use]
mod house;

use std::{
    pin::pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll, Waker},
};

use house::*;
use portcullis::{
    mail::{Letter, MailError, Mailer},
    model::{Intent, Username},
    secret::{Purpose, Token},
    store::{Page, Record as _, Value, tables},
};
use time::Duration;

on_every_store! {
    a_crash_between_any_two_steps_costs_at_worst_a_second_letter
    a_letter_that_cannot_go_is_tried_later_and_later
    a_letter_that_is_refused_is_given_up_and_recorded
    a_reset_that_waited_four_hours_is_not_sent
    two_workers_send_a_letter_once
    asking_again_while_the_mail_is_away_leaves_one_letter
    a_link_is_not_minted_for_who_is_no_longer_theirs
}

/// What a mailer is told to answer.
type Order = fn() -> Result<(), MailError>;

/// A mailer that does what it is told.
#[derive(Clone)]
struct Told {
    letters: LetterBox,
    answer: Arc<Mutex<Order>>,
    tries: Arc<AtomicUsize>,
}

impl Told {
    fn new(answer: Order) -> Self {
        Self {
            letters: LetterBox::default(),
            answer: Arc::new(Mutex::new(answer)),
            tries: Arc::default(),
        }
    }
}

#[async_trait::async_trait]
impl Mailer for Told {
    async fn send(&self, letter: &Letter) -> Result<(), MailError> {
        self.tries.fetch_add(1, Ordering::SeqCst);
        // A moment in which a crash can come, before and after the letter is out.
        tokio::task::yield_now().await;
        let answer = (*self.answer.lock().unwrap())();
        if answer.is_ok() {
            self.letters.send(letter).await?;
        }
        tokio::task::yield_now().await;
        answer
    }
}

/// The house again, with this mailer.
async fn rebuilt(house: House, mailer: &Told) -> House {
    house.furnished().await;
    let House { store, clock, .. } = house;
    House::on(store, clock, mailer.clone())
}

async fn open_errands(house: &House) -> Vec<Intent> {
    let page = Page::of(&tables::OUTBOX, "due", vec![], 100).unwrap();
    let rows = house.store.page(&page).await.unwrap();
    rows.iter().map(|row| Intent::from_row(row).unwrap()).collect()
}

async fn live_links(house: &House, letters: &[Letter]) -> Vec<Token> {
    let mut live = Vec::new();
    for letter in letters {
        let token = token_in(letter);
        if house.auth.look_at_link(Purpose::Reset, &token).await.is_ok() {
            live.push(token);
        }
    }
    live
}

async fn a_crash_between_any_two_steps_costs_at_worst_a_second_letter(house: House) {
    let mailer = Told::new(|| Ok(()));
    let house = rebuilt(house, &mailer).await;
    for polls in 1.. {
        house.clock.turn(Duration::hours(5));
        house.auth.forgot_password("admin@acme.example", &client()).await.unwrap();
        // The worker dies after so many steps.
        let finished = {
            let mut work = pin!(async { while house.auth.work(10).await.unwrap() > 0 {} });
            let mut finished = false;
            for _ in 0..polls {
                // Each poll lets it run to the next point where it waits for something.
                let mut context = Context::from_waker(Waker::noop());
                if let Poll::Ready(()) = work.as_mut().poll(&mut context) {
                    finished = true;
                    break;
                }
                tokio::time::sleep(std::time::Duration::from_millis(2)).await;
            }
            finished
        };
        // Another takes over once the lease is up.
        for _ in 0..3 {
            house.clock.turn(Duration::minutes(4));
            while house.auth.work(10).await.unwrap() > 0 {}
        }
        assert!(open_errands(&house).await.is_empty(), "after {polls} steps something is left");
        let letters = mailer.letters.take();
        assert!((1..=2).contains(&letters.len()), "after {polls} steps: {} letters", letters.len());
        let live = live_links(&house, &letters).await;
        assert!(!live.is_empty(), "after {polls} steps no link lives");
        let last = token_in(letters.last().unwrap());
        assert!(house.auth.look_at_link(Purpose::Reset, &last).await.is_ok());
        if finished {
            // The memory store never waits, so there are the two moments of the mailer.
            assert!(polls > 2, "nothing was interrupted");
            return;
        }
    }
}

async fn a_letter_that_cannot_go_is_tried_later_and_later(house: House) {
    let mailer = Told::new(|| Err(MailError::temporary("away")));
    let house = rebuilt(house, &mailer).await;
    house.auth.forgot_password("admin@acme.example", &client()).await.unwrap();
    let mut at = Vec::new();
    for second in 0..600 {
        let before = mailer.tries.load(Ordering::SeqCst);
        house.auth.work(10).await.unwrap();
        house.auth.work(10).await.unwrap();
        if mailer.tries.load(Ordering::SeqCst) > before {
            at.push(second);
        }
        house.clock.turn(Duration::SECOND);
    }
    assert_eq!(at, [0, 5, 15, 35, 75, 155, 315], "5 seconds, doubled each time");
    *mailer.answer.lock().unwrap() = || Ok(());
    house.clock.turn(Duration::minutes(15));
    house.auth.work(10).await.unwrap();
    let letters = mailer.letters.take();
    assert_eq!(letters.len(), 1);
    // Eight tokens were minted, and one lives.
    assert_eq!(live_links(&house, &letters).await.len(), 1);
    let admin = house.operator.find_user(&Username::parse("admin").unwrap()).await.unwrap();
    let equal = vec![
        Value::Bytes(admin.unwrap().id.as_bytes().to_vec()),
        Value::Text(Purpose::Reset.as_str().to_owned()),
    ];
    let links = Page::of(&tables::LINKS, "of_user", equal, 100).unwrap();
    assert_eq!(house.store.page(&links).await.unwrap().len(), 1);
}

async fn a_letter_that_is_refused_is_given_up_and_recorded(house: House) {
    let mailer = Told::new(|| Err(MailError::permanent("no such mailbox")));
    let house = rebuilt(house, &mailer).await;
    house.auth.forgot_password("admin@acme.example", &client()).await.unwrap();
    while house.auth.work(10).await.unwrap() > 0 {}
    assert!(open_errands(&house).await.is_empty());
    assert_eq!(mailer.tries.load(Ordering::SeqCst), 1);
    house.clock.turn(Duration::hours(1));
    *mailer.answer.lock().unwrap() = || Ok(());
    house.auth.forgot_password("admin@acme.example", &client()).await.unwrap();
    while house.auth.work(10).await.unwrap() > 0 {}
    assert_eq!(mailer.letters.take().len(), 1, "the next request is served again");
}

async fn a_reset_that_waited_four_hours_is_not_sent(house: House) {
    let mailer = Told::new(|| Err(MailError::temporary("away")));
    let house = rebuilt(house, &mailer).await;
    house.auth.forgot_password("admin@acme.example", &client()).await.unwrap();
    for _ in 0..30 {
        while house.auth.work(10).await.unwrap() > 0 {}
        house.clock.turn(Duration::minutes(10));
    }
    assert!(open_errands(&house).await.is_empty());
    *mailer.answer.lock().unwrap() = || Ok(());
    while house.auth.work(10).await.unwrap() > 0 {}
    assert!(mailer.letters.take().is_empty());
}

async fn two_workers_send_a_letter_once(house: House) {
    let mailer = Told::new(|| Ok(()));
    let house = rebuilt(house, &mailer).await;
    for _ in 0..10 {
        house.clock.turn(Duration::hours(5));
        house.auth.forgot_password("admin@acme.example", &client()).await.unwrap();
        let workers: Vec<_> = (0..4)
            .map(|_| {
                let auth = house.auth.clone();
                tokio::spawn(async move { while auth.work(10).await.unwrap() > 0 {} })
            })
            .collect();
        for worker in workers {
            worker.await.unwrap();
        }
        assert_eq!(mailer.letters.take().len(), 1);
    }
}

async fn asking_again_while_the_mail_is_away_leaves_one_letter(house: House) {
    let mailer = Told::new(|| Err(MailError::temporary("away")));
    let house = rebuilt(house, &mailer).await;
    for _ in 0..5 {
        house.auth.forgot_password("admin@acme.example", &client()).await.unwrap();
        while house.auth.work(10).await.unwrap() > 0 {}
        house.clock.turn(Duration::minutes(6));
    }
    assert_eq!(open_errands(&house).await.len(), 1);
    *mailer.answer.lock().unwrap() = || Ok(());
    house.clock.turn(Duration::minutes(15));
    while house.auth.work(10).await.unwrap() > 0 {}
    assert_eq!(mailer.letters.take().len(), 1);
}

async fn a_link_is_not_minted_for_who_is_no_longer_theirs(house: House) {
    let mailer = Told::new(|| Err(MailError::temporary("away")));
    let me = house.furnished().await;
    let admin = house.login("admin", GOOD).await.identity;
    let new = portcullis::auth::NewUser::parse("ivy", "ivy@acme.example", "Ivy", "salesperson");
    let ivy = house.auth.user_accounts(&admin).unwrap();
    let ivy = ivy.invite(&new.unwrap(), &client()).await.unwrap();
    let House { store, clock, .. } = house;
    let house = House::on(store, clock, mailer.clone());
    // The activation letter waits; meanwhile the invitation is taken back.
    while house.auth.work(10).await.unwrap() > 0 {}
    house.operator.because("test").revoke_invitation(ivy.id).await.unwrap();
    *mailer.answer.lock().unwrap() = || Ok(());
    house.clock.turn(Duration::hours(1));
    while house.auth.work(10).await.unwrap() > 0 {}
    let to: Vec<_> = mailer.letters.take().into_iter().map(|letter| letter.to).collect();
    assert_eq!(to, [me.email], "the administrator is told of the operator's act, and nobody else");
    assert!(open_errands(&house).await.is_empty());
    assert_ne!(me.id, ivy.id);
}
