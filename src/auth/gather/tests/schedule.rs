//! Checks that are polled by hand, and only when somebody woke them, in a chosen order.

use std::{
    ops::Range,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
    time::Duration,
};

use super::{
    super::{Answer, Gather, lock},
    desk::{BROKEN, Desk, End, NOBODYS, digest},
};
use crate::store::{StoreError, Value};

pub(super) struct Schedule {
    gather: Arc<Gather>,
    lanes: usize,
    desk: Desk,
    checks: Vec<Check>,
    /// How many more may come.
    to_come: usize,
    arrived: usize,
    /// The sessions they ask for: several ask for one.
    sessions: Range<usize>,
}

struct Check {
    session: usize,
    came: i64,
    future: Pin<Box<dyn Future<Output = Answer> + Send>>,
    woken: Arc<Flag>,
}

struct Flag(AtomicBool);

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::SeqCst);
    }
}

enum Step {
    Arrive,
    /// After no lane has moved for long.
    ArriveLate,
    Run(usize),
    Leave(usize),
    End(usize, End),
}

impl Schedule {
    pub(super) fn new(lanes: usize, to_come: usize, sessions: Range<usize>) -> Self {
        let (gather, desk) = (Arc::new(Gather::new(lanes, Duration::MAX)), Desk::default());
        Self { gather, lanes, desk, checks: Vec::new(), to_come, arrived: 0, sessions }
    }

    /// Lets so much time go by that a lane which has not moved counts as stuck.
    pub(super) fn wait_for_long(&self) {
        lock(&self.gather.0).stuck = Duration::ZERO;
    }

    pub(super) fn wait_no_longer(&self) {
        lock(&self.gather.0).stuck = Duration::MAX;
    }

    /// Takes one step for each choice, then lets everything come to its end. Says how many
    /// options there were at each step.
    pub(super) fn run(
        lanes: usize,
        checks: usize,
        sessions: usize,
        choices: &[usize],
    ) -> Vec<usize> {
        let mut schedule = Self::new(lanes, checks, NOBODYS..sessions);
        let mut options = Vec::with_capacity(choices.len());
        for choice in choices {
            let mut steps = schedule.steps();
            options.push(steps.len());
            if !steps.is_empty() {
                let step = steps.swap_remove(choice % steps.len());
                schedule.take(step);
            }
        }
        schedule.finish();
        options
    }

    fn steps(&self) -> Vec<Step> {
        let mut steps: Vec<_> = (0..self.checks.len()).map(Step::Leave).collect();
        steps.extend((0..self.checks.len()).filter(|at| self.is_woken(*at)).map(Step::Run));
        for query in self.desk.under_way() {
            steps.extend([End::Answered, End::Failed].map(|end| Step::End(query, end)));
        }
        if self.to_come > 0 {
            steps.push(Step::Arrive);
            // Not in every order of a few.
            if self.arrived > 4 {
                steps.push(Step::ArriveLate);
            }
        }
        steps
    }

    fn take(&mut self, step: Step) {
        match step {
            Step::Arrive => self.arrive(),
            Step::ArriveLate => {
                self.wait_for_long();
                self.arrive();
                self.wait_no_longer();
            }
            Step::Run(at) => self.poll(at),
            Step::Leave(at) => self.leave(at),
            Step::End(query, end) => {
                self.pass();
                self.desk.end(query, end);
            }
        }
    }

    /// Time goes on.
    fn pass(&self) -> i64 {
        let mut queries = self.desk.queries();
        queries.moment += 1;
        queries.moment
    }

    pub(super) fn arrive(&mut self) {
        let came = self.pass();
        self.to_come -= 1;
        let session = self.sessions.start + self.arrived * 5 % self.sessions.len();
        self.arrived += 1;
        let (gather, desk) = (Arc::clone(&self.gather), self.desk.clone());
        let future = async move { gather.session(&desk, digest(session)).await };
        let woken = Arc::new(Flag(AtomicBool::new(true)));
        self.checks.push(Check { session, came, future: Box::pin(future), woken });
        self.poll(self.checks.len() - 1);
    }

    pub(super) fn leave(&mut self, at: usize) {
        self.pass();
        drop(self.checks.remove(at));
    }

    pub(super) fn end(&mut self, query: usize) {
        self.take(Step::End(query, End::Answered));
    }

    fn is_woken(&self, at: usize) -> bool {
        self.checks[at].woken.0.load(Ordering::SeqCst)
    }

    pub(super) fn run_woken(&mut self) {
        while let Some(at) = (0..self.checks.len()).find(|at| self.is_woken(*at)) {
            self.poll(at);
        }
    }

    fn poll(&mut self, at: usize) {
        self.pass();
        let check = &mut self.checks[at];
        check.woken.0.store(false, Ordering::SeqCst);
        let waker = Waker::from(Arc::clone(&check.woken));
        if let Poll::Ready(answer) = check.future.as_mut().poll(&mut Context::from_waker(&waker)) {
            let check = self.checks.remove(at);
            self.judge(&check, &answer);
        }
    }

    /// That the answer is the one of a query for this session that began after the check came.
    fn judge(&self, check: &Check, answer: &Answer) {
        let own = digest(check.session);
        let ended = |end| {
            let queries = self.desk.queries();
            let mut ended = queries.all.iter().filter(|query| query.end == Some(end));
            ended.any(|query| query.began >= check.came && query.digests.contains(&own))
        };
        match answer {
            Ok(Some(rows)) => {
                assert_eq!(rows.session.key(), own.as_bytes(), "somebody else's session");
                let Value::Int(moment) = rows.session.value(1) else { panic!("a moment") };
                assert!(*moment >= check.came, "the answer to a query that began before");
            }
            Ok(None) => {
                assert_eq!(check.session, NOBODYS, "a session was not found");
                assert!(ended(End::Answered), "an answer nobody gave");
            }
            Err(StoreError::Unavailable(_)) => assert!(ended(End::Failed), "no query failed"),
            Err(_) => assert_eq!(check.session, BROKEN, "another session's broken row"),
        }
    }

    /// Answers whatever is asked, until everybody who is still there has their answer.
    pub(super) fn finish(&mut self) {
        loop {
            self.run_woken();
            let under_way = self.desk.under_way();
            if under_way.is_empty() {
                break;
            }
            under_way.into_iter().for_each(|query| self.end(query));
        }
        assert!(self.checks.is_empty(), "{} wait for ever", self.checks.len());
        let state = lock(&self.gather.0);
        assert_eq!(state.free, self.lanes, "a lane was lost, or there is one too many");
        assert!(state.row.is_empty(), "somebody is left in the row");
    }

    /// For how many sessions each query asked.
    pub(super) fn asked(&self) -> Vec<usize> {
        self.desk.queries().all.iter().map(|query| query.digests.len()).collect()
    }

    pub(super) fn waiting(&self) -> usize {
        lock(&self.gather.0).row.len()
    }
}
