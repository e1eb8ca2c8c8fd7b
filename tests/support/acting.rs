//! People who log in, change their passwords and log out while their database goes away, each of
//! whom keeps what was acknowledged.
#![allow(dead_code, unreachable_pub)] // each test file uses its part

use portcullis::{
    auth::{Auth, Credentials, SessionToken},
    error::Error,
    policy::Policy,
};

use crate::house::{GOOD, client, password};

/// Nobody is kept waiting for a log-in that the database did not survive.
pub fn patient() -> Policy {
    let mut policy = Policy::crm();
    policy.limits.free_failures = 100;
    policy.limits.log_ins_per_name = 1_000_000;
    policy.limits.network_failures = 1_000_000;
    policy
}

/// Somebody with a username, and what must be so of them.
pub struct Person {
    auth: Auth,
    name: String,
    /// The password; or the one before and the one after a change of which nobody knows.
    words: Vec<String>,
    /// Sessions that were handed out and stand; that ended.
    stand: Vec<String>,
    ended: Vec<String>,
    /// How many acts were acknowledged, and how many were answered that the database is away.
    pub done: usize,
    pub away: usize,
    /// How many changes were settled later.
    pub settled: usize,
}

impl Person {
    /// Somebody who has the password [`GOOD`] and no session.
    pub fn new(auth: &Auth, name: &str) -> Self {
        let (auth, name, words) = (auth.clone(), name.to_owned(), vec![GOOD.to_owned()]);
        let (stand, ended) = (Vec::new(), Vec::new());
        Self { auth, name, words, stand, ended, done: 0, away: 0, settled: 0 }
    }

    /// Logs in, and then ends that session or changes the password by it.
    pub async fn act(&mut self) {
        let _ = self.try_to_act().await;
    }

    /// What was acknowledged, or none where nobody knows.
    fn told<T>(&mut self, what: &str, answer: Result<T, Error>) -> Option<T> {
        match answer {
            Ok(done) => {
                self.done += 1;
                Some(done)
            }
            Err(Error::Unavailable(_)) => {
                self.away += 1;
                None
            }
            Err(other) => panic!("{what} of {}: {other:?}", self.name),
        }
    }

    async fn log_in(&self, word: &str) -> Result<String, Error> {
        let credentials = Credentials::new(&self.name, password(word));
        let signed_in = self.auth.login(credentials, &client()).await?.signed_in()?;
        Ok(signed_in.token.reveal().to_string())
    }

    async fn try_to_act(&mut self) -> Option<()> {
        if self.words.len() > 1 {
            self.settle().await?;
        }
        let answer = self.log_in(&self.words[0]).await;
        let text = self.told("a log-in", answer)?;
        self.stand.push(text.clone());
        let token = SessionToken::cookie(&text).unwrap();
        let answer = self.auth.identify(&token).await;
        let me = self.told("a check", answer)?;
        if self.done.is_multiple_of(2) {
            self.stand.pop();
            let answer = self.auth.logout(&token, &client()).await;
            self.told("a log-out", answer)?;
            self.ended.push(text);
            return Some(());
        }
        let new = format!("quiet rivers carry {} stones", self.done);
        let (from, to) = (password(&self.words[0]), password(&new));
        // Until it is known, either may be so, and so may the sessions.
        self.words.push(new);
        let stood = std::mem::take(&mut self.stand);
        let answer = self.auth.my_account(&me).change_password(&from, &to, &client()).await;
        let again = self.told("a change", answer)?;
        self.words.remove(0);
        self.ended.extend(stood);
        self.stand.push(again.token.reveal().to_string());
        Some(())
    }

    /// Finds out which password it is: one of them, and not the other.
    async fn settle(&mut self) -> Option<()> {
        let mut opened = Vec::new();
        for word in self.words.clone() {
            match self.log_in(&word).await {
                Err(Error::Rejected) => {}
                answer => {
                    let token = self.told("a log-in", answer)?;
                    opened.push((word, token));
                }
            }
        }
        assert_eq!(opened.len(), 1, "of {}'s {:?} these open: {opened:?}", self.name, self.words);
        self.settled += usize::from(self.words.len() > 1);
        let (word, token) = opened.remove(0);
        self.words = vec![word];
        self.stand.push(token);
        Some(())
    }

    /// Holds another process on the same database against what was acknowledged.
    pub async fn check(&mut self, auth: &Auth) {
        self.auth = auth.clone();
        self.settle().await.expect("the database is back");
        for text in &self.stand {
            let answer = auth.identify(&SessionToken::cookie(text).unwrap()).await;
            assert!(answer.is_ok(), "a session of {} is lost: {answer:?}", self.name);
        }
        for text in &self.ended {
            let answer = auth.identify(&SessionToken::cookie(text).unwrap()).await;
            let kind = answer.map(drop).map_err(|error| error.kind());
            assert_eq!(kind, Err("unauthenticated"), "a session of {} is back", self.name);
        }
    }
}
