//! Signals: SIGTERM and Ctrl-C end the server, SIGHUP makes it look at its files again.

use tokio::signal::unix::{Signal, SignalKind, signal};

use super::Error;

/// The signals that are heeded, from the moment they are listened for.
pub struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hangup: Signal,
}

/// What a signal asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// To end: the first time when requests under way are answered, the second time at once.
    End,
    /// To look at the files of the settings again.
    Refresh,
}

impl Signals {
    /// Listens from here on, so that no signal ends the process unheard.
    ///
    /// # Errors
    /// When the system does not let us.
    pub fn listen() -> Result<Self, Error> {
        let listen = |kind| signal(kind).map_err(|source| Error::Signals { source });
        Ok(Signals {
            terminate: listen(SignalKind::terminate())?,
            interrupt: listen(SignalKind::interrupt())?,
            hangup: listen(SignalKind::hangup())?,
        })
    }

    /// The next one.
    pub async fn next(&mut self) -> Wish {
        tokio::select! {
            _ = self.terminate.recv() => Wish::End,
            _ = self.interrupt.recv() => Wish::End,
            _ = self.hangup.recv() => Wish::Refresh,
        }
    }
}
