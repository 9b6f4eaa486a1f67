//! Hands what is due to its sink, and asks the sinks what they found by themselves.

use std::time::Duration;

use super::{Error, Event, Post, outbox};

/// Hands an event to the sink of a channel.
pub(super) fn take(post: &Post, name: &str, event: &Event, timeout: Duration) -> Result<(), Error> {
    let failed = |why: String| Error::Sink {
        name: name.to_string(),
        why,
    };
    match post.sinks.iter().find(|sink| sink.channel == name) {
        Some(sink) => (sink.take)(event, timeout).map_err(failed),
        None => Err(failed("this process does not know how".to_string())),
    }
}

/// Puts into the outbox what the sinks found by themselves. A failure is logged.
pub async fn look(post: &Post) {
    for sink in &post.sinks {
        for event in (sink.look)().await {
            outbox::happened_for(post, &event, sink.channel).await;
        }
    }
}
