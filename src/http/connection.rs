//! One connection: requests in, answers out, and a watch for silence.
//!
//! A client that sends half a request and falls silent, or does not read its answer, keeps a slot that others
//! need. hyper's own limit for a head begins only when it knows which version of HTTP is spoken, and there is none for a
//! client that does not read; so one limit of ours covers it all: without a request under way, and without a byte going
//! out, a connection is closed after `limits.head_seconds`. Requests under way have limits of their own (`answer`), and a
//! large answer that is not taken in `limits.send_seconds` closes its connection, however slowly it continues.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::body::{Body, Incoming};
use hyper::header::{CONNECTION, HOST, HeaderValue};
use hyper::service::{Service, service_fn};
use hyper::{Request, Response, Uri, Version};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::watch;

use super::budget::{Budget, Reason};
use super::peer::Peer;
use super::progress::Progress;
use crate::config::server::Limits;

/// An error of whatever sort.
pub type Anything = Box<dyn std::error::Error + Send + Sync>;

/// Where the server is on its way to the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd)]
pub enum Phase {
    /// It answers.
    Open,
    /// It answers, and each answer says that the connection closes after it.
    Closing,
    /// Requests under way are answered, then connections are closed.
    Draining,
    /// Everything is closed now.
    Cut,
}

/// What all connections share.
pub struct Connections {
    builder: Builder<TokioExecutor>,
    patience: Duration,
    /// For an answer to be taken.
    sending: Duration,
    budget: Arc<Budget>,
    is_closing: Arc<AtomicBool>,
}

/// Largest head of a request, in bytes; a larger one is answered 431.
const MOST_HEAD: usize = 64 << 10;
/// Requests at a time on one HTTP/2 connection.
const MOST_STREAMS: u32 = 256;

impl Connections {
    /// Connections within limits.
    pub fn new(limits: &Limits, budget: Arc<Budget>) -> Self {
        let mut builder = Builder::new(TokioExecutor::new());
        builder
            .http1()
            .header_read_timeout(None)
            .max_buf_size(MOST_HEAD);
        builder
            .http2()
            .max_header_list_size(MOST_HEAD as u32)
            .max_concurrent_streams(MOST_STREAMS);
        Connections {
            builder,
            patience: Duration::from_secs_f64(limits.head_seconds),
            sending: Duration::from_secs_f64(limits.send_seconds),
            budget,
            is_closing: Arc::default(),
        }
    }

    /// From here on, every answer says that its connection closes.
    pub fn close_after_answers(&self) {
        self.is_closing.store(true, Ordering::Relaxed);
    }

