use std::{io, net::Ipv4Addr, thread, time::Duration};

use super::support::{Client, client::Answer};

/// Whether something is so; `Unknown` where the answer that says it was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Is {
    So,
    Not,
    Unknown,
}

/// A log-in.
pub(crate) struct Session {
    pub(crate) client: Client,
    pub(crate) id: String,
    pub(crate) stands: Is,
}

/// A change of password whose answer was lost.
pub(crate) struct Lost {
    pub(crate) new: String,
    /// The link it was made with, if it was a reset.
    pub(crate) link: Option<String>,
}

/// The letter of a reset: one is all that anybody gets in the time this test takes.
#[derive(Debug)]
pub(crate) enum Letter {
    NotAsked,
    Awaited,
    Link(String),
    /// Its link was used, or went with a change of password.
    Past,
}

/// Somebody, and what the program told them.
pub(crate) struct Person {
    pub(crate) number: usize,
    pub(crate) port: u16,
    pub(crate) generation: usize,
    /// Whether they did something since the last check.
    pub(crate) busy: bool,
    pub(crate) password: String,
    /// The one before, which must not log in any more.
    pub(crate) outdated: Option<String>,
    pub(crate) lost: Option<Lost>,
    pub(crate) sessions: Vec<Session>,
    pub(crate) letter: Letter,
    /// A link that must not work any more.
    pub(crate) dead: Option<String>,
    pub(crate) leads: usize,
    pub(crate) added: Vec<(String, Is)>,
    /// How often a wrong password was tried: the program slows that down.
    pub(crate) wrong: usize,
}

impl Person {
    pub(crate) fn new(number: usize, port: u16) -> Self {
        Self {
            number,
            port,
            generation: 0,
            busy: false,
            password: format!("quiet harbour {number} lantern 0"),
            outdated: None,
            lost: None,
            sessions: Vec::new(),
            letter: Letter::NotAsked,
            dead: None,
            leads: 0,
            added: Vec::new(),
            wrong: 0,
        }
    }

    pub(crate) fn login(&self) -> String {
        format!("seller{}", self.number)
    }

    pub(crate) fn email(&self) -> String {
        format!("{}@acme.example", self.login())
    }

    pub(crate) fn password(&self) -> &str {
        &self.password
    }

    /// The new password holds, and nothing from before it.
    pub(crate) fn changed_to(&mut self, new: String) {
        self.outdated = Some(std::mem::replace(&mut self.password, new));
        self.sessions.iter_mut().for_each(|session| session.stands = Is::Not);
        match std::mem::replace(&mut self.letter, Letter::Past) {
            Letter::NotAsked => self.letter = Letter::NotAsked,
            Letter::Link(link) => self.dead = Some(link),
            Letter::Awaited | Letter::Past => {}
        }
    }

    /// A client in this person's own network.
    pub(crate) fn client(&self) -> Client {
        let network = u8::try_from(self.number + 1).unwrap();
        Client::from(self.port, Ipv4Addr::new(127, 1, network, 1))
    }
}

/// Waits out the pauses that log-ins cut off half-way have left behind.
pub(crate) fn patiently(mut ask: impl FnMut() -> io::Result<Answer>) -> io::Result<Answer> {
    loop {
        let answer = ask()?;
        if answer.status != 429 {
            return Ok(answer);
        }
        let pause = answer.header("retry-after").unwrap().parse().unwrap();
        assert!(pause < 70, "a pause of {pause} seconds");
        thread::sleep(Duration::from_secs(pause));
    }
}
