use serde_json::{Value, json};

use super::{
    person::{Is, Lost, Person, Session, patiently},
    support::{Client, token},
};

/// How often each person tries a wrong password: after the fifth time pauses begin.
const WRONG: usize = 4;

impl Person {
    /// Compares what the restarted program says with what was acknowledged before.
    pub(crate) fn check(&mut self) {
        if !std::mem::take(&mut self.busy) {
            return;
        }
        let mut client = self.client();
        if let Some(lost) = self.lost.take() {
            self.settle(lost);
        }
        assert!(self.opens(&mut client, &self.password.clone()), "{}'s password", self.login());
        if self.wrong < WRONG
            && let Some(outdated) = self.outdated.take()
        {
            self.wrong += 1;
            assert!(!self.opens(&mut self.client(), &outdated), "{}: an old one", self.login());
        }
        if let Some(link) = self.dead.take() {
            let reset = json!({"token": token(&link), "password": "whatever it would be 9"});
            let answer = self.client().call("POST", "/password/reset", &reset);
            assert_eq!(answer.kind(), "rejected", "{}'s dead link", self.login());
        }
        for session in &mut self.sessions {
            let stands = stands(session);
            match session.stands {
                Is::So => assert!(stands, "a session is lost"),
                Is::Not => assert!(!stands, "an ended session is back"),
                Is::Unknown => session.stands = if stands { Is::So } else { Is::Not },
            }
        }
        self.leads(&mut client);
        // Old ones were looked at often enough; a few are kept to end later.
        self.sessions.retain(|session| session.stands == Is::So);
        self.sessions.truncate(3);
    }

    /// Finds out what became of a change whose answer was lost: all of it, or nothing.
    fn settle(&mut self, lost: Lost) {
        self.wrong += 1;
        let done = self.opens(&mut self.client(), &lost.new);
        if done {
            // The link went with the password; `check` looks at it.
            self.changed_to(lost.new);
        } else if let Some(link) = lost.link {
            // The link is as good as before.
            let reset = json!({"token": token(&link), "password": lost.new});
            let answer = self.client().call("POST", "/password/reset", &reset);
            assert_eq!(answer.status, 204, "{}: {}", self.login(), answer.body);
            self.changed_to(lost.new);
        }
    }

    /// Whether this password logs in.
    fn opens(&self, client: &mut Client, password: &str) -> bool {
        let wish = json!({"login": self.login(), "password": password});
        let answer = patiently(|| client.try_call("POST", "/session", &wish)).expect("an answer");
        assert!(matches!(answer.status, 200 | 401), "{}", answer.body);
        answer.status == 200
    }

    /// Each acknowledged lead is there once; one in doubt at most once.
    fn leads(&mut self, client: &mut Client) {
        let page = client.get("/").body;
        for (company, there) in &mut self.added {
            let times = page.matches(company.as_str()).count();
            match there {
                Is::So => assert_eq!(times, 1, "{company}"),
                Is::Not => assert_eq!(times, 0, "{company}"),
                Is::Unknown => {
                    assert!(times <= 1, "{company}");
                    *there = if times == 1 { Is::So } else { Is::Not };
                }
            }
        }
        // A page shows fifty; nobody gets that far, but a longer run might.
        assert!(self.added.len() < 50);
    }
}

fn stands(session: &Session) -> bool {
    let answer = session.client.clone().call("GET", "/session", &Value::Null);
    assert!(matches!(answer.status, 200 | 401), "{}", answer.body);
    answer.status == 200
}
