//! Beginning a transaction again that another one got in the way of, or whose connection broke before it was to be true.

use std::time::{Duration, Instant};

use super::super::error::Error;
use super::fault::{is_conflict, is_lost};

/// How long a transaction is started again and again.
const PATIENCE: Duration = Duration::from_secs(20);
/// The first pause between two tries; each is twice as long as the one before, up to the longest.
const PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_millis(500);

/// The tries at one thing.
pub struct Tries {
    until: Instant,
    pause: Duration,
}

impl Default for Tries {
    fn default() -> Self {
        Tries::new()
    }
}

impl Tries {
    /// None yet.
    pub fn new() -> Self {
        Tries {
            until: Instant::now() + PATIENCE,
            pause: PAUSE,
        }
    }

    /// Whether another try is worth while; it waits before it says so.
    pub async fn again(&mut self, error: &Error) -> bool {
        match error {
            Error::Statement { source, .. } if is_conflict(source) || is_lost(source) => {
                self.wait().await
            }
            _ => false,
        }
    }

    /// Waits for the next try; whether there is time for one.
    pub async fn wait(&mut self) -> bool {
        if Instant::now() >= self.until {
            return false;
        }
        tokio::time::sleep(self.pause).await;
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
        true
    }
}

/// What comes of a transaction that is started again as long as others get in its way. An error while it is committed is not
/// tried again: it may have been done.
macro_rules! settled {
    ($attempt:expr) => {{
        let mut tries = $crate::registry::Tries::new();
        loop {
            match $attempt.await {
                Err(error) if tries.again(&error).await => {}
                done => break done,
            }
        }
    }};
}
pub(crate) use settled;
