//! Observability of requests: metrics, access log, spans, prediction log. A request only hands over; threads of their own
//! write, and what they cannot take is dropped and counted.

mod access_log;
mod finished;
pub mod metrics;
#[cfg_attr(not(feature = "otel"), path = "otlp_absent.rs")]
mod otlp;
pub mod process;
mod trace;

use std::path::Path;
use std::time::Duration;

use prometheus::IntGauge;

use super::error::Error;
use super::route_name::RouteName;
use crate::clock::Clock;
use crate::config::Server;
use access_log::{AccessLog, Line};
use metrics::Metrics;
use otlp::Spans;

pub use finished::Finished;

/// How long each log has to write what waits when the server ends.
pub const LAST_WORDS: Duration = Duration::from_secs(5);
/// Most characters of a path that are logged.
const MOST_PATH: usize = 512;

/// Everything that watches.
pub struct Observer {
    clock: Clock,
    routes: &'static [RouteName],
    /// What is counted.
    pub metrics: Metrics,
    /// Where requests are written down, if anywhere.
    pub access_log: Option<AccessLog>,
    spans: Option<Spans>,
}

/// A request under way. Dropped before [`Observer::finished`], its caller went away.
pub struct UnderWay<'a> {
    observer: &'a Observer,
    is_finished: bool,
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.observer.metrics.in_flight.dec();
        if !self.is_finished {
            self.observer.metrics.abandoned.inc();
        }
    }
}

/// A connection, open until this is dropped.
pub struct Connected(IntGauge);

impl Drop for Connected {
    fn drop(&mut self) {
        self.0.dec();
    }
}

impl Observer {
    /// Counts, without a log.
    pub fn counting(clock: Clock, routes: &'static [RouteName]) -> Self {
        Observer {
            clock,
            routes,
            metrics: Metrics::new(routes),
            access_log: None,
            spans: None,
        }
    }

    /// Opens what the settings name, below the project's folder.
    ///
    /// # Errors
    /// When the access log cannot be opened, or the endpoint is none.
    pub fn open(
        settings: &Server,
        folder: &Path,
        clock: Clock,
        routes: &'static [RouteName],
    ) -> Result<Self, Error> {
        let mut observer = Observer::counting(clock, routes);
        let failed = |what: &str| {
            let what = what.to_string();
            |source| Error::Log { what, source }
        };
        observer.access_log = match settings.access_log.as_str() {
            "off" | "" => None,
            "stderr" => Some(AccessLog::stderr().map_err(failed("start the access log"))?),
            file => {
                let path = settings.path(folder, file);
                let opened = AccessLog::file(&path, clock);
                let what = format!("open `server.access_log`, {}", path.display());
                Some(opened.map_err(failed(&what))?)
            }
        };
        if let Some(endpoint) = &settings.otlp_endpoint {
            let scheme = if settings.tls.is_some() {
                "https"
            } else {
                "http"
            };
            observer.spans = Some(Spans::to(endpoint, scheme).map_err(Error::Settings)?);
        }
        Ok(observer)
    }

    /// A connection was taken; it is open until what is returned is dropped.
    pub fn connected(&self) -> Connected {
        let open = self.metrics.connections.clone();
        open.inc();
        Connected(open)
    }

    /// A request begins; it is under way until what is returned is dropped.
    pub fn began(&self) -> UnderWay<'_> {
        self.metrics.in_flight.inc();
        UnderWay {
            observer: self,
            is_finished: false,
        }
    }

    /// A request was answered.
    pub fn finished(&self, mut under_way: UnderWay<'_>, request: &Finished<'_>) {
        under_way.is_finished = true;
        let (status, duration) = (request.status, request.duration);
        self.metrics
            .request(request.route, request.method, status, duration);
        if request.rows > 0
            && let Some((model, version)) = request.answered_by
        {
            self.metrics.rows(model, version, request.rows);
        }
        if self.access_log.is_none() && self.spans.is_none() {
            return;
        }
        let mut trace =
            crate::http::observe::trace::parent(request.headers).map(|parent| parent.trace_id);
        let route = request.route.map(|index| self.routes[index].path);
        let time = self.clock.now();
        if let Some(spans) = &self.spans {
            trace = Some(spans.offer(request, route, time));
        }
        if let Some(log) = &self.access_log {
            log.offer(line(request, route, trace, time));
        }
    }

    /// A champion was loaded, or could not be.
    pub fn reloaded(&self, model: &str, is_well: bool) {
        self.metrics.reloaded(model, is_well);
    }

    /// Writes what waits; whether all of it could be. To be called once no more requests come, off the threads that answer.
    pub fn close(&self) -> bool {
        let ends = [
            self.access_log.as_ref().map(|log| log.close(LAST_WORDS)),
            self.spans.as_ref().map(|spans| spans.close(LAST_WORDS)),
        ];
        !ends.contains(&Some(false))
    }
}

fn line(
    request: &Finished<'_>,
    route: Option<&'static str>,
    trace: Option<u128>,
    time: chrono::DateTime<chrono::Utc>,
) -> Line {
    let (model, version) = request.answered_by.unzip();
    Line {
        time,
        request_id: request.id.to_string(),
        trace_id: trace.map(|trace| format!("{trace:032x}")),
        method: request.method.to_string(),
        route,
        path: request.path.chars().take(MOST_PATH).collect(),
        status: request.status.as_u16(),
        duration_ms: request.duration,
        bytes: request.bytes,
        rows: request.rows,
        model: model.map(str::to_string),
        version: version.and_then(|version| version.parse().ok()),
        caller: request.caller.map(str::to_string),
        address: request.peer.map(|peer| peer.ip()),
    }
}
