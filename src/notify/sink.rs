//! What is kept up to date with the registry through the outbox, as if it were told: what it is made of is known elsewhere.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;

use super::message::Event;

/// Brings it up to date after something happened, within a time; on a thread that may wait. Twice is as good as once.
type Take = dyn Fn(&Event, Duration) -> Result<(), String> + Send + Sync;
/// What happened that nobody tells of, such as a champion that was moved by hand.
type LookForIt = dyn Fn() -> BoxFuture<'static, Vec<Event>> + Send + Sync;

/// Something that is kept up to date.
#[derive(Clone)]
pub struct Sink {
    /// The name of its channel.
    pub channel: &'static str,
    /// Brings it up to date.
    pub take: Arc<Take>,
    /// Looks for what nobody tells of.
    pub look: Arc<LookForIt>,
}

impl std::fmt::Debug for Sink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.channel)
    }
}
