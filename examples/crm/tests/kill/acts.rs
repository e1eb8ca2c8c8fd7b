use std::{
    io,
    sync::atomic::{AtomicBool, Ordering},
};

use serde_json::{Value, json};

use super::{
    chance::Chance,
    person::{Is, Letter, Lost, Person, Session, patiently},
    support::{links, token},
};

const NONE: &Value = &Value::Null;

impl Person {
    /// Does something by chance. How many requests it took; none when the program is gone, which
    /// nothing but a kill explains.
    pub(crate) fn act(&mut self, chance: &mut Chance, killed: &AtomicBool) -> Option<usize> {
        if self.lost.is_some() {
            // Nobody who is in doubt goes on before looking; and the program is gone anyway.
            return None;
        }
        self.busy = true;
        let done = match chance.below(8) {
            0 => self.log_in(),
            1 => self.change_password(),
            2 => self.end_session(),
            3 => self.log_out(),
            4 => self.reset(),
            _ => self.add_lead(),
        };
        match done {
            Ok(requests) => Some(requests),
            Err(error) => {
                let killed = killed.load(Ordering::SeqCst);
                assert!(killed, "{}: no answer, and nobody killed: {error}", self.login());
                None
            }
        }
    }

    /// A session to do something with.
    fn any(&self) -> Option<usize> {
        self.sessions.iter().rposition(|session| session.stands == Is::So)
    }

    fn log_in(&mut self) -> io::Result<usize> {
        let mut client = self.client();
        let wish = json!({"login": self.login(), "password": self.password});
        let answer = patiently(|| client.try_call("POST", "/session", &wish))?;
        assert_eq!(answer.status, 200, "{}: {}", self.login(), answer.body);
        let id = answer.json()["session"]["id"].as_str().unwrap().to_owned();
        self.sessions.push(Session { client, id, stands: Is::So });
        Ok(1)
    }

    fn next_password(&mut self) -> String {
        self.generation += 1;
        format!("quiet harbour {} lantern {}", self.number, self.generation)
    }

    fn change_password(&mut self) -> io::Result<usize> {
        let Some(place) = self.any() else { return self.log_in() };
        let new = self.next_password();
        let change = json!({"current_password": self.password, "new_password": new});
        let mut client = self.sessions[place].client.clone();
        self.lost = Some(Lost { new, link: None });
        let answer = client.try_call("PUT", "/me/password", &change)?;
        assert_eq!(answer.status, 204, "{}", answer.body);
        let Lost { new, .. } = self.lost.take().unwrap();
        self.changed_to(new);
        // The session goes on under another token and another id.
        self.sessions.push(Session { client: client.clone(), id: String::new(), stands: Is::So });
        let told = client.try_call("GET", "/session", NONE)?.json();
        told["session"]["id"]
            .as_str()
            .unwrap()
            .clone_into(&mut self.sessions.last_mut().unwrap().id);
        Ok(2)
    }

    fn reset(&mut self) -> io::Result<usize> {
        let mut client = self.client();
        match &self.letter {
            Letter::NotAsked => {
                let wish = json!({"email": self.email()});
                // Before it is known that it was asked for: it may come although the answer does not.
                self.letter = Letter::Awaited;
                let answer = client.try_call("POST", "/password/forgot", &wish)?;
                assert_eq!(answer.status, 202, "{}", answer.body);
                return Ok(1);
            }
            Letter::Awaited => {
                let letters = client.try_send("GET", "/dev/mail.json", &[], "")?.json();
                let mut links = links(&letters, &self.email()).into_iter();
                let Some(link) = links.find(|l| l.contains("/reset?")) else {
                    return self.add_lead();
                };
                self.letter = Letter::Link(link);
            }
            Letter::Link(_) => {}
            Letter::Past => return self.add_lead(),
        }
        let new = self.next_password();
        let Letter::Link(link) = &self.letter else { unreachable!() };
        let reset = json!({"token": token(link), "password": new});
        self.lost = Some(Lost { new, link: Some(link.clone()) });
        let answer = client.try_call("POST", "/password/reset", &reset)?;
        assert_eq!(answer.status, 204, "{}", answer.body);
        let Lost { new, .. } = self.lost.take().unwrap();
        self.changed_to(new);
        Ok(1)
    }

    fn end_session(&mut self) -> io::Result<usize> {
        let standing = |session: &&mut Session| session.stands == Is::So && !session.id.is_empty();
        let mut standing = self.sessions.iter_mut().filter(standing);
        let (Some(other), Some(mine)) = (standing.next(), standing.next()) else {
            return self.log_in();
        };
        other.stands = Is::Unknown;
        let answer = mine.client.try_call("DELETE", &format!("/sessions/{}", other.id), NONE)?;
        assert_eq!(answer.status, 204, "{}", answer.body);
        other.stands = Is::Not;
        Ok(1)
    }

    fn log_out(&mut self) -> io::Result<usize> {
        let Some(place) = self.any() else { return self.log_in() };
        let session = &mut self.sessions[place];
        session.stands = Is::Unknown;
        // The copy keeps the cookie, to see later that it is dead.
        let answer = session.client.clone().try_call("DELETE", "/session", NONE)?;
        assert_eq!(answer.status, 204, "{}", answer.body);
        session.stands = Is::Not;
        Ok(1)
    }

    fn add_lead(&mut self) -> io::Result<usize> {
        let Some(place) = self.any() else { return self.log_in() };
        self.leads += 1;
        let company = format!("Lead-{}-{}.", self.number, self.leads);
        self.added.push((company.clone(), Is::Unknown));
        let fields = format!("company={company}&contact=Ada&stage=New");
        let form = [("content-type", "application/x-www-form-urlencoded")];
        let answer = self.sessions[place].client.try_send("POST", "/leads", &form, &fields)?;
        assert_eq!(answer.header("location"), Some("/?added"), "{}", answer.body);
        self.added.last_mut().unwrap().1 = Is::So;
        Ok(1)
    }
}
