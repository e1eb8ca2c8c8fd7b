//! A mail server that does whatever a test tells it to do wrong, in the clear.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]
#![allow(dead_code, reason = "no test uses all of it")]

use std::sync::{Arc, Mutex};

use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
};

/// What the server does at one point of a conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Act {
    /// What a working server does.
    Usual,
    /// Says this instead, without the line's end.
    Say(String),
    /// Does not say anything any more, and keeps the connection.
    Hang,
    /// Closes the connection.
    Drop,
}

impl Act {
    /// Says this instead of what is usual.
    pub(crate) fn say(what: &str) -> Self {
        Self::Say(what.to_owned())
    }
}

type Plan = Box<dyn Fn(usize, &str) -> Act + Send>;

/// The server.
///
/// Its plan is asked at each point, with the connection's number (from 0) and a line: the command
/// as it came, `greeting` before the first one, `first line` at the first line of a message, and
/// `end` behind its last.
pub(crate) struct FaultySmtp {
    /// Where it listens, on 127.0.0.1.
    pub(crate) port: u16,
    plan: Arc<Mutex<Plan>>,
    /// Each command it read, and the number of its connection.
    heard: Arc<Mutex<Vec<(usize, String)>>>,
    letters: Arc<Mutex<Vec<(usize, String)>>>,
}

impl FaultySmtp {
    /// Starts a server with a plan.
    pub(crate) async fn start(plan: impl Fn(usize, &str) -> Act + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = Self {
            port: listener.local_addr().unwrap().port(),
            plan: Arc::new(Mutex::new(Box::new(plan))),
            heard: Arc::default(),
            letters: Arc::default(),
        };
        let (plan, heard, letters) =
            (server.plan.clone(), server.heard.clone(), server.letters.clone());
        tokio::spawn(async move {
            for number in 0.. {
                let Ok((tcp, _)) = listener.accept().await else { return };
                let conversation = Conversation {
                    number,
                    tcp: BufReader::new(tcp),
                    plan: plan.clone(),
                    heard: heard.clone(),
                    letters: letters.clone(),
                };
                tokio::spawn(conversation.run());
            }
        });
        server
    }

    /// Follows another plan from now on, in open conversations too.
    pub(crate) fn plan(&self, plan: impl Fn(usize, &str) -> Act + Send + 'static) {
        *self.plan.lock().unwrap() = Box::new(plan);
    }

    /// The URL to reach it by.
    pub(crate) fn url(&self) -> String {
        format!("smtp://127.0.0.1:{}", self.port)
    }

    /// The commands it read so far, in order, with their connection's number.
    pub(crate) fn heard(&self) -> Vec<(usize, String)> {
        self.heard.lock().unwrap().clone()
    }

    /// The letters it accepted so far, with their connection's number.
    pub(crate) fn letters(&self) -> Vec<(usize, String)> {
        self.letters.lock().unwrap().clone()
    }
}

struct Conversation {
    number: usize,
    tcp: BufReader<TcpStream>,
    plan: Arc<Mutex<Plan>>,
    heard: Arc<Mutex<Vec<(usize, String)>>>,
    letters: Arc<Mutex<Vec<(usize, String)>>>,
}

impl Conversation {
    async fn run(mut self) -> Option<()> {
        self.answer("greeting", "220 mail.test").await?;
        loop {
            let line = self.line().await?;
            self.heard.lock().unwrap().push((self.number, line.clone()));
            let verb = line.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
            let usual = match verb.as_str() {
                "EHLO" => "250-mail.test\r\n250-8BITMIME\r\n250 AUTH PLAIN LOGIN",
                "AUTH" => "235 2.7.0 welcome",
                "DATA" => "354 go on",
                "QUIT" => "221 bye",
                _ => "250 2.0.0 fine",
            };
            let accepted = self.answer(&line, usual).await?;
            if verb == "DATA" && accepted {
                let letter = self.message().await?;
                if self.answer("end", "250 2.0.0 accepted").await? {
                    self.letters.lock().unwrap().push((self.number, letter));
                }
            }
        }
    }

    async fn message(&mut self) -> Option<String> {
        let mut message = String::new();
        loop {
            let line = self.line().await?;
            if message.is_empty() {
                match self.act("first line") {
                    Act::Drop => return None,
                    Act::Hang => std::future::pending().await,
                    _ => {}
                }
            }
            if line == "." {
                return Some(message);
            }
            message += &line;
            message += "\n";
        }
    }

    async fn line(&mut self) -> Option<String> {
        let mut line = String::new();
        let read = self.tcp.read_line(&mut line).await.ok()?;
        (read > 0).then(|| line.trim_end_matches(['\r', '\n']).to_owned())
    }

    fn act(&self, point: &str) -> Act {
        (self.plan.lock().unwrap())(self.number, point)
    }

    /// Whether it said what is usual.
    async fn answer(&mut self, point: &str, usual: &str) -> Option<bool> {
        let act = self.act(point);
        let words = match &act {
            Act::Usual => usual,
            Act::Say(words) => words,
            Act::Hang => std::future::pending().await,
            Act::Drop => return None,
        };
        self.tcp.get_mut().write_all(format!("{words}\r\n").as_bytes()).await.ok()?;
        Some(act == Act::Usual)
    }
}
