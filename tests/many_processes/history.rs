//! What each process was about to do and what it was answered, a line each in a file of its own.
//! What was begun and has no second line was never answered: a kill met it, whose moment is written
//! down as well; or nobody did, which fails the test. That the store failed is an answer of its own.

use std::{
    collections::BTreeMap,
    fs::File,
    io::Write as _,
    path::Path,
    sync::atomic::{AtomicU64, Ordering},
};

use portcullis::{
    clock::{Clock as _, SystemClock, to_micros},
    error::{Error, Result},
};
use serde_json::{Value, json};

/// Something somebody did, or tried to.
#[derive(Clone, Debug)]
pub(crate) struct Op {
    pub(crate) kind: String,
    pub(crate) user: usize,
    /// The password it was done with, and the one that was to be from then on.
    pub(crate) old: String,
    pub(crate) new: String,
    /// The session or the link it was done with.
    pub(crate) by: String,
    /// The address it came from, which is that of nothing else.
    pub(crate) from: String,
    pub(crate) began: u64,
    pub(crate) answer: Answer,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Answer {
    /// When, and the session that was handed out.
    Done(u64, String),
    /// When, and how.
    Refused(u64, String),
    /// When it was over at the latest, whether it was done or not, and what the store said.
    Failed(u64, String),
    /// When it was over at the latest, whether it was done or not.
    Unanswered(u64),
}

/// Stands for the end of what was never answered in a process that nobody killed.
pub(crate) const NEVER: u64 = u64::MAX;

/// How long a server may be at what it had in hand when whoever asked for it was gone: no more than
/// the statement it was at, and if that is to be more than an attempt it is a commit, which waits
/// for no lock.
const AT_MOST: u64 = 3_000_000;

impl Op {
    /// When it was over at the latest.
    pub(crate) fn ended(&self) -> u64 {
        match self.answer {
            Answer::Done(at, _) | Answer::Refused(at, _) | Answer::Failed(at, _) => at,
            Answer::Unanswered(at) => at,
        }
    }

    pub(crate) fn is_done(&self) -> bool {
        matches!(self.answer, Answer::Done(..))
    }

    /// Whether a kill met it.
    pub(crate) fn is_cut_off(&self) -> bool {
        matches!(self.answer, Answer::Unanswered(at) if at != NEVER)
    }

    /// Whether nobody answered it, and nothing was killed either.
    pub(crate) fn is_left(&self) -> bool {
        matches!(self.answer, Answer::Unanswered(NEVER))
    }

    pub(crate) fn may_be_done(&self) -> bool {
        !matches!(self.answer, Answer::Refused(..))
    }
}

/// The machine's time, which all its processes share.
fn now() -> u64 {
    u64::try_from(to_micros(SystemClock.now())).unwrap()
}

/// Where a process writes.
pub(crate) struct History {
    file: File,
    next: AtomicU64,
}

impl History {
    pub(crate) fn new(folder: &Path, name: &str) -> Self {
        let path = folder.join("history").join(name);
        let file = File::options().create_new(true).append(true).open(path).unwrap();
        Self { file, next: AtomicU64::new(0) }
    }

    /// Each line by one write, so that lines of several tasks do not mix.
    fn say(&self, line: &Value) {
        (&self.file).write_all(format!("{line}\n").as_bytes()).unwrap();
    }

    pub(crate) fn begin(
        &self,
        (kind, user, old, new, by): (&str, usize, &str, &str, &str),
        from: &str,
    ) -> u64 {
        let op = self.next.fetch_add(1, Ordering::SeqCst);
        self.say(&json!({
            "op": op, "kind": kind, "user": user, "old": old, "new": new, "by": by, "from": from,
            "at": now(),
        }));
        op
    }

    pub(crate) fn end(&self, op: u64, answer: &Result<String>) {
        let at = now();
        match answer {
            Ok(token) => self.say(&json!({"op": op, "done": token, "at": at})),
            Err(error @ Error::Unavailable(_)) => {
                self.say(&json!({"op": op, "failed": causes(error), "at": at}));
            }
            Err(error) => self.say(&json!({"op": op, "refused": refusal(error), "at": at})),
        }
    }
}

/// The kind, and of what.
fn refusal(error: &Error) -> String {
    match error {
        Error::Conflict { field } => format!("conflict: {field}"),
        Error::Invalid(missed) => format!("invalid: {}", missed[0].rule),
        error => error.kind().to_owned(),
    }
}

/// What went wrong, down to what the database said.
fn causes(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

/// Writes down that a process is dead from now on.
pub(crate) fn killed(folder: &Path, process: u32) {
    std::fs::write(folder.join("kills").join(process.to_string()), now().to_string()).unwrap();
}

/// When what a process never answered was over: soon after it was killed.
fn over(folder: &Path, history: &Path) -> u64 {
    let name = history.file_name().unwrap().to_string_lossy().into_owned();
    let process = name.split('-').next().unwrap();
    let killed = std::fs::read_to_string(folder.join("kills").join(process));
    killed.map_or(NEVER, |at| at.parse::<u64>().unwrap_or(NEVER - AT_MOST) + AT_MOST)
}

/// Everything that was written.
pub(crate) fn read(folder: &Path) -> Vec<Op> {
    let mut ops = Vec::new();
    for file in std::fs::read_dir(folder.join("history")).unwrap() {
        let path = file.unwrap().path();
        let (text, over) = (std::fs::read_to_string(&path).unwrap(), over(folder, &path));
        let mut own: BTreeMap<u64, Op> = BTreeMap::new();
        for line in text.lines() {
            // The last one may have been cut off by the kill.
            let Ok(line) = serde_json::from_str::<Value>(line) else { continue };
            let word = |name: &str| line[name].as_str().unwrap_or_default().to_owned();
            let (number, at) = (line["op"].as_u64().unwrap(), line["at"].as_u64().unwrap());
            if line["kind"].is_string() {
                let user = usize::try_from(line["user"].as_u64().unwrap()).unwrap();
                let (kind, old, new, by) = (word("kind"), word("old"), word("new"), word("by"));
                let (from, answer) = (word("from"), Answer::Unanswered(over));
                own.insert(number, Op { kind, user, old, new, by, from, began: at, answer });
            } else if line["done"].is_string() {
                own.get_mut(&number).unwrap().answer = Answer::Done(at, word("done"));
            } else if line["failed"].is_string() {
                own.get_mut(&number).unwrap().answer = Answer::Failed(at + AT_MOST, word("failed"));
            } else {
                own.get_mut(&number).unwrap().answer = Answer::Refused(at, word("refused"));
            }
        }
        ops.extend(own.into_values());
    }
    ops.sort_by_key(|op| op.began);
    ops
}
