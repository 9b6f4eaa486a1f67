//! What operators are told: closed pipes and terminals, dead runs, failures, edited settings, variables.

mod closed;
mod dead;
mod evidence;
mod explain;
mod live;
mod told;
mod usage;

use std::io::{BufRead, BufReader, Lines};
use std::process::{Child, ChildStdout, Stdio};
use std::time::Instant;

use rustix::process::{Pid, Signal, kill_process};

use crate::serve::{Answer, asked};
use crate::support::Project;

/// Longest that anything is waited for.
const MOST_SECONDS: u64 = 240;

/// `unseat up` in a project, on a port of its own. Ended when dropped.
pub struct Up {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
    base: String,
}

impl Up {
    /// Once it answers.
    pub fn of(project: &Project) -> Self {
        Self::by(project, "up")
    }

    /// The same by another command that answers.
    pub fn by(project: &Project, command: &str) -> Self {
        let mut command = project.command(&[command, "--listen", "127.0.0.1:0"]);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program starts");
        let stdout = child.stdout.take().expect("stdout is piped");
        let mut lines = BufReader::new(stdout).lines();
        let listening = lines
            .find_map(|line| {
                let line = line.expect("reads");
                let rest = line.strip_prefix("listening on ")?;
                Some(rest.split(' ').next().expect("an address").to_string())
            })
            .expect("it listens");
        Up {
            child,
            lines,
            base: listening,
        }
    }

    pub fn get(&self, path: &str) -> Answer {
        asked(&self.base, path)
    }

    /// Asks until an answer is as wanted.
    #[track_caller]
    pub fn until(&self, path: &str, is_wanted: impl Fn(&str) -> bool) -> String {
        let began = Instant::now();
        loop {
            let text = self.get(path).text();
            if is_wanted(&text) {
                return text;
            }
            let seconds = began.elapsed().as_secs();
            assert!(seconds < MOST_SECONDS, "never came: {path}: {text}");
        }
    }

    /// The next line of its feed that holds these words.
    #[track_caller]
    pub fn line(&mut self, words: &str) -> String {
        let mut seen = Vec::new();
        for line in self.lines.by_ref() {
            let line = line.expect("reads");
            if line.contains(words) {
                return line;
            }
            seen.push(line);
        }
        panic!("no line has {words:?}: {seen:#?}");
    }

    pub fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).expect("it can be signalled");
    }

    /// Ends it; its exit code, and what it said on stderr.
    pub fn end(mut self, signal: Signal) -> (Option<i32>, String) {
        self.signal(signal);
        let mut talk = String::new();
        let mut stderr = self.child.stderr.take().expect("stderr is piped");
        std::io::Read::read_to_string(&mut stderr, &mut talk).expect("reads");
        (self.child.wait().expect("it ends").code(), talk)
    }
}

impl Drop for Up {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Asks until something is so.
#[track_caller]
pub fn until<T>(what: &str, mut found: impl FnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(found) = found() {
            return found;
        }
        assert!(
            began.elapsed().as_secs() < MOST_SECONDS,
            "never came: {what}"
        );
    }
}