    /// Answers the requests of one connection until it ends, falls silent, or the server does.
    pub async fn serve<IO, S, B>(
        &self,
        io: IO,
        peer: SocketAddr,
        service: S,
        mut phase: watch::Receiver<Phase>,
    ) where
        IO: AsyncRead + AsyncWrite + Unpin + Send + 'static,
        S: Service<Request<Incoming>, Response = Response<B>, Error: Into<Anything>>
            + Send
            + 'static,
        S::Future: Send + 'static,
        B: Body<Data: Send, Error: Into<Anything>> + Send + 'static,
    {
        let progress = Arc::new(Progress::new());
        let io = TokioIo::new(Watched {
            io,
            progress: progress.clone(),
        });
        let answering = progress.clone();
        let is_closing = self.is_closing.clone();
        let service = service_fn(move |mut request: Request<Incoming>| {
            let is_h2 = request.version() == Version::HTTP_2;
            if is_h2 {
                answering.is_h2.store(true, Ordering::Relaxed);
            }
            let peer = Peer {
                address: peer,
                progress: answering.clone(),
                is_named: is_named(&request),
            };
            request.extensions_mut().insert(peer);
            make_plain(&mut request);
            let under_way = UnderWay::new(answering.clone());
            let answered = service.call(request);
            let is_closing = is_closing.clone();
            async move {
                let mut answered = answered.await;
                drop(under_way);
                if let Ok(response) = &mut answered
                    && !is_h2
                    && is_closing.load(Ordering::Relaxed)
                {
                    let close = HeaderValue::from_static("close");
                    response.headers_mut().insert(CONNECTION, close);
                }
                answered
            }
        });
        let mut connection = std::pin::pin!(self.builder.serve_connection(io, service));
        let mut silence = std::pin::pin!(silence(&progress, self.patience, self.sending));
        loop {
            tokio::select! {
                ended = connection.as_mut() => {
                    if let Err(error) = ended {
                        tracing::debug!("a connection ended: {error}");
                    }
                    return;
                }
                is_unread = silence.as_mut() => {
                    if is_unread {
                        self.budget.count(Reason::Unread);
                        tracing::debug!("a connection whose answers are not read is closed");
                    } else {
                        tracing::debug!("a silent connection is closed");
                    }
                    return;
                }
                moved = phase.changed() => {
                    let phase = *phase.borrow_and_update();
                    if moved.is_err() || phase == Phase::Cut {
                        return;
                    }
                    // HTTP/2 tells its client to connect again; HTTP/1 would lose what is on its way to us.
                    if phase == Phase::Draining || progress.is_h2.load(Ordering::Relaxed) {
                        connection.as_mut().graceful_shutdown();
                    }
                }
            }
        }
    }
}

/// Gives every request a path and the host that it names. The authority of a URI goes before the header, as the protocol
/// wants it; HTTP/2 has no such header. The URI of a CONNECT has no path, and warp panics on it.
fn make_plain<B>(request: &mut Request<B>) {
    let authority = request.uri().authority();
    if let Some(Ok(host)) = authority.map(|authority| authority.as_str().parse()) {
        request.headers_mut().insert(HOST, host);
    }
    if request.uri().path_and_query().is_none() {
        *request.uri_mut() = Uri::from_static("/");
    }
}

/// Whether a request says once by which name it was asked, as HTTP/1.1 wants it (RFC 9112, section 3.2).
fn is_named<B>(request: &Request<B>) -> bool {
    let n_hosts = request.headers().get_all(HOST).iter().count();
    match request.version() {
        Version::HTTP_11 => n_hosts == 1,
        _ => n_hosts <= 1,
    }
}

/// Done when nothing has happened for as long as patience lasts, or, with true, when a large answer was not taken for as
/// long as sending may.
async fn silence(progress: &Progress, patience: Duration, sending: Duration) -> bool {
    loop {
        let unread = progress.unread_for();
        if unread.is_some_and(|unread| unread >= sending) {
            return true;
        }
        let left = if progress.under_way.load(Ordering::Relaxed) > 0 {
            patience / 4
        } else {
            patience.saturating_sub(progress.silence())
        };
        if left.is_zero() {
            return false;
        }
        let sending = sending.saturating_sub(unread.unwrap_or_default());
        tokio::time::sleep(left.min(sending)).await;
    }
}

/// A request that is not answered yet.
struct UnderWay(Arc<Progress>);

impl UnderWay {
    fn new(progress: Arc<Progress>) -> Self {
        progress.under_way.fetch_add(1, Ordering::Relaxed);
        UnderWay(progress)
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.is_made();
        self.0.under_way.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A stream that says when bytes go out.
struct Watched<IO> {
    io: IO,
    progress: Arc<Progress>,
}

impl<IO> Watched<IO> {
    fn saw(&self, written: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        if let Poll::Ready(Ok(1..)) = written {
            self.progress.is_made();
        }
        written
    }
}

impl<IO: AsyncRead + Unpin> AsyncRead for Watched<IO> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_read(context, buffer)
    }
}

impl<IO: AsyncWrite + Unpin> AsyncWrite for Watched<IO> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.io).poll_write(context, bytes);
        self.saw(written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.io).poll_write_vectored(context, pieces);
        self.saw(written)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(context)
    }
}
