//! What is counted while requests go by. Each counter's handle is looked up once and kept: counting a request is a few
//! additions, without a lock, a map of texts or an allocation.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use arc_swap::ArcSwap;
use prometheus::core::Collector;
use prometheus::{
    Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, Opts, Registry,
};
use warp::http::{Method, StatusCode};

use crate::http::route_name::RouteName;

/// Upper bounds of the classes of durations, in seconds.
const BUCKETS: [f64; 14] = [
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
];
/// Statuses with a counter of their own.
const STATUSES: [&str; 21] = [
    "200", "201", "202", "204", "301", "302", "304", "307", "400", "401", "403", "404", "405",
    "408", "409", "413", "415", "422", "429", "500", "503",
];
/// Methods of requests to paths that are not there; another one is `other`, so that a caller cannot make up labels.
const METHODS: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"];
/// What stands for a route when there is none.
const UNMATCHED: &str = "unmatched";
const OTHER: &str = "other";

/// Everything that is counted.
pub struct Metrics {
    /// What a scrape gathers.
    pub registry: Registry,
    /// Requests under way.
    pub in_flight: IntGauge,
    /// Connections that are open.
    pub connections: IntGauge,
    /// Requests whose callers went before they were answered.
    pub abandoned: IntCounter,
    requests: IntCounterVec,
    durations: HistogramVec,
    rows: IntCounterVec,
    reloads: IntCounterVec,
    /// Two per row of the table (its own method, and HEAD), then one per method for what is not in the table.
    series: Vec<Series>,
    versions: ArcSwap<Vec<VersionRows>>,
}

/// Handles for one method and route, each made when it is first needed, so that nothing is shown that never happened.
struct Series {
    method: &'static str,
    route: &'static str,
    /// Per status, the last one for all others.
    counts: [OnceLock<IntCounter>; STATUSES.len() + 1],
    duration: OnceLock<Histogram>,
}

#[derive(Clone)]
struct VersionRows {
    model: Box<str>,
    version: Box<str>,
    rows: IntCounter,
}

impl Metrics {
    /// All at zero, with the paths that are answered.
    pub fn new(routes: &[RouteName]) -> Self {
        let registry = Registry::new();
        let counters = |name: &str, help: &str, labels: &[&str]| {
            let made = made(IntCounterVec::new(Opts::new(name, help), labels));
            registered(&registry, made)
        };
        let seconds = HistogramOpts::new(
            "unseat_http_request_duration_seconds",
            "Seconds from the head of a request to its answer.",
        );
        let durations = HistogramVec::new(seconds.buckets(BUCKETS.into()), &["method", "route"]);
        Metrics {
            requests: counters(
                "unseat_http_requests_total",
                "Requests that were answered.",
                &["method", "route", "status"],
            ),
            durations: registered(&registry, made(durations)),
            rows: counters(
                "unseat_prediction_rows_total",
                "Rows predicted, by version.",
                &["model", "version"],
            ),
            reloads: counters(
                "unseat_reloads_total",
                "Reloads of a champion that moved: ok, or failed.",
                &["model", "outcome"],
            ),
            in_flight: registered(
                &registry,
                made(IntGauge::new(
                    "unseat_http_requests_in_flight",
                    "Requests under way.",
                )),
            ),
            connections: registered(
                &registry,
                made(IntGauge::new(
                    "unseat_connections_open",
                    "Connections that are open.",
                )),
            ),
            abandoned: registered(
                &registry,
                made(IntCounter::new(
                    "unseat_http_requests_abandoned_total",
                    "Requests whose callers left before they were answered.",
                )),
            ),
            series: all_series(routes),
            versions: ArcSwap::default(),
            registry,
        }
    }

    /// Counts a request.
    pub fn request(
        &self,
        route: Option<usize>,
        method: &Method,
        status: StatusCode,
        time: Duration,
    ) {
        let series = &self.series[place(route, method, self.series.len())];
        let status = status_place(status);
        let count = series.counts[status].get_or_init(|| {
            let status = STATUSES.get(status).unwrap_or(&OTHER);
            let labels = [series.method, series.route, status];
            self.requests.with_label_values(&labels)
        });
        count.inc();
        let duration = series.duration.get_or_init(|| {
            let labels = [series.method, series.route];
            self.durations.with_label_values(&labels)
        });
        duration.observe(time.as_secs_f64());
    }

