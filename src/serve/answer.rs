//! One request from its head to its answer: route, caller, limits, body, handler, log and metrics.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::{Buf, Bytes};
use futures_util::{FutureExt, Stream};
use warp::http::header::HeaderName;
use warp::http::request::Parts;
use warp::http::{HeaderMap, HeaderValue, Method, Response};
use warp::{Filter, Rejection};

use super::cors::{self, is_preflight, preflight};
use super::router::{Found, Router};
use super::routes::Route;
use super::{Code, Problem, Reply, Request, State, audit, pages};
use crate::config::Role;
use crate::faults;
use crate::http::budget::{Reason, Work, too_slow};
use crate::http::dialect::Dialect;
use crate::http::observe::Finished;
use crate::http::peer::Peer;
use crate::http::request::Caller;
use crate::http::{auth, body};
use crate::serving::probation::request_scope::{PickedVersion, noting};

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// Most characters of a request id that a caller may bring along.
const MOST_ID: usize = 128;

/// The filter that takes a request apart and answers it.
pub fn filter(
    state: Arc<State>,
    router: Arc<Router>,
) -> impl Filter<Extract = (Response<Bytes>,), Error = Rejection> + Clone + Send + Sync + 'static {
    let query = warp::query::raw()
        .map(Some)
        .or(warp::any().map(|| None))
        .unify();
    warp::method()
        .and(warp::path::full())
        .and(query)
        .and(warp::header::headers_cloned())
        .and(warp::ext::optional::<Peer>())
        .and(warp::body::stream())
        .then(
            move |method, path: warp::path::FullPath, query, headers, peer: Option<Peer>, body| {
                let (state, router) = (state.clone(), router.clone());
                let head = Head {
                    method,
                    path: path.as_str().to_string(),
                    query,
                    headers: Arc::new(headers),
                    peer: peer.as_ref().map(|peer| peer.address),
                    connection: peer,
                    began: Instant::now(),
                    left: None,
                };
                async move {
                    let found = router.find(&head.method, &head.path);
                    answer(&state, &router, head, found, body).await
                }
            },
        )
}

/// Answers a request whose route is known, as [`filter`] does, without taking it apart first.
pub async fn direct<S, E>(
    state: Arc<State>,
    router: Arc<Router>,
    found: Found,
    parts: Parts,
    body: S,
) -> Response<Bytes>
where
    S: Stream<Item = Result<Bytes, E>>,
{
    let mut parts = parts;
    let peer: Option<Peer> = parts.extensions.remove();
    let head = Head {
        path: parts.uri.path().to_string(),
        query: parts.uri.query().map(str::to_string),
        method: parts.method,
        headers: Arc::new(parts.headers),
        peer: peer.as_ref().map(|peer| peer.address),
        connection: peer,
        began: Instant::now(),
        left: None,
    };
    answer(&state, &router, head, Ok(found), body).await
}

/// A request that is all there before it is answered, and on no connection.
pub struct Whole {
    pub method: Method,
    pub path: String,
    pub query: Option<String>,
    pub headers: HeaderMap,
    pub body: Bytes,
    pub peer: Option<SocketAddr>,
    /// How long somebody waits for the answer, where that is known.
    pub left: Option<Duration>,
}

/// Answers a request that did not come by a socket.
pub async fn whole(state: &Arc<State>, router: &Router, whole: Whole) -> Response<Bytes> {
    let head = Head {
        method: whole.method,
        path: whole.path,
        query: whole.query,
        headers: Arc::new(whole.headers),
        peer: whole.peer,
        connection: None,
        began: Instant::now(),
        left: whole.left,
    };
    let found = router.find(&head.method, &head.path);
    let body = futures_util::stream::iter([Ok::<_, Infallible>(whole.body)]);
    answer(state, router, head, found, body).await
}

/// A request before its body.
struct Head {
    method: Method,
    path: String,
    query: Option<String>,
    headers: Arc<HeaderMap>,
    peer: Option<SocketAddr>,
    connection: Option<Peer>,
    began: Instant,
    /// How long somebody waits for the answer, where that is known.
    left: Option<Duration>,
}

async fn answer<B: Buf, E>(
    state: &Arc<State>,
    router: &Router,
    head: Head,
    found: Result<Found, (Dialect, Problem)>,
    body: impl Stream<Item = Result<B, E>>,
) -> Response<Bytes> {
    let unique = state.new_id();
    let id = given_id(&head.headers).unwrap_or_else(|| unique.clone());
    let under_way = state.observer.began();
    let route = found.as_ref().ok().map(|found| found.index);
    let mut caller = None;
    let mut body = std::pin::pin!(body);
    let is_named = head.connection.as_ref().is_none_or(|peer| peer.is_named);
    let origin = state.guard.cors(&head.headers);
    let (dialect, handled) = match found {
        _ if !is_named => (Dialect::Native, Err(nameless())),
        found if is_preflight(&head.method, &head.headers) => {
            let dialect = found
                .as_ref()
                .map_or(Dialect::Native, |it| it.route.dialect);
            (dialect, preflight(router, &head.path, origin.as_ref()))
        }
        Err((dialect, problem)) => (dialect, Err(problem)),
        Ok(found) => {
            let dialect = found.route.dialect;
            let body = body.as_mut();
            let is_prediction = found.route.role == Some(Role::Predict);
            let work = handled(state, found, &head, body, &id, unique, &mut caller);
            let (handled, picked) = noting(work).await;
            if let Some(picked) = picked.filter(|_| is_prediction) {
                count(&picked, &handled);
            }
            (dialect, handled)
        }
    };
    let reply = match handled {
        Ok(reply) => reply,
        Err(problem) => {
            let is_late = problem.code == Code::RequestTimeout || !is_named;
            let is_read = !is_late && body::discard(&head.headers, body).await;
            let reply = match dialect {
                Dialect::Page => pages::problem(state, &head.path, &head.headers, &problem),
                dialect => dialect.tell(&problem),
            };
            // What is not read would be taken for the next request.
            if is_read {
                reply
            } else {
                reply.header("connection", "close")
            }
        }
    };
    let mut reply = crate::http::compression::compressed(reply, &head.headers).await;
    if let Some(origin) = &origin {
        cors::answered(&mut reply, origin);
    }
    let sends = || head.connection.as_ref().map(|peer| peer.progress.sends());
    match state.budget.answer(reply.body.clone(), sends) {
        Ok(body) => reply.body = body,
        Err(problem) => reply = dialect.tell(&problem),
    }
    let by = reply.answered_by.as_ref();
    let by = by.and_then(|(model, version)| Some((model.to_str().ok()?, version.to_str().ok()?)));
    let finished = Finished {
        route,
        method: &head.method,
        path: &head.path,
        status: reply.status,
        duration: head.began.elapsed(),
        rows: reply.rows,
        answered_by: by,
        bytes: reply.body.len(),
        id: &id,
        caller: caller.as_deref(),
        peer: head.peer,
        headers: &head.headers,
    };
    state.observer.finished(under_way, &finished);
    let mut response = reply.into_response();
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(X_REQUEST_ID, id);
    }
    response
}

