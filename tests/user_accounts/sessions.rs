//! How many places one person may be logged in at.

use portcullis::{
    auth::{Auth, Credentials, SignedIn},
    hash::{Hashing, Params},
    policy::Policy,
};
use time::Duration;

use super::*;

fn with_places(places: u32) -> Policy {
    let mut policy = Policy::crm();
    policy.limits.sessions_per_user = Some(places);
    policy
}

/// Which of them stand, by their place in the list.
async fn standing(house: &House, sessions: &[SignedIn]) -> Vec<usize> {
    let mut stand = Vec::new();
    for (place, session) in sessions.iter().enumerate() {
        match house.auth.identify(&session.token).await {
            Ok(_) => stand.push(place),
            Err(error) => assert_eq!(error.kind(), "unauthenticated"),
        }
    }
    stand
}

/// One log-in after another, a second apart.
async fn log_in_times(house: &House, times: usize) -> Vec<SignedIn> {
    let mut sessions = Vec::new();
    for _ in 0..times {
        house.clock.turn(Duration::SECOND);
        sessions.push(house.login("bo", GOOD).await);
    }
    sessions
}

async fn replaced(house: &House, user: UserId) -> usize {
    trail(house, user).await.iter().filter(|(kind, _)| *kind == "session_replaced").count()
}

pub(crate) async fn m24_the_limit_on_sessions_ends_the_oldest_and_shows_it(house: House) {
    house.furnished().await;
    let bo = house.employee("bo", "salesperson").await;
    let house = house.under(with_places(3));
    let sessions = log_in_times(&house, 3).await;
    assert_eq!(
        (standing(&house, &sessions).await, replaced(&house, bo.id).await),
        (vec![0, 1, 2], 0)
    );
    let sessions = [sessions, log_in_times(&house, 2).await].concat();
    assert_eq!(
        (standing(&house, &sessions).await, replaced(&house, bo.id).await),
        (vec![2, 3, 4], 2)
    );
    // The person and the administrator see the same, and how many there may be.
    let mine = house.auth.my_account(&sessions[4].identity);
    assert_eq!(mine.sessions_allowed(), Some(3));
    let shown: Vec<_> = mine.sessions().await.unwrap().iter().map(|session| session.id).collect();
    let newest_first = [4, 3, 2].map(|place: usize| sessions[place].identity.session().id);
    assert_eq!(shown, newest_first);
    let me = identity(&house, "admin").await;
    let accounts = house.auth.user_accounts(&me).unwrap();
    let seen = accounts.sessions(bo.id).await.unwrap();
    assert_eq!(seen.iter().map(|session| session.id).collect::<Vec<_>>(), newest_first);
    assert_eq!(seen[0].client, client());
    // Nobody else does.
    house.employee("manager", "sales_manager").await;
    let manager = identity(&house, "manager").await;
    let theirs = house.auth.user_accounts(&manager).unwrap();
    assert_eq!(kind(theirs.sessions(bo.id).await), "forbidden");
    let otto = another_company(&house).await;
    assert_eq!(kind(accounts.sessions(otto.id).await), "not_found");
    // Another person's log-ins end nothing of theirs.
    for _ in 0..5 {
        identity(&house, "admin").await;
    }
    assert_eq!(standing(&house, &sessions).await, [2, 3, 4]);
}

pub(crate) async fn m24_a_session_that_has_ended_takes_no_place(house: House) {
    house.furnished().await;
    let bo = house.employee("bo", "salesperson").await;
    let house = house.under(with_places(2));
    // Idle, logged out, and ended for all.
    log_in_times(&house, 2).await;
    house.clock.turn(Duration::minutes(31));
    let two = log_in_times(&house, 2).await;
    house.auth.logout(&two[0].token, &client()).await.unwrap();
    let three = [two, log_in_times(&house, 1).await].concat();
    assert_eq!(standing(&house, &three).await, [1, 2]);
    house.auth.my_account(&three[2].identity).end_other_sessions(&client()).await.unwrap();
    let four = [three, log_in_times(&house, 1).await].concat();
    assert_eq!(standing(&house, &four).await, [2, 3]);
    assert_eq!(replaced(&house, bo.id).await, 0);
}

pub(crate) async fn m24_looking_at_sessions_ends_none_that_a_renewed_plan_lets_in_again(
    house: House,
) {
    use portcullis::clock::Clock as _;
    house.furnished().await;
    let bo = house.employee("bo", "salesperson").await;
    let sessions = log_in_times(&house, 2).await;
    let me = identity(&house, "admin").await;
    let until = house.clock.now() + Duration::minutes(1);
    let operator = house.operator.because("test");
    operator.set_plan(bo.account, &Plan::TRIAL, Some(until)).await.unwrap();
    house.clock.turn(Duration::minutes(2));
    assert_eq!(standing(&house, &sessions).await, Vec::<usize>::new());
    let accounts = house.auth.user_accounts(&me).unwrap();
    assert!(accounts.sessions(bo.id).await.unwrap().is_empty());
    operator.set_plan(bo.account, &Plan::TRIAL, None).await.unwrap();
    assert_eq!(standing(&house, &sessions).await, [0, 1]);
}

