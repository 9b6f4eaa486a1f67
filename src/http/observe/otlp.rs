//! Spans: one per sampled request, in batches to an OTLP/HTTP endpoint, from a thread of the exporter's own.

use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use chrono::{DateTime, Utc};
use opentelemetry::trace::{
    SpanContext, SpanId, SpanKind, Status, TraceFlags, TraceId, TraceState,
};
use opentelemetry::{InstrumentationScope, KeyValue};
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{
    BatchSpanProcessor, SpanData, SpanEvents, SpanLinks, SpanProcessor,
};
use rand::Rng;

use super::finished::Finished;
use super::trace::{Parent, parent};

/// How long one batch may take to be sent.
const SEND_TIME: Duration = Duration::from_secs(5);
/// Bytes of the endpoint's answer that are read.
const MOST_ANSWER: u64 = 1 << 20;
const NAME: &str = "unseat";

/// Takes spans.
pub struct Spans {
    processor: BatchSpanProcessor,
    scope: InstrumentationScope,
    scheme: &'static str,
}

impl Spans {
    /// Spans go to an endpoint.
    ///
    /// # Errors
    /// What is wrong with the endpoint.
    pub fn to(endpoint: &str, scheme: &'static str) -> Result<Self, String> {
        let wrong = || {
            "use `server.otlp_endpoint`: write it as a URL like http://localhost:4318/v1/traces"
                .to_string()
        };
        let url: warp::http::Uri = endpoint.parse().map_err(|_| wrong())?;
        if !matches!(url.scheme_str(), Some("http" | "https")) || url.host().is_none() {
            return Err(wrong());
        }
        let exporter = SpanExporter::builder()
            .with_http()
            .with_http_client(Client::new())
            .with_endpoint(endpoint)
            .with_protocol(Protocol::HttpBinary)
            .with_timeout(SEND_TIME)
            .build()
            .map_err(|_| wrong())?;
        let mut processor = BatchSpanProcessor::builder(exporter).build();
        let version = KeyValue::new("service.version", env!("CARGO_PKG_VERSION"));
        let resource = Resource::builder_empty()
            .with_service_name(NAME)
            .with_attribute(version);
        processor.set_resource(&resource.build());
        Ok(Spans {
            processor,
            scope: InstrumentationScope::builder(NAME).build(),
            scheme,
        })
    }

    /// Hands a request over if it is sampled: its caller records it, or says nothing of a trace. Returns the trace.
    pub fn offer(
        &self,
        request: &Finished<'_>,
        route: Option<&'static str>,
        end: DateTime<Utc>,
    ) -> u128 {
        let parent = parent(request.headers);
        let trace = parent.map_or_else(|| rand::rng().random(), |parent| parent.trace_id);
        if parent.is_none_or(|parent| parent.is_sampled) {
            let span = self.span(request, route, end.into(), trace, parent);
            self.processor.on_end(span);
        }
        trace
    }

    fn span(
        &self,
        request: &Finished<'_>,
        route: Option<&'static str>,
        end: SystemTime,
        trace: u128,
        parent: Option<Parent>,
    ) -> SpanData {
        let state = request.headers.get("tracestate");
        let state = state
            .filter(|_| parent.is_some())
            .and_then(|state| state.to_str().ok()?.parse().ok());
        let context = SpanContext::new(
            TraceId::from(trace),
            SpanId::from(rand::rng().random::<u64>().max(1)),
            TraceFlags::SAMPLED,
            false,
            state.unwrap_or(TraceState::NONE),
        );
        let method = known_method(request.method.as_str());
        let name = match (route, method) {
            (Some(route), method) => format!("{method} {route}"),
            (None, "_OTHER") => "HTTP".to_string(),
            (None, method) => method.to_string(),
        };
        let is_failed = request.status.is_server_error();
        SpanData {
            span_context: context,
            parent_span_id: parent.map_or(SpanId::INVALID, |it| SpanId::from(it.span_id)),
            parent_span_is_remote: parent.is_some(),
            span_kind: SpanKind::Server,
            name: name.into(),
            start_time: end.checked_sub(request.duration).unwrap_or(end),
            end_time: end,
            attributes: self.attributes(request, route, method),
            dropped_attributes_count: 0,
            events: SpanEvents::default(),
            links: SpanLinks::default(),
            status: if is_failed {
                Status::error("")
            } else {
                Status::Unset
            },
            instrumentation_scope: self.scope.clone(),
        }
    }

    fn attributes(
        &self,
        request: &Finished<'_>,
        route: Option<&'static str>,
        method: &'static str,
    ) -> Vec<KeyValue> {
        let mut attributes = vec![
            KeyValue::new("http.request.method", method),
            KeyValue::new("url.scheme", self.scheme),
            KeyValue::new(
                "http.response.status_code",
                i64::from(request.status.as_u16()),
            ),
            KeyValue::new("unseat.request_id", request.id.to_string()),
        ];
        attributes.extend(route.map(|route| KeyValue::new("http.route", route)));
        if let Some((model, version)) = request.answered_by {
            attributes.push(KeyValue::new("unseat.model", model.to_string()));
            let version = version.parse::<i64>().ok();
            attributes.extend(version.map(|it| KeyValue::new("unseat.model_version", it)));
        }
        if request.status.is_server_error() {
            let status = request.status.as_str().to_string();
            attributes.push(KeyValue::new("error.type", status));
        }
        attributes
    }

    /// Sends what waits.
    pub fn close(&self, time: Duration) -> bool {
        self.processor.shutdown_with_timeout(time).is_ok()
    }
}

/// A method as spans name it.
fn known_method(method: &str) -> &'static str {
    let known = [
        "GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "CONNECT", "TRACE",
    ];
    known
        .into_iter()
        .find(|known| *known == method)
        .unwrap_or("_OTHER")
}

/// Sends batches. It blocks, which is right on the exporter's own thread.
#[derive(Debug)]
struct Client {
    agent: ureq::Agent,
    is_troubled: AtomicBool,
}

impl Client {
    fn new() -> Self {
        let config = ureq::Agent::config_builder()
            .timeout_global(Some(SEND_TIME))
            .http_status_as_error(false);
        Client {
            agent: config.build().new_agent(),
            is_troubled: AtomicBool::new(false),
        }
    }

    fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let answer = self.agent.run(request.map(|body| body.to_vec()))?;
        let (head, mut body) = answer.into_parts();
        let body = body.with_config().limit(MOST_ANSWER).read_to_vec()?;
        Ok(Response::from_parts(head, body.into()))
    }

    /// Says once that spans do not arrive, and again after they did.
    fn note(&self, sent: &Result<Response<Bytes>, HttpError>) {
        let trouble = match sent {
            Ok(answer) if answer.status().is_success() => None,
            Ok(answer) => Some(format!("it answers {}", answer.status())),
            Err(error) => Some(error.to_string()),
        };
        let was_troubled = self.is_troubled.swap(trouble.is_some(), Ordering::Relaxed);
        if let Some(trouble) = trouble.filter(|_| !was_troubled) {
            tracing::warn!("spans do not reach `server.otlp_endpoint`: {trouble}");
        }
    }
}

/// What `async fn send_bytes` of the trait stands for.
type Sent<'a> = Pin<Box<dyn Future<Output = Result<Response<Bytes>, HttpError>> + Send + 'a>>;

impl HttpClient for Client {
    fn send_bytes<'me, 'sent>(&'me self, request: Request<Bytes>) -> Sent<'sent>
    where
        'me: 'sent,
        Self: 'sent,
    {
        Box::pin(async move {
            let sent = self.send(request);
            self.note(&sent);
            sent
        })
    }
}
