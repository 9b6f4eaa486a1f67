//! The socket: bound before anything else, so that a taken port is an error and not a panic; connections within bounds; an
//! end that lets requests under way finish.
//!
//! warp's own loop has no time limit for a request's head, no bound on connections and no bound on the end, so the loop is
//! hyper-util's ([`super::connection`]) and warp's filter is the service in it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::connection::{Connections, Phase};
use super::signals::{Signals, Wish};
use super::{Error, State, answer, follow, guard::Guard, probation};
use crate::config::Server;

/// Connections that wait in the system's own queue to be taken.
const BACKLOG: u32 = 1024;
/// How often files of the settings are looked at.
const EVERY: Duration = Duration::from_secs(1);
/// How long connections that are cut may take to notice.
const LAST: Duration = Duration::from_secs(1);
/// Pause after a connection that could not be taken.
const PAUSE: Duration = Duration::from_millis(10);

/// A socket that is listened on and not yet answered.
pub struct Bound {
    listener: TcpListener,
    /// The address, with the port that the system chose where 0 was asked for.
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
    /// Answers until a signal to end, then lets requests under way finish within the bound of the settings, or until the
    /// next signal. Returns how many connections had to be cut.
    pub async fn run(self, state: Arc<State>, mut signals: Signals) -> usize {
        let follower = tokio::spawn(follow::follow(state.clone()));
        let refresher = tokio::spawn(refresh(state.clone()));
        let watcher = tokio::spawn(probation::watch(state.clone()));
        let limits = &state.settings.limits;
        let patience = Duration::from_secs_f64(limits.head_seconds);
        let places = Arc::new(Semaphore::new(limits.connections));
        let connections = Arc::new(Connections::new(patience));
        let service = TowerToHyperService::new(warp::service(answer::filter(state.clone())));
        let (phase, at) = watch::channel(Phase::Open);
        loop {
            let taken = tokio::select! {
                taken = take(&self.listener, &places) => taken,
                wish = signals.next() => match wish {
                    Wish::End => break,
                    Wish::Refresh => {
                        look_again(&state).await;
                        continue;
                    }
                },
            };
            let (stream, peer, place) = match taken {
                Ok(taken) => taken,
                Err(error) => {
                    // Too many open files, say: the connection is lost, the server is not.
                    tracing::warn!("a connection could not be taken: {error}");
                    tokio::time::sleep(PAUSE).await;
                    continue;
                }
            };
            // An answer must not wait for the next one to fill a packet.
            let _ = stream.set_nodelay(true);
            let (connections, service, mut at) = (connections.clone(), service.clone(), at.clone());
            let tls = state.guard.acceptor();
            let open = state.observer.connected();
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
        state.drain();
        drop((self.listener, at));
        let bound = Duration::from_secs_f64(state.settings.drain_seconds);
        let cut = end(phase, bound, signals).await;
        follower.abort();
        refresher.abort();
        watcher.abort();
        cut
    }
}

/// The next connection, once there is a place for it.
async fn take(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> std::io::Result<(TcpStream, SocketAddr, tokio::sync::OwnedSemaphorePermit)> {
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
        _ = at.wait_for(|phase| *phase != Phase::Open) => None,
    }
}

/// Lets connections end; after the bound, or at a second signal, cuts those that remain and says how many they were.
async fn end(phase: watch::Sender<Phase>, bound: Duration, mut signals: Signals) -> usize {
    let _ = phase.send(Phase::Draining);
    let again = async { while signals.next().await != Wish::End {} };
    tokio::select! {
        () = phase.closed() => return 0,
        () = tokio::time::sleep(bound) => {}
        () = again => {}
    }
    let cut = phase.receiver_count();
    let _ = phase.send(Phase::Cut);
    // A prediction that is being computed notices only when it is done.
    let _ = tokio::time::timeout(LAST, phase.closed()).await;
    cut
}

/// Looks at the files of the settings now and then.
async fn refresh(state: Arc<State>) {
    let mut interval = tokio::time::interval(EVERY);
    interval.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        interval.tick().await;
        look_again(&state).await;
    }
}

async fn look_again(state: &Arc<State>) {
    let state = state.clone();
    // A file may be on a slow disk; requests do not wait for it.
    let looked = tokio::task::spawn_blocking(move || state.guard.refresh()).await;
    if let Err(error) = looked {
        tracing::error!("the files of the settings could not be looked at: {error}");
    }
}