pub(crate) async fn m24_a_reissued_session_keeps_its_place(house: House) {
    house.furnished().await;
    let bo = house.employee("bo", "salesperson").await;
    let house = house.under(with_places(2));
    let sessions = log_in_times(&house, 2).await;
    let mine = house.auth.my_account(&sessions[0].identity);
    let kept = mine.change_password(&password(GOOD), &password(BETTER), &client()).await.unwrap();
    let mut all = vec![kept];
    for (times, stand) in [(1, vec![0, 1]), (1, vec![1, 2])] {
        for _ in 0..times {
            house.clock.turn(Duration::SECOND);
            all.push(house.login("bo", BETTER).await);
        }
        // It is as old as the log-in it came from, and goes first.
        assert_eq!(standing(&house, &all).await, stand);
    }
    assert_eq!(replaced(&house, bo.id).await, 1);
}

pub(crate) async fn m24_a_lowered_limit_holds_from_the_next_log_in_on(house: House) {
    house.furnished().await;
    let bo = house.employee("bo", "salesperson").await;
    let sessions = log_in_times(&house, 6).await;
    assert_eq!(standing(&house, &sessions).await.len(), 6, "no limit");
    let mine = house.auth.my_account(&sessions[0].identity);
    assert_eq!(mine.sessions_allowed(), None);
    let house = house.under(with_places(2));
    assert_eq!(standing(&house, &sessions).await.len(), 6, "until somebody logs in");
    let sessions = [sessions, log_in_times(&house, 1).await].concat();
    assert_eq!(standing(&house, &sessions).await, [5, 6]);
    let house = house.under(with_places(1));
    let sessions = [sessions, log_in_times(&house, 1).await].concat();
    assert_eq!(standing(&house, &sessions).await, [7]);
    assert_eq!(replaced(&house, bo.id).await, 7);
    // A limit nobody could log in under, or that would not fit one batch, is none.
    for (places, found) in [(0, 1), (1, 0), (100, 0), (101, 1)] {
        assert_eq!(with_places(places).findings().len(), found, "{places}");
    }
}

pub(crate) async fn m24_a_weak_hash_is_renewed_under_a_limit_too(house: House) {
    house.furnished().await;
    let bo = house.employee("bo", "salesperson").await;
    for (policy, memory) in [(Policy::crm(), 16), (with_places(1), 24)] {
        let mut hashing = Hashing::default();
        hashing.params = Params::danger_for_tests();
        hashing.params.memory_kib = memory;
        let builder = Auth::builder(std::sync::Arc::clone(&house.store)).policy(policy);
        let builder = builder.site(house.auth.site().clone()).mailer(house.letters.clone());
        let builder = builder.hashing(hashing).clock(house.clock.clone());
        let (auth, _) = builder.build().unwrap();
        let log_in = || auth.login(Credentials::new("bo", password(GOOD)), &HERE);
        log_in().await.unwrap();
        let row = house.store.get(&tables::CREDENTIALS, bo.id.as_bytes()).await.unwrap().unwrap();
        let Value::Text(hash) = row.value(1) else { panic!("a hash") };
        assert!(hash.contains(&format!("m={memory},")), "{hash}");
        let again = log_in().await.unwrap().signed_in().unwrap();
        assert!(auth.identify(&again.token).await.is_ok());
    }
}

pub(crate) async fn m24_log_ins_at_the_same_instant_leave_no_more_than_the_limit(house: House) {
    house.furnished().await;
    let bo = house.employee("bo", "salesperson").await;
    let house = house.under(with_places(3));
    // As many as may try one name at once: a try is charged before it is known to be right.
    for _ in 0..10 {
        let racers: Vec<_> = (0..5)
            .map(|_| {
                let auth = house.auth.clone();
                tokio::spawn(async move {
                    again(|| auth.login(Credentials::new("bo", password(GOOD)), &HERE)).await
                })
            })
            .collect();
        let mut sessions = Vec::new();
        for racer in racers {
            sessions.push(racer.await.unwrap().unwrap().signed_in().unwrap());
        }
        assert_eq!(standing(&house, &sessions).await.len(), 3);
        // The next ones find nobody: no session they end makes them wait for each other.
        house.clock.turn(Duration::minutes(31));
    }
    assert_eq!(replaced(&house, bo.id).await, 10 * 2);
    // Beside a change of the password, whichever is first.
    for (old, new) in [(GOOD, BETTER), (BETTER, GOOD)] {
        let first = house.login("bo", old).await;
        let change = {
            let (auth, me) = (house.auth.clone(), first.identity.clone());
            tokio::spawn(async move {
                let (old, new) = (password(old), password(new));
                again(|| async { auth.my_account(&me).change_password(&old, &new, &HERE).await })
                    .await
            })
        };
        // As many as there is room for, so that the session that changes it stays.
        let racers: Vec<_> = (0..2)
            .map(|_| {
                let auth = house.auth.clone();
                tokio::spawn(async move {
                    again(|| auth.login(Credentials::new("bo", password(old)), &HERE)).await
                })
            })
            .collect();
        let mut sessions = Vec::new();
        for racer in racers {
            match racer.await.unwrap() {
                Ok(in_time) => sessions.push(in_time.signed_in().unwrap()),
                Err(error) => assert_eq!(error.kind(), "rejected"),
            }
        }
        let kept = change.await.unwrap().unwrap();
        assert_eq!(standing(&house, &sessions).await, Vec::<usize>::new());
        assert_eq!(standing(&house, &[kept]).await, [0]);
        house.clock.turn(Duration::minutes(11));
    }
}
