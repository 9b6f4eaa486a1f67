//! Requests for predictions are answered without warp's filters, which box their parts and copy every header; all others go
//! through them. What is done for a request is the same on both ways.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body_util::{BodyDataStream, Either, Full};
use hyper::body::Incoming;
use hyper::service::Service;
use hyper::{Request, Response};

use super::router::Router;
use super::{State, answer};
use crate::config::Role;

/// The service of a connection.
#[derive(Clone)]
pub struct FastLane<W> {
    state: Arc<State>,
    router: Arc<Router>,
    rest: W,
}

impl<W> FastLane<W> {
    /// Predictions are answered here, everything else by `rest`.
    pub fn new(state: Arc<State>, router: Arc<Router>, rest: W) -> Self {
        FastLane {
            state,
            router,
            rest,
        }
    }
}

impl<W, B> Service<Request<Incoming>> for FastLane<W>
where
    W: Service<Request<Incoming>, Response = Response<B>>,
{
    type Response = Response<Either<Full<Bytes>, B>>;
    type Error = W::Error;
    type Future = Answering<W::Future>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        match self.router.find(request.method(), request.uri().path()) {
            Ok(found) if found.route.role == Some(Role::Predict) => {
                let (state, router) = (self.state.clone(), self.router.clone());
                let (parts, body) = request.into_parts();
                let body = BodyDataStream::new(body);
                Answering::Here(Box::pin(answer::direct(state, router, found, parts, body)))
            }
            _ => Answering::ByRest(Box::pin(self.rest.call(request))),
        }
    }
}

/// An answer that is being made.
pub enum Answering<F> {
    /// Of a prediction.
    Here(Pin<Box<dyn Future<Output = Response<Bytes>> + Send>>),
    /// Of everything else.
    ByRest(Pin<Box<F>>),
}

impl<F, B, E> Future for Answering<F>
where
    F: Future<Output = Result<Response<B>, E>>,
{
    type Output = Result<Response<Either<Full<Bytes>, B>>, E>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match self.get_mut() {
            Answering::Here(here) => {
                let answered = here.as_mut().poll(context);
                answered.map(|it| Ok(it.map(|body| Either::Left(Full::new(body)))))
            }
            Answering::ByRest(rest) => {
                let answered = rest.as_mut().poll(context);
                answered.map(|it| it.map(|response| response.map(Either::Right)))
            }
        }
    }
}
