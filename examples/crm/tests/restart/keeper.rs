//! Salespeople who change their password all the while, and what must be so of it.

use std::{
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use super::{
    Crm, Seen,
    support::{Client, FIRST, links, token, until},
};

/// The longest wait that log-ins leave behind which were cut off: each counts like a wrong one and
/// doubles it, and there are few.
const PAUSES: Duration = Duration::from_secs(60);

/// Somebody with a password.
pub(crate) struct Keeper {
    login: String,
    port: u16,
    /// The password; or those that it may be, after a change of which nobody knows.
    words: Vec<String>,
    /// How often it was changed, as far as was acknowledged.
    pub(crate) changed: usize,
    tried: usize,
}

impl Keeper {
    /// Invites one by the administrator's session, and activates them by the letter.
    pub(crate) fn invite(crm: &Crm, admin: &mut Client, number: usize) -> Self {
        let login = format!("keeper{number}");
        let email = format!("{login}@acme.example");
        let new = json!({"username": login, "email": email, "name": "A Keeper",
                         "role": "salesperson"});
        let answer = admin.call("POST", "/users", &new);
        assert_eq!(answer.status, 201, "{}", answer.body);
        let link = until("an activation letter", || {
            links(&admin.get("/dev/mail.json").json(), &email).into_iter().next()
        });
        let body = json!({"token": token(&link), "password": FIRST});
        assert_eq!(crm.client().call("POST", "/activation", &body).status, 204);
        Self { login, port: crm.port, words: vec![FIRST.to_owned()], changed: 0, tried: 0 }
    }

    fn log_in(&self, word: &str) -> (Client, super::support::client::Answer) {
        let mut client = Client::new(self.port);
        let body = json!({"login": self.login, "password": word});
        let answer = client.call("POST", "/session", &body);
        (client, answer)
    }

    /// Changes the password, by a session of its own.
    pub(crate) fn act(&mut self, seen: &Seen) {
        if self.words.len() > 1 && !self.settle(seen) {
            return;
        }
        let begun = seen.ask();
        let (mut me, answer) = self.log_in(&self.words[0]);
        if !seen.note_call("a log-in", 200, &answer, begun) {
            return;
        }
        self.tried += 1;
        let new = format!("quiet harbour lantern {} of {}", self.tried, self.login);
        let body = json!({"current_password": self.words[0], "new_password": new});
        let begun = seen.ask();
        let answer = me.call("PUT", "/me/password", &body);
        if seen.note_call("a change", 204, &answer, begun) {
            self.words = vec![new];
            self.changed += 1;
            let begun = seen.ask();
            let answer = me.call("GET", "/session", &Value::Null);
            seen.note_call("a check", 200, &answer, begun);
        } else if answer.kind() == "unavailable" {
            // Done or not done: nobody knows.
            self.words.push(new);
        }
    }

    /// Finds out which password it is. Whether that worked.
    fn settle(&mut self, seen: &Seen) -> bool {
        for word in self.words.clone() {
            let begun = seen.ask();
            let (_, answer) = self.log_in(&word);
            if answer.status != 401 {
                if !seen.note_call("a log-in", 200, &answer, begun) {
                    return false;
                }
                self.words = vec![word];
                return true;
            }
        }
        panic!("none of the passwords of {} is right: {:?}", self.login, self.words);
    }

    /// What was acknowledged last opens, and nothing that was before it.
    pub(crate) fn check(&self) {
        let open: Vec<&String> = self.words.iter().filter(|word| self.opens(word)).collect();
        assert_eq!(open.len(), 1, "of {}'s {:?} these open: {open:?}", self.login, self.words);
        if self.changed > 0 && self.words.iter().all(|word| word != FIRST) {
            assert!(!self.opens(FIRST), "the first password of {} is back", self.login);
        }
    }

    /// Whether this password is right, once that is looked at: log-ins that were cut off may have
    /// left a pause behind.
    fn opens(&self, word: &str) -> bool {
        let begun = Instant::now();
        loop {
            let answer = self.log_in(word).1;
            match answer.status {
                200 => return true,
                401 => return false,
                429 if begun.elapsed() < PAUSES => {}
                status => panic!("{} logs in: {status} {}", self.login, answer.body),
            }
            let pause = answer.header("retry-after").unwrap().parse().unwrap();
            thread::sleep(Duration::from_secs(pause));
        }
    }
}