async fn handled<B: Buf, E>(
    state: &Arc<State>,
    found: Found,
    head: &Head,
    body: impl Stream<Item = Result<B, E>>,
    id: &str,
    unique: String,
    name: &mut Option<String>,
) -> Result<Reply, Problem> {
    let route = found.route;
    let caller = admitted(state, route, head, id).await?;
    *name = Some(caller.name.clone());
    let limits = &state.settings.limits;
    // Who asks whether the server lives must get an answer when it is busiest.
    let permit = match route.role {
        None => None,
        Some(_) => Some(state.in_flight.clone().try_acquire_owned().map_err(|_| {
            state.budget.count(Reason::InFlight);
            busy()
        })?),
    };
    let time = Duration::from_secs_f64(limits.body_seconds);
    let mut held = state.budget.nothing();
    let most = limits.body_bytes;
    let body = body::collect(&head.headers, body, most, time, &mut held).await?;
    let time = Duration::from_secs_f64(limits.answer_seconds);
    let time = head.left.map_or(time, |left| time.min(left));
    let work = Work::begin(limits, held, permit);
    // Work on a thread of its own is notified when nobody waits for it any more.
    let _caller = work.caller();
    let request = Request {
        method: head.method.clone(),
        path: head.path.clone(),
        params: found.params,
        query: head.query.clone(),
        headers: head.headers.clone(),
        body,
        id: id.to_string(),
        unique,
        caller,
        work,
    };
    let work = (route.handler)(state.clone(), request);
    // What panics is one answer that is lost, not the others on its connection.
    let work = async move {
        if faults::point(faults::HANDLER).is_err() {
            panic!("planned failure in a handler");
        }
        work.await
    };
    let work = AssertUnwindSafe(work).catch_unwind();
    let work = async { work.await.unwrap_or_else(|_| Err(panicked())) };
    let handled = tokio::time::timeout(time, work).await;
    // A caller who may change something, also by a GET of another system, sees the result.
    if route.role == Some(Role::Admin) {
        state.forget();
    }
    handled.unwrap_or_else(|_| {
        state.budget.count(Reason::Time);
        Err(too_slow())
    })
}

/// Lets a caller in; one who is turned away where changes are made is written down.
async fn admitted(state: &State, route: &Route, head: &Head, id: &str) -> Result<Caller, Problem> {
    let admitted = state.guard.admit(route, &head.headers, head.peer);
    if route.role == Some(Role::Admin)
        && let Err(problem) = &admitted
        && matches!(problem.code, Code::Unauthorized | Code::Forbidden)
    {
        let name = state.guard.name_of(&head.headers);
        let asked = audit::Attempt {
            id,
            caller: name.as_deref().unwrap_or(auth::ANONYMOUS),
            address: head.peer.map(|peer| peer.ip()),
            method: head.method.as_str(),
            path: &head.path,
        };
        audit::turned_away(state, &asked, problem).await;
    }
    admitted
}

/// Counts what came of a request for the version that it was given to.
fn count(picked: &PickedVersion, handled: &Result<Reply, Problem>) {
    let (status, rows) = match handled {
        Ok(reply) => (reply.status, reply.rows),
        Err(problem) => (problem.code.status(), 0),
    };
    let counts = &picked.served.counts;
    counts.ended(status.as_u16(), picked.at.elapsed(), rows);
}

fn nameless() -> Problem {
    Problem::new(
        Code::BadRequest,
        "the request has not exactly one `Host` header, as HTTP/1.1 wants it (RFC 9112, section 3.2)",
    )
}

fn panicked() -> Problem {
    tracing::error!("a request failed: its handler panicked");
    Problem::new(
        Code::Internal,
        "the server failed to answer; its log says why, under the request id",
    )
}

fn busy() -> Problem {
    Problem::new(
        Code::Unavailable,
        "the server is answering as many requests as it may; try again",
    )
    .retry(1)
}

/// The caller's own request id, when it is one that can be in a header and a log.
fn given_id(headers: &HeaderMap) -> Option<String> {
    let text = headers.get(X_REQUEST_ID)?.to_str().ok()?;
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:/+=@".contains(&byte);
    (!text.is_empty() && text.len() <= MOST_ID && text.bytes().all(is_plain))
        .then(|| text.to_string())
}
