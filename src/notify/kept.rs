//! Hands what is due to the sink, and asks it what it found by itself.

use std::time::Duration;

use super::{Error, Event, Post, outbox};

/// Hands an event to the sink.
pub(super) fn take(post: &Post, name: &str, event: &Event, timeout: Duration) -> Result<(), Error> {
    let failed = |why: String| Error::Sink {
        name: name.to_string(),
        why,
    };
    match &post.sink {
        Some(sink) => (sink.take)(event, timeout).map_err(failed),
        None => Err(failed("this process does not know how".to_string())),
    }
}

/// Puts into the outbox what the sink found by itself. A failure is logged.
pub async fn look(post: &Post) {
    let Some(sink) = &post.sink else { return };
    for event in (sink.look)().await {
        outbox::happened_for(post, &event, sink.channel).await;
    }
}
