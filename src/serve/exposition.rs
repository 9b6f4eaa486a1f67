//! `GET /metrics`: what was counted, and what is so now, in Prometheus' text format.

use std::sync::Arc;

use prometheus::{Opts, TextEncoder};
use utoipa::OpenApi;

use super::scrape::Now;
use super::{Problem, Reply, Request, State, audit, project_metrics, readiness};
use crate::http::budget::Reason;
use crate::http::observe::metrics::{made, registered};
use crate::http::observe::process::Process;

/// What this file adds to the API document.
#[derive(OpenApi)]
#[openapi(paths(metrics))]
pub struct Doc;

/// What Prometheus asks for.
const TEXT: &str = "text/plain; version=0.0.4";
/// Classes up to which predictions are counted per class; each is a series of its own per version.
const MOST_CLASSES: usize = 32;

/// Metrics of this server, in the text format of Prometheus.
#[utoipa::path(
    get,
    path = "/metrics",
    tag = "observe",
    responses((status = 200, description = "The metrics", body = String, content_type = "text/plain"))
)]
pub async fn metrics(state: Arc<State>, _: Request) -> Result<Reply, Problem> {
    project_metrics::recall(&state).await;
    let mut families = state.observer.metrics.registry.gather();
    let current = now(&state);
    families.extend(project_metrics::gather(&state, &current).await);
    families.extend(current.0.gather());
    let text = TextEncoder::new().encode_to_string(&families);
    let text = text.map_err(|error| Problem::internal(&error))?;
    Ok(Reply::new(TEXT, text).compressible())
}

/// The present state. Gathered for each scrape: two at once do not interfere, and what is gone is not shown.
fn now(state: &State) -> Now {
    let now = Now::none();
    let build = [env!("CARGO_PKG_VERSION")];
    now.gauge("unseat_build_info", "Always 1.", &["version"])
        .with_label_values(&build)
        .set(1.0);
    now.set(
        "unseat_ready",
        "Whether predictions are answered: 1 or 0.",
        Some(f64::from(readiness::is_ready(state))),
    );
    work(state, &now);
    models(state, &now);
    predictions(state, &now);
    logs(state, &now);
    process(state, &now);
    now
}

/// What requests hold and spend, and how often a limit was reached.
fn work(state: &State, now: &Now) {
    let budget = &state.budget;
    now.set(
        "unseat_work_bytes",
        "Bytes that requests hold: bodies, rows, answers that wait to be sent.",
        Some(budget.used() as f64),
    );
    now.set(
        "unseat_work_bytes_limit",
        "Upper bound of unseat_work_bytes (server.limits.work_bytes).",
        Some(budget.most() as f64),
    );
    let opts = Opts::new(
        "unseat_request_cpu_seconds_total",
        "Processor time of large requests, which have a thread of their own.",
    );
    let counter = made(prometheus::Counter::with_opts(opts));
    registered(&now.0, counter).inc_by(budget.cpu().as_secs_f64());
    let reached = now.counter(
        "unseat_limit_reached_total",
        "Requests that were rejected or given up, by the limit that was reached.",
        &["limit"],
    );
    for reason in Reason::ALL {
        let count = reached.with_label_values(&[reason.name()]);
        count.inc_by(budget.reached(reason));
    }
}

