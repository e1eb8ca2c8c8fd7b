//! The same on threads, with checks that leave at random.

use std::{
    future::poll_fn,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::Poll,
    time::Duration,
};

use super::{
    super::{Answer, Gather, LANES, lock},
    desk::{BROKEN, Desk, End, NOBODYS, digest},
};
use crate::store::Value;

/// Numbers that look like any (xorshift64).
struct Chance(u64);

impl Chance {
    fn number(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }
}

/// Polls a check so often at the most, then drops it.
async fn polled(times: u64, check: impl Future<Output = Answer>) -> Option<Answer> {
    let (mut check, mut left) = (pin!(check), times);
    poll_fn(|context| {
        if left == 0 {
            return Poll::Ready(None);
        }
        left -= 1;
        check.as_mut().poll(context).map(Some)
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn on_threads_too_nobody_waits_for_ever_or_gets_what_was_before() {
    let (gather, desk) = (Arc::new(Gather::default()), Desk::default());
    let over = Arc::new(AtomicBool::new(false));
    let answering = {
        let (desk, over) = (desk.clone(), Arc::clone(&over));
        std::thread::spawn(move || {
            while !over.load(Ordering::SeqCst) {
                for query in desk.under_way() {
                    let fails = query % 17 == 0;
                    desk.end(query, if fails { End::Failed } else { End::Answered });
                }
                std::thread::yield_now();
            }
        })
    };
    let tasks: Vec<_> = (0..16)
        .map(|task| {
            let (gather, desk) = (Arc::clone(&gather), desk.clone());
            tokio::spawn(async move {
                let mut chance = Chance(task + 1);
                let mut answered = 0;
                for _ in 0..200 {
                    let session = BROKEN + 1 + usize::try_from(chance.number() % 20).unwrap();
                    let session =
                        if chance.number().is_multiple_of(20) { NOBODYS } else { session };
                    let came = {
                        let mut queries = desk.queries();
                        queries.moment += 1;
                        queries.moment
                    };
                    let polls =
                        if chance.number().is_multiple_of(3) { chance.number() % 3 } else { 99 };
                    let check = gather.session(&desk, digest(session));
                    let Some(answer) = polled(polls, check).await else { continue };
                    answered += 1;
                    let Ok(rows) = answer else { continue };
                    assert_eq!(rows.is_some(), session != NOBODYS);
                    let Some(rows) = rows else { continue };
                    assert_eq!(rows.session.key(), digest(session).as_bytes());
                    let Value::Int(moment) = rows.session.value(1) else { panic!("a moment") };
                    assert!(*moment >= came, "the answer to a query that began before");
                }
                answered
            })
        })
        .collect();
    let all = futures_util::future::join_all(tasks);
    let answered = tokio::time::timeout(Duration::from_secs(60), all).await;
    over.store(true, Ordering::SeqCst);
    answering.join().unwrap();
    let answered: i32 =
        answered.expect("somebody waits for ever").into_iter().map(Result::unwrap).sum();
    assert!(answered > 16 * 100, "only {answered} answers");
    let state = lock(&gather.0);
    assert_eq!((state.free, state.row.len()), (LANES, 0), "a lane was lost");
}
