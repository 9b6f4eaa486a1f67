//! AWS Lambda in place of a socket: one event after the other, answered like a request.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use warp::http::header::HeaderName;
use warp::http::{HeaderValue, Method};

use super::State;
use super::answer::{self, Whole};
use super::router::Router;
use super::tasks::{Tasks, look_again};
use crate::http::lambda::runtime::{Error, Invocation, Runtime};
use crate::http::lambda::{event, payload};
use crate::http::signals::{Signals, Wish};

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// Left of an invocation's time for its answer to be handed back.
const LAST: Duration = Duration::from_millis(200);

/// Answers events until a signal, or until the interface is gone. The one that is being answered is answered first.
///
/// # Errors
/// When the interface cannot be reached, or does not understand.
pub async fn run(
    runtime: &mut Runtime,
    state: &Arc<State>,
    mut signals: Signals,
) -> Result<(), Error> {
    let _tasks = Tasks::begin(state);
    let router = Arc::new(Router::new());
    loop {
        let invocation = {
            let mut next = std::pin::pin!(runtime.next());
            loop {
                tokio::select! {
                    next = next.as_mut() => break next?,
                    wish = signals.next() => match wish {
                        Wish::Refresh => look_again(state).await,
                        Wish::End | Wish::EndSoon => return Ok(()),
                    },
                }
            }
        };
        invoked(runtime, state, &router, invocation).await?;
    }
}

async fn invoked(
    runtime: &mut Runtime,
    state: &Arc<State>,
    router: &Router,
    invocation: Invocation,
) -> Result<(), Error> {
    let id = invocation.id.as_str();
    let mut event = match event::read(&invocation.event) {
        Ok(event) => event,
        Err(error) => {
            tracing::warn!("an invocation failed to {error}");
            let why = format!("failed to {error}");
            return runtime.fail(id, "Unseat.UnknownEvent", &why).await;
        }
    };
    // In the logs of Lambda each invocation has its own id; an answer without one of its caller's has that, too.
    if let Ok(id) = HeaderValue::from_str(id) {
        event.headers.entry(X_REQUEST_ID).or_insert(id);
    }
    let left = invocation.deadline_ms.map(|at| {
        let left = u64::try_from(at - state.clock.now_ms()).unwrap_or(0);
        Duration::from_millis(left).saturating_sub(LAST)
    });
    let (form, is_head) = (event.form, event.method == Method::HEAD);
    let whole = Whole {
        method: event.method,
        path: event.path,
        query: event.query,
        headers: event.headers,
        body: event.body,
        peer: event.peer.map(|ip| SocketAddr::new(ip, 0)),
        left,
    };
    let answered = std::panic::AssertUnwindSafe(answer::whole(state, router, whole));
    let Ok(response) = answered.catch_unwind().await else {
        return runtime
            .fail(id, "Unseat.Panicked", "the server failed to answer")
            .await;
    };
    match payload::written(form, is_head, &response) {
        Ok(payload) => runtime.answer(id, payload).await,
        Err(error) => runtime.fail(id, "Unseat.Answer", &error.to_string()).await,
    }
}
