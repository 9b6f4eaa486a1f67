//! The runtime interface of AWS Lambda (version 2018-06-01): one connection to the machine's own end of it.

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::header::{CONTENT_TYPE, HOST};
use hyper::{HeaderMap, Method, Request, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::json;
use tokio::net::TcpStream;

use crate::http::connection::Anything;

const VERSION: &str = "2018-06-01/runtime";
/// Says of what kind an error is, beside its message.
const ERROR_TYPE: &str = "lambda-runtime-function-error-type";
/// Most bytes that the interface takes as an answer.
const MOST: usize = 6 << 20;

/// What the interface could not be queried or told.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It does not answer.
    #[error("reach the runtime interface at {address}")]
    Unreachable {
        /// The address of `AWS_LAMBDA_RUNTIME_API`.
        address: String,
        /// What the connection said.
        #[source]
        source: Anything,
    },
    /// It answers with another status than it should.
    #[error("be understood by the runtime interface: it says {status} to {path}")]
    Rejected {
        /// What was requested.
        path: String,
        /// What it said.
        status: StatusCode,
    },
}

/// An event that waits for its answer.
#[derive(Debug)]
pub struct Invocation {
    /// Its id.
    pub id: String,
    /// When it is given up, in milliseconds since 1970.
    pub deadline_ms: Option<i64>,
    /// The event, JSON.
    pub event: Bytes,
}

/// The interface, and the connection to it once there is one.
pub struct Runtime {
    address: String,
    sender: Option<SendRequest<Full<Bytes>>>,
}

impl Runtime {
    /// The interface at `HOST:PORT`; nothing is asked yet.
    pub fn new(address: String) -> Self {
        Runtime {
            address,
            sender: None,
        }
    }

    /// Where it is.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Waits for the next event, however long.
    ///
    /// # Errors
    /// When the interface is gone or rejects the question; the process is to end then.
    pub async fn next(&mut self) -> Result<Invocation, Error> {
        let path = format!("/{VERSION}/invocation/next");
        let (status, headers, event) = self.call(Method::GET, &path, Bytes::new(), None).await?;
        let text = |name: &str| headers.get(name)?.to_str().ok();
        let Some(id) = text("lambda-runtime-aws-request-id").filter(|_| status.is_success()) else {
            return Err(Error::Rejected { path, status });
        };
        Ok(Invocation {
            id: id.to_string(),
            deadline_ms: text("lambda-runtime-deadline-ms").and_then(|it| it.parse().ok()),
            event,
        })
    }

    /// Hands back the answer to an event. One that is too large for the interface becomes an error of the invocation.
    ///
    /// # Errors
    /// When the interface is gone or rejects it.
    pub async fn answer(&mut self, id: &str, payload: Vec<u8>) -> Result<(), Error> {
        if payload.len() > MOST {
            let why = format!(
                "the answer has {} bytes, and AWS Lambda takes at most {MOST}: ask for fewer rows at a time",
                payload.len()
            );
            return self.fail(id, "Unseat.AnswerTooLarge", &why).await;
        }
        let path = format!("/{VERSION}/invocation/{id}/response");
        self.tell(path, payload.into(), None).await
    }

    /// Says that an event was not answered, and why.
    ///
    /// # Errors
    /// When the interface is gone or rejects it.
    pub async fn fail(&mut self, id: &str, kind: &'static str, why: &str) -> Result<(), Error> {
        let path = format!("/{VERSION}/invocation/{id}/error");
        self.tell(path, described(kind, why), Some(kind)).await
    }

    /// Says that the function cannot start, and why.
    ///
    /// # Errors
    /// When the interface is gone or rejects it.
    pub async fn fail_start(&mut self, kind: &'static str, why: &str) -> Result<(), Error> {
        let path = format!("/{VERSION}/init/error");
        self.tell(path, described(kind, why), Some(kind)).await
    }

    async fn tell(
        &mut self,
        path: String,
        body: Bytes,
        kind: Option<&'static str>,
    ) -> Result<(), Error> {
        match self.call(Method::POST, &path, body, kind).await? {
            (status, ..) if status.is_success() => Ok(()),
            (status, ..) => Err(Error::Rejected { path, status }),
        }
    }

    /// Asks on the connection there is; on a new one where it was closed meanwhile, as after a pause of the whole machine.
    async fn call(
        &mut self,
        method: Method,
        path: &str,
        body: Bytes,
        kind: Option<&'static str>,
    ) -> Result<(StatusCode, HeaderMap, Bytes), Error> {
        let request = || {
            let mut request = Request::builder()
                .method(&method)
                .uri(path)
                .header(HOST, &self.address)
                .header(CONTENT_TYPE, "application/json");
            if let Some(kind) = kind {
                request = request.header(ERROR_TYPE, kind);
            }
            request
                .body(Full::new(body.clone()))
                .map_err(Anything::from)
        };
        let address = self.address.clone();
        let kept = self.sender.take().filter(|sender| !sender.is_closed());
        let talk = async {
            if let Some(sender) = kept {
                match asked(sender, request()?).await {
                    Ok(answered) => return Ok(answered),
                    Err(error) => {
                        tracing::debug!("the runtime interface is queried again: {error}");
                    }
                }
            }
            asked(connected(&self.address).await?, request()?).await
        };
        let (sender, answer) = talk
            .await
            .map_err(|source| Error::Unreachable { address, source })?;
        self.sender = Some(sender);
        Ok(answer)
    }
}

type Sender = SendRequest<Full<Bytes>>;

async fn connected(address: &str) -> Result<Sender, Anything> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let (sender, connection) = handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    Ok(sender)
}

async fn asked(
    mut sender: Sender,
    request: Request<Full<Bytes>>,
) -> Result<(Sender, (StatusCode, HeaderMap, Bytes)), Anything> {
    sender.ready().await?;
    let (parts, body) = sender.send_request(request).await?.into_parts();
    let body = body.collect().await?.to_bytes();
    Ok((sender, (parts.status, parts.headers, body)))
}

fn described(kind: &str, why: &str) -> Bytes {
    let said = json!({"errorType": kind, "errorMessage": why, "stackTrace": []});
    said.to_string().into()
}