    /// Counts rows that a version predicted. There are as many of these counters as versions that answered: they grow by
    /// one per promotion, not with what callers say.
    pub fn rows(&self, model: &str, version: &str, rows: u64) {
        // The newest was added last and answers most.
        let known = self.versions.load();
        let mut newest_first = known.iter().rev();
        if let Some(known) = newest_first.find(|it| *it.version == *version && *it.model == *model)
        {
            return known.rows.inc_by(rows);
        }
        let counter = self.rows.with_label_values(&[model, version]);
        counter.inc_by(rows);
        let new = VersionRows {
            model: model.into(),
            version: version.into(),
            rows: counter,
        };
        self.versions.rcu(|known| {
            let mut more = Vec::clone(known);
            more.push(new.clone());
            Arc::new(more)
        });
    }

    /// Counts an attempt to load a champion that moved.
    pub fn reloaded(&self, model: &str, is_well: bool) {
        let outcome = if is_well { "ok" } else { "failed" };
        self.reloads.with_label_values(&[model, outcome]).inc();
    }
}

fn all_series(routes: &[RouteName]) -> Vec<Series> {
    let series = |method, route| Series {
        method,
        route,
        counts: [const { OnceLock::new() }; STATUSES.len() + 1],
        duration: OnceLock::new(),
    };
    let routes = routes
        .iter()
        .flat_map(|route| [series(route.method, route.path), series("HEAD", route.path)]);
    let methods = METHODS.iter().chain([&OTHER]);
    let unmatched = methods.map(|method| series(method, UNMATCHED));
    routes.chain(unmatched).collect()
}

/// Place of a request among `n_series`, the last of which are those without a route.
fn place(route: Option<usize>, method: &Method, n_series: usize) -> usize {
    match route {
        Some(route) => 2 * route + usize::from(method == Method::HEAD),
        None => {
            let known = METHODS.iter().position(|known| *known == method.as_str());
            n_series - METHODS.len() - 1 + known.unwrap_or(METHODS.len())
        }
    }
}

fn status_place(status: StatusCode) -> usize {
    let known = STATUSES.iter().position(|known| *known == status.as_str());
    known.unwrap_or(STATUSES.len())
}

/// Names and labels are constants that the tests have seen: none can be rejected.
pub fn made<T>(made: prometheus::Result<T>) -> T {
    made.expect("a metric with a constant name")
}

/// Registers a metric; a second one of its name would be a mistake that the tests have seen.
pub fn registered<T: Collector + Clone + 'static>(registry: &Registry, metric: T) -> T {
    made(registry.register(Box::new(metric.clone())));
    metric
}

#[cfg(test)]
mod tests {
    use prometheus::TextEncoder;

    use super::*;
    use crate::serve::route_table;

    fn text(metrics: &Metrics) -> String {
        let families = metrics.registry.gather();
        TextEncoder::new()
            .encode_to_string(&families)
            .expect("encodes")
    }

    #[test]
    fn labels_are_those_of_the_table_and_never_the_callers() {
        let metrics = Metrics::new(route_table().routes);
        let livez = route_table()
            .routes
            .iter()
            .position(|route| route.path == "/livez");
        assert!(livez.is_some());
        let made_up = Method::from_bytes(b"BREW").expect("a method");
        let time = Duration::from_millis(3);
        metrics.request(livez, &Method::GET, StatusCode::OK, time);
        metrics.request(livez, &Method::GET, StatusCode::OK, time);
        metrics.request(livez, &Method::HEAD, StatusCode::OK, time);
        metrics.request(None, &made_up, StatusCode::NOT_FOUND, time);
        metrics.request(None, &Method::PUT, StatusCode::IM_A_TEAPOT, time);
        let text = text(&metrics);
        for line in [
            r#"unseat_http_requests_total{method="GET",route="/livez",status="200"} 2"#,
            r#"unseat_http_requests_total{method="HEAD",route="/livez",status="200"} 1"#,
            r#"unseat_http_requests_total{method="other",route="unmatched",status="404"} 1"#,
            r#"unseat_http_requests_total{method="PUT",route="unmatched",status="other"} 1"#,
            r#"unseat_http_request_duration_seconds_bucket{method="GET",route="/livez",le="0.0025"} 0"#,
            r#"unseat_http_request_duration_seconds_bucket{method="GET",route="/livez",le="0.005"} 2"#,
        ] {
            assert!(text.lines().any(|it| it == line), "{line}\n{text}");
        }
    }

    #[test]
    fn rows_are_counted_per_version() {
        let metrics = Metrics::new(route_table().routes);
        for (version, rows) in [("1", 3), ("2", 5), ("1", 4)] {
            metrics.rows("attrition", version, rows);
        }
        let text = text(&metrics);
        for line in [
            r#"unseat_prediction_rows_total{model="attrition",version="1"} 7"#,
            r#"unseat_prediction_rows_total{model="attrition",version="2"} 5"#,
        ] {
            assert!(text.lines().any(|it| it == line), "{line}\n{text}");
        }
        assert_eq!(metrics.versions.load().len(), 2);
    }
}
