//! Nothing is waited for without end: a program that hangs is killed, so that its test fails instead of hanging, too.

use std::io::Write as _;
use std::process::Child;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

/// Longest that a program may live, also on a machine that is busy with other things.
const MOST: Duration = Duration::from_secs(600);

/// Kills a program that lives too long. To be dropped before the program is waited for by anybody else.
pub struct Limit(#[expect(dead_code, reason = "its end is what is heard")] Sender<()>);

impl Limit {
    /// Begins to wait.
    pub fn of(child: &Child) -> Self {
        let (alive, ended) = channel();
        let pid = Pid::from_child(child);
        std::thread::spawn(move || {
            if ended.recv_timeout(MOST) == Err(RecvTimeoutError::Timeout) {
                let _ = writeln!(std::io::stderr(), "killed after {MOST:?}: {pid:?}");
                let _ = kill_process(pid, Signal::KILL);
            }
        });
        Limit(alive)
    }
}
