//! The socket: bound before anything else, so that a taken port is an error and not a panic; connections within bounds; an
//! end that lets requests under way finish.
//!
//! warp's own loop has no time limit for a request's head, no bound on connections and no bound on the end, so the loop is
//! hyper-util's ([`crate::http::connection`]). The service in it is warp's filter, with a [`FastLane`] for predictions.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::FutureExt;
use hyper::body::{Body, Incoming};
use hyper::service::Service;
use hyper::{Request, Response};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::fast_lane::FastLane;
use super::router::Router;
use super::tasks::{Tasks, look_again};
use super::{State, answer};
use crate::config::Server;
use crate::http::auth::Guard;
use crate::http::connection::{Anything, Connections, Phase};
use crate::http::error::Error;
use crate::http::signals::{Signals, Wish};

/// Connections that wait in the system's own queue to be taken.
const BACKLOG: u32 = 1024;
/// How long connections that are cut may take to notice.
const LAST: Duration = Duration::from_secs(1);
/// How long idle connections may still ask while the server ends; their answers say that the connection closes.
const GRACE: Duration = Duration::from_secs(1);
/// Between two looks whether any are left.
const TICK: Duration = Duration::from_millis(50);
/// Pause after a connection that could not be taken.
const PAUSE: Duration = Duration::from_millis(10);

/// A socket that is listened on and not yet answered.
pub struct Bound {
    listener: TcpListener,
    /// The address, with the port that the system chose where 0 was requested.
    pub address: SocketAddr,
}

/// Listens on the address of the settings, the first that its name stands for and that can be had.
///
/// # Errors
/// When it is unknown, taken, not ours, or open to others without tokens.
pub async fn bind(settings: &Server, guard: &Guard) -> Result<Bound, Error> {
    let listen = settings.listen.as_str();
    let unknown = |source| Error::Unknown {
        address: listen.to_string(),
        source,
    };
    let addresses = tokio::net::lookup_host(listen).await.map_err(unknown)?;
    let addresses: Vec<SocketAddr> = addresses.collect();
    // What the name stands for counts, not the name.
    for &address in &addresses {
        guard.allow(address)?;
    }
    let mut last = std::io::Error::from(std::io::ErrorKind::AddrNotAvailable);
    for address in addresses {
        match listen_on(address) {
            Ok(bound) => return Ok(bound),
            Err(error) => last = error,
        }
    }
    Err(Error::Listen {
        address: listen.to_string(),
        source: last,
    })
}

fn listen_on(address: SocketAddr) -> std::io::Result<Bound> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    // After a restart the port is free at once, though old connections linger in the system.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    let listener = socket.listen(BACKLOG)?;
    let address = listener.local_addr()?;
    Ok(Bound { listener, address })
}

impl Bound {
    /// Answers until a signal to end. Then `/readyz` says so while everything continues, for balancers to notice; then each
    /// answer closes its connection; then idle connections are closed and no new ones are accepted; then requests under way finish
    /// within the bound of the settings, or until the next signal. Returns how many connections had to be cut.
    pub async fn run(self, state: Arc<State>, mut signals: Signals) -> usize {
        let tasks = Tasks::begin(&state);
        let limits = &state.settings.limits;
        let places = Arc::new(Semaphore::new(limits.connections));
        let connections = Arc::new(Connections::new(limits, state.budget.clone()));
        let router = Arc::new(Router::new());
        let filter = answer::filter(state.clone(), router.clone());
        let rest = TowerToHyperService::new(warp::service(filter));
        let service = FastLane::new(state.clone(), router, rest);
        let (phase, at) = watch::channel(Phase::Open);
        let mut stage = Stage::Open;
        let is_hurried = loop {
            let taken = tokio::select! {
                taken = take(&self.listener, &places) => taken,
                wish = signals.next() => {
                    match (wish, stage) {
                        (Wish::Refresh, _) => look_again(&state).await,
                        (Wish::End, Stage::Open) => {
                            state.drain();
                            stage = Stage::delay(&state.settings);
                        }
                        (Wish::EndSoon, Stage::Open) => {
                            state.drain();
                            stage = Stage::Delay(Instant::now());
                        }
                        (Wish::End | Wish::EndSoon, _) => break true,
                    }
                    continue;
                }
                () = stage.next() => {
                    match stage {
                        Stage::Delay(_) => {
                            connections.close_after_answers();
                            let _ = phase.send(Phase::Closing);
                            stage = Stage::grace(&state.settings);
                        }
                        // One of them is `at`.
                        Stage::Grace(until) if Instant::now() < until && phase.receiver_count() > 1 => {}
                        Stage::Open | Stage::Grace(_) => break false,
                    }
                    continue;
                }
            };
            match taken {
                Ok((stream, peer, place)) => {
                    let at = at.clone();
                    begin(&state, &connections, &service, at, stream, peer, place);
                }
                Err(error) => {
                    // Too many open files, say: the connection is lost, the server is not.
                    tracing::warn!("a connection could not be taken: {error}");
                    tokio::time::sleep(PAUSE).await;
                }
            }
        };
        // Connections that the system accepted before the port closes are answered, too.
        let mut n_last = 0;
        while let Some(Ok((stream, peer, place))) = take(&self.listener, &places)
            .now_or_never()
            .filter(|_| !is_hurried)
        {
            begin(
                &state,
                &connections,
                &service,
                at.clone(),
                stream,
                peer,
                place,
            );
            n_last += 1;
        }
        drop((self.listener, at));
        if n_last > 0 {
            tokio::time::sleep(TICK).await;
        }
        let bound = Duration::from_secs_f64(state.settings.drain_seconds);
        let cut = end(phase, bound, signals, is_hurried).await;
        drop(tasks);
        cut
    }
}

