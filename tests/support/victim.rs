//! A process that a test kills. One that ended by itself was not killed, even if a kill that came
//! too late succeeds: then the test fails, and shows what the process said last.
#![allow(dead_code, unreachable_pub)] // each test file uses its part

use std::{
    fs::File,
    io::{Read as _, Seek as _},
    process::{Child, ChildStdout, Command, ExitStatus},
};

/// What the harness of tests ends with where a test failed.
const FAILED: i32 = 101;

pub struct Victim {
    child: Child,
    said: File,
}

impl Victim {
    /// Starts it, and keeps what it says on its standard error.
    pub fn start(command: &mut Command) -> Self {
        let said = tempfile::tempfile().unwrap();
        let child = command.stderr(said.try_clone().unwrap()).spawn().unwrap();
        Self { child, said }
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Its standard output, where that was to be piped.
    pub fn output(&mut self) -> ChildStdout {
        self.child.stdout.take().unwrap()
    }

    /// Fails unless it still runs.
    pub fn must_live(&mut self) {
        if let Some(ended) = self.child.try_wait().unwrap() {
            self.ended_by_itself(ended);
        }
    }

    /// Kills it, by SIGKILL where there are signals. That must be what ends it.
    pub fn kill(&mut self) {
        self.must_live();
        self.child.kill().unwrap();
        let ended = self.child.wait().unwrap();
        // It may have been on its way out, a panic already said.
        let failed = ended.code() == Some(FAILED) || self.said().contains("panicked");
        if ended.success() || failed {
            self.ended_by_itself(ended);
        }
    }

    /// Waits until it ends by itself, as it was asked to.
    pub fn end(&mut self) {
        let ended = self.child.wait().unwrap();
        assert!(ended.success(), "{ended}, and it said:\n{}", self.said());
    }

    fn ended_by_itself(&mut self, ended: ExitStatus) -> ! {
        panic!("a process ended by itself: {ended}, and it said:\n{}", self.said());
    }

    /// What it said. Only once it has ended: the two of them share one place in the file.
    fn said(&mut self) -> String {
        let mut said = Vec::new();
        self.said.rewind().unwrap();
        self.said.read_to_end(&mut said).unwrap();
        String::from_utf8_lossy(&said).into_owned()
    }
}

impl Drop for Victim {
    /// A test that failed leaves nobody behind.
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
