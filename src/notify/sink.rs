//! Another system that is kept up to date with the registry through the outbox, like a channel. How is defined elsewhere.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;

use super::message::Event;

/// Brings it up to date after something happened, within a time; on a thread that may wait. Twice is as good as once.
type Take = dyn Fn(&Event, Duration) -> Result<(), String> + Send + Sync;
/// Events without a report of their own, such as a champion that was moved by hand.
type LookForIt = dyn Fn() -> BoxFuture<'static, Vec<Event>> + Send + Sync;

/// Something that is kept up to date.
#[derive(Clone)]
pub struct Sink {
    /// The name of its channel.
    pub channel: &'static str,
    /// Brings it up to date.
    pub take: Arc<Take>,
    /// Looks for events without a report of their own.
    pub look: Arc<LookForIt>,
}

impl std::fmt::Debug for Sink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.channel)
    }
}