/// What is done about the end.
#[derive(Debug, Clone, Copy)]
enum Stage {
    /// Nothing yet.
    Open,
    /// Everything continues but for `/readyz`, until then.
    Delay(Instant),
    /// Answers close their connections, and idle ones may ask once more until then.
    Grace(Instant),
}

impl Stage {
    fn delay(settings: &Server) -> Self {
        Stage::Delay(Instant::now() + Duration::from_secs_f64(settings.drain_delay))
    }

    fn grace(settings: &Server) -> Self {
        let drain = Duration::from_secs_f64(settings.drain_seconds);
        Stage::Grace(Instant::now() + GRACE.min(drain / 2))
    }

    /// Waits until there is something to do about it.
    async fn next(self) {
        match self {
            Stage::Open => std::future::pending().await,
            Stage::Delay(until) => tokio::time::sleep_until(until.into()).await,
            Stage::Grace(until) => {
                tokio::time::sleep_until((Instant::now() + TICK).min(until).into()).await;
            }
        }
    }
}

/// Serves a connection on a task of its own.
fn begin<S, B>(
    state: &Arc<State>,
    connections: &Arc<Connections>,
    service: &S,
    mut at: watch::Receiver<Phase>,
    stream: TcpStream,
    peer: SocketAddr,
    place: OwnedSemaphorePermit,
) where
    S: Service<Request<Incoming>, Response = Response<B>, Error: Into<Anything>>
        + Clone
        + Send
        + 'static,
    S::Future: Send + 'static,
    B: Body<Data: Send, Error: Into<Anything>> + Send + 'static,
{
    // An answer must not wait for the next one to fill a packet.
    let _ = stream.set_nodelay(true);
    let (connections, service) = (connections.clone(), service.clone());
    let tls = state.guard.acceptor();
    let open = state.observer.connected();
    let patience = Duration::from_secs_f64(state.settings.limits.head_seconds);
    tokio::spawn(async move {
        match tls {
            None => connections.serve(stream, peer, service, at).await,
            // The handshake is the connection's own time, not that of the next in the queue.
            Some(tls) => {
                if let Some(stream) = shake(tls, stream, patience, &mut at).await {
                    connections.serve(stream, peer, service, at).await;
                }
            }
        }
        drop((open, place));
    });
}

/// The next connection, once there is a place for it.
async fn take(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> std::io::Result<(TcpStream, SocketAddr, OwnedSemaphorePermit)> {
    let place = places.clone().acquire_owned().await;
    let place = place.map_err(std::io::Error::other)?;
    let (stream, peer) = listener.accept().await?;
    Ok((stream, peer, place))
}

/// Agrees on a key; `None` when that fails, takes too long, or the server ends meanwhile.
async fn shake(
    tls: TlsAcceptor,
    stream: TcpStream,
    patience: Duration,
    at: &mut watch::Receiver<Phase>,
) -> Option<TlsStream<TcpStream>> {
    tokio::select! {
        shaken = tls.accept(stream) => shaken
            .inspect_err(|error| tracing::debug!("a handshake failed: {error}"))
            .ok(),
        () = tokio::time::sleep(patience) => None,
        _ = at.wait_for(|phase| *phase >= Phase::Draining) => None,
    }
}

/// Lets connections end; after the bound, or at a second signal, cuts those that remain and says how many they were.
async fn end(
    phase: watch::Sender<Phase>,
    bound: Duration,
    mut signals: Signals,
    is_hurried: bool,
) -> usize {
    let _ = phase.send(Phase::Draining);
    let again = async { while signals.next().await == Wish::Refresh {} };
    if !is_hurried {
        tokio::select! {
            () = phase.closed() => return 0,
            () = tokio::time::sleep(bound) => {}
            () = again => {}
        }
    }
    let cut = phase.receiver_count();
    let _ = phase.send(Phase::Cut);
    // A prediction that is being computed notices only when it is done.
    let _ = tokio::time::timeout(LAST, phase.closed()).await;
    cut
}
