//! Signals: SIGTERM and Ctrl-C end the server; SIGHUP makes it look at its files again, or ends it when its terminal is gone.

use std::fs;

use tokio::signal::unix::{Signal, SignalKind, signal};

use super::error::Error;

/// The terminal of the process, if it has one: it cannot be opened where there is none, or where it was hung up.
const TERMINAL: &str = "/dev/tty";
/// SIGHUP in the mask of ignored signals.
const HANGUP_BIT: u64 = 1;

/// The signals that are heeded, from the moment they are listened for.
pub struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hangup: Signal,
    /// Whether the end of the terminal is an end: not for a service, nor under `nohup`.
    follows_terminal: bool,
}

/// What a signal asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// To end: the first time once balancers have noticed and requests under way are answered, the second time at once.
    End,
    /// To end without waiting for load balancers: it was stopped at a terminal.
    EndSoon,
    /// To look at the files of the settings again.
    Refresh,
}

impl Signals {
    /// Listens from here on, so that no signal ends the process unheard.
    ///
    /// # Errors
    /// When the system does not let us.
    pub fn listen() -> Result<Self, Error> {
        // Asked before it is listened for, which would answer no.
        let follows_terminal = has_terminal() && !ignores_hangup();
        let listen = |kind| signal(kind).map_err(|source| Error::Signals { source });
        Ok(Signals {
            terminate: listen(SignalKind::terminate())?,
            interrupt: listen(SignalKind::interrupt())?,
            hangup: listen(SignalKind::hangup())?,
            follows_terminal,
        })
    }

    /// The next one.
    pub async fn next(&mut self) -> Wish {
        tokio::select! {
            _ = self.terminate.recv() => Wish::End,
            _ = self.interrupt.recv() => Wish::EndSoon,
            _ = self.hangup.recv() => {
                if self.follows_terminal && !has_terminal() {
                    // Shell and system both send one; the second is no wish to end at once.
                    self.follows_terminal = false;
                    return Wish::End;
                }
                Wish::Refresh
            }
        }
    }
}

fn has_terminal() -> bool {
    fs::File::open(TERMINAL).is_ok()
}

/// Whether who started the process wants it to outlive the terminal, as `nohup` does. Where the system does not say, no.
fn ignores_hangup() -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    ignored(&status) & HANGUP_BIT != 0
}

/// The mask of ignored signals in the text of `/proc/self/status`.
fn ignored(status: &str) -> u64 {
    let mask = status
        .lines()
        .find_map(|line| line.strip_prefix("SigIgn:"))
        .map(str::trim);
    mask.and_then(|mask| u64::from_str_radix(mask, 16).ok())
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mask_of_ignored_signals_is_read() {
        let nohup = "Name:\tunseat\nSigIgn:\t0000000000001001\nSigCgt:\t0000000000000000\n";
        assert_eq!(ignored(nohup) & HANGUP_BIT, 1);
        assert_eq!(
            ignored("SigIgn:\t0000000000001000\n") & HANGUP_BIT,
            0,
            "SIGPIPE alone"
        );
        assert_eq!(ignored(""), 0);
    }
}