fn models(state: &State, now: &Now) {
    let gauge = |name, help| now.gauge(name, help, &["model"]);
    let version = gauge("unseat_model_version", "The version in production.");
    let promoted = gauge(
        "unseat_model_promoted_timestamp_seconds",
        "When it went into production.",
    );
    let loaded = gauge(
        "unseat_model_loaded_timestamp_seconds",
        "When this server loaded it.",
    );
    let alarm = gauge(
        "unseat_model_alarm",
        "Whether following the champion is in trouble, 1 or 0; /readyz?verbose says why.",
    );
    let score = now.gauge(
        "unseat_champion_score",
        "The newest score of the version in production that this server knows.",
        &["model", "metric"],
    );
    let probation = now.gauge(
        "unseat_probation",
        "The state of the newest probation: 1 for its present state; no series before the first.",
        &["model", "state"],
    );
    let wall = state.clock.now_ms() as f64 / 1e3;
    for model in state.served_models.models() {
        let name = [model.name.as_str()];
        alarm
            .with_label_values(&name)
            .set(f64::from(model.alarm().is_some()));
        project_metrics::probation(&probation, &model);
        let Some(served) = model.champion() else {
            continue;
        };
        for (metric, value) in model.scores().iter() {
            score.with_label_values(&[name[0], metric]).set(*value);
        }
        project_metrics::known_score(state, &model, &served, &score);
        version
            .with_label_values(&name)
            .set(served.version.get() as f64);
        loaded
            .with_label_values(&name)
            .set(wall - served.loaded.elapsed().as_secs_f64());
        if served.since_ms > 0 {
            let since = served.since_ms as f64 / 1e3;
            promoted.with_label_values(&name).set(since);
        }
    }
}

/// Predictions per class, or numbers, of the versions that are loaded: one that is unloaded takes its counts along.
fn predictions(state: &State, now: &Now) {
    let counts = now.counter(
        "unseat_predictions_total",
        "Predictions by predicted class, of the versions that are loaded.",
        &["model", "version", "prediction"],
    );
    for served in state
        .served_models
        .models()
        .flat_map(|model| model.loaded())
    {
        let number = ["number".to_string()];
        let classes = if served.is_of_numbers() {
            &number[..]
        } else {
            &served.bundle.classes
        };
        if classes.len() > MOST_CLASSES {
            continue;
        }
        let version = served.version.to_string();
        for (class, count) in classes.iter().zip(served.tally.counts()) {
            let labels = [served.model.as_str(), version.as_str(), class.as_str()];
            counts.with_label_values(&labels).inc_by(count);
        }
    }
}

fn logs(state: &State, now: &Now) {
    now.count(
        "unseat_audit_failures_total",
        "Lines of the audit log that could not be written.",
        audit::failures(),
    );
    now.count(
        "unseat_audit_skipped_total",
        "Rejections of unauthenticated clients that were not written to the audit log, because there were too many in a minute.",
        audit::skipped(),
    );
    if let Some(log) = &state.observer.access_log {
        now.count(
            "unseat_access_log_dropped_total",
            "Lines of the access log that were not written.",
            log.dropped(),
        );
    }
    if let Some(log) = &state.prediction_log {
        let counts = log.counts();
        now.count(
            "unseat_prediction_log_written_total",
            "Rows written to the prediction log.",
            counts.written(),
        );
        now.count(
            "unseat_prediction_log_dropped_total",
            "Sampled rows that were dropped: the queue was full, or they could not be written.",
            counts.dropped(),
        );
        now.count(
            "unseat_prediction_log_failures_total",
            "Times that the prediction log could not be written; it is tried again.",
            counts.failures(),
        );
    }
}

fn process(state: &State, now: &Now) {
    let process = Process::now();
    let began = state.clock.now_ms() as f64 / 1e3 - state.began.elapsed().as_secs_f64();
    let ran = process.cpu_seconds;
    let gauges = [
        ("start_time_seconds", "When the server began.", Some(began)),
        (
            "resident_memory_bytes",
            "Memory in use.",
            process.resident_bytes,
        ),
        (
            "virtual_memory_bytes",
            "Addresses in use.",
            process.virtual_bytes,
        ),
        ("open_fds", "Open files and sockets.", process.open_files),
        (
            "max_fds",
            "The most files and sockets that may be open.",
            process.most_files,
        ),
        ("threads", "Threads.", process.threads),
    ];
    for (name, help, value) in gauges {
        now.set(&format!("process_{name}"), help, value);
    }
    if let Some(ran) = ran {
        let opts = Opts::new(
            "process_cpu_seconds_total",
            "Processor time of all threads.",
        );
        let counter = made(prometheus::Counter::with_opts(opts));
        registered(&now.0, counter).inc_by(ran);
    }
}
