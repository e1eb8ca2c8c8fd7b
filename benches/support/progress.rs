//! How far something long is, in one line: on a terminal it is written over, elsewhere a new one
//! comes with each tenth.
#![allow(dead_code, unreachable_pub)] // each bench uses its part

use std::{
    io::{IsTerminal as _, Write as _, stderr},
    time::{Duration, Instant},
};

pub struct Progress {
    what: String,
    all: u64,
    begun: Instant,
    /// When the line was written last, and at which tenth.
    said: (Instant, u64),
}

impl Progress {
    pub fn of(what: String, all: u64) -> Self {
        let now = Instant::now();
        Self { what, all, begun: now, said: (now, 0) }
    }

    pub fn at(&mut self, done: u64) {
        let tenth = done * 10 / self.all.max(1);
        let terminal = stderr().is_terminal();
        let soon = self.said.0.elapsed() < Duration::from_millis(200);
        if done < self.all && if terminal { soon } else { tenth == self.said.1 } {
            return;
        }
        self.said = (Instant::now(), tenth);
        let took = self.begun.elapsed();
        let left = took.mul_f64((self.all - done) as f64 / done.max(1) as f64);
        let bar = "#".repeat(done as usize * 30 / self.all.max(1) as usize);
        let (percent, took, left) = (done * 100 / self.all.max(1), took.as_secs(), left.as_secs());
        let line = format!("{} [{bar:<30}] {percent:>3} %, {took} s, {left} s left", self.what);
        let end = if terminal && done < self.all { "\x1b[K\r" } else { "\n" };
        let _ = write!(stderr(), "{line}{end}"); // nobody may be there to read it
    }
}
