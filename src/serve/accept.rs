//! The socket: bound before anything else, so that a taken port is an error and not a panic; connections with time limits;
//! an end that lets requests under way finish.
//!
//! warp's own loop has no time limit for a request's head, no bound on connections and no bound on the end, so the loop is
//! hyper-util's and warp's filter is the service in it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::Request;
use hyper::body::Incoming;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

use super::answer::{self, Peer};
use super::{Error, State, follow};

/// A socket that is listened on and not yet answered.
pub struct Bound {
    listener: TcpListener,
    /// The address, with the port that the system chose where 0 was asked for.
    pub address: SocketAddr,
}

/// Listens.
///
/// # Errors
/// When the address is taken, not ours, or none.
pub async fn bind(listen: &str) -> Result<Bound, Error> {
    let failed = |source| Error::Listen {
        address: listen.to_string(),
        source,
    };
    let listener = TcpListener::bind(listen).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    Ok(Bound { listener, address })
}

impl Bound {
    /// Answers until `stop` is done, then lets requests under way end within the bound of the settings. Returns how many
    /// connections had to be cut.
    pub async fn run(self, state: Arc<State>, stop: impl Future<Output = ()>) -> usize {
        let follower = tokio::spawn(follow::follow(state.clone()));
        let limits = &state.settings.limits;
        let places = Arc::new(Semaphore::new(limits.connections));
        let graceful = GracefulShutdown::new();
        let mut builder = Builder::new(TokioExecutor::new());
        builder
            .http1()
            .timer(TokioTimer::new())
            .header_read_timeout(Duration::from_secs_f64(limits.head_seconds));
        builder.http2().timer(TokioTimer::new());
        let service = TowerToHyperService::new(warp::service(answer::filter(state.clone())));
        let mut stop = std::pin::pin!(stop);
        loop {
            let place = tokio::select! {
                place = places.clone().acquire_owned() => place,
                () = &mut stop => break,
            };
            let (stream, peer) = tokio::select! {
                accepted = self.listener.accept() => match accepted {
                    Ok(accepted) => accepted,
                    Err(error) => {
                        // Too many open files, say: the connection is lost, the server is not.
                        tracing::warn!("a connection could not be taken: {error}");
                        tokio::time::sleep(Duration::from_millis(10)).await;
                        continue;
                    }
                },
                () = &mut stop => break,
            };
            // An answer must not wait for the next one to fill a packet.
            let _ = stream.set_nodelay(true);
            let service = service.clone();
            let with_peer = service_fn(move |mut request: Request<Incoming>| {
                request.extensions_mut().insert(Peer(peer));
                service.call(request)
            });
            let connection = builder
                .serve_connection(TokioIo::new(stream), with_peer)
                .into_owned();
            let connection = graceful.watch(connection);
            tokio::spawn(async move {
                if let Err(error) = connection.await {
                    tracing::debug!("a connection ended: {error}");
                }
                drop(place);
            });
        }
        state.drain();
        drop(self.listener);
        let under_way = graceful.count();
        let bound = Duration::from_secs_f64(state.settings.drain_seconds);
        let ended = tokio::time::timeout(bound, graceful.shutdown()).await;
        follower.abort();
        if ended.is_ok() { 0 } else { under_way }
    }
}
