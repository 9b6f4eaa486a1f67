//! `GET /metrics`: what was counted, and what is so now, in Prometheus' text format.

use std::sync::Arc;

use prometheus::proto::MetricFamily;
use prometheus::{Opts, TextEncoder};
use utoipa::OpenApi;

use super::counted::counted;
use super::durations::durations;
use super::scrape::Now;
use super::{Problem, Reply, Request, State, admin, live_gauges, readiness};
use crate::diagnose::StaleReason;
use crate::http::budget::Reason;
use crate::http::observe::metrics::{made, registered};
use crate::http::observe::process::Process;
use crate::registry::{JobState, ProbationState};

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
    if let Some(project) = &state.project {
        state
            .diagnostics
            .recall(&project.envs, state.served_models.models())
            .await;
    }
    let mut families = state.observer.metrics.registry.gather();
    let current = now(&state);
    stale(&state, &current).await;
    schedule_and_queue(&state, &current).await;
    counted(&state, &current).await;
    live_gauges::live(&state, &current).await;
    families.extend(totals(&state, &current).await);
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
        if let Some(view) = model.probation() {
            for known in ProbationState::ALL {
                let labels = [name[0], known.name()];
                let is_it = f64::from(*known == view.state);
                probation.with_label_values(&labels).set(is_it);
            }
        }
        let Some(served) = model.champion() else {
            continue;
        };
        for (metric, value) in model.scores().iter() {
            score.with_label_values(&[name[0], metric]).set(*value);
        }
        // What was computed since, on test rows that are newer than what is on record.
        if let Some(known) = state.diagnostics.known_score(&model.name) {
            let labels = [name[0], served.bundle.metric.name()];
            score.with_label_values(&labels).set(known);
        }
        version.with_label_values(&name).set(served.version as f64);
        loaded
            .with_label_values(&name)
            .set(wall - served.loaded.elapsed().as_secs_f64());
        if served.since_ms > 0 {
            let since = served.since_ms as f64 / 1e3;
            promoted.with_label_values(&name).set(since);
        }
    }
}

/// What the schedule and the queue came to. A registry that cannot be reached leaves them out of one scrape.
async fn schedule_and_queue(state: &State, now: &Now) {
    let Some(project) = &state.project else {
        return;
    };
    if let Ok(counts) = project.registry.open_job_counts().await {
        let jobs = now.gauge(
            "unseat_jobs",
            "Jobs that wait or are running.",
            &["model", "state"],
        );
        for (model, state, count) in counts {
            jobs.with_label_values(&[model.as_str(), state.name()])
                .set(count as f64);
        }
    }
    let Ok(counts) = project.registry.tick_counts().await else {
        return;
    };
    let labels = ["model", "outcome"];
    let ticks = now.gauge(
        "unseat_ticks",
        "Ticks of the schedule by outcome; old ones are removed, so this falls. unseat_runs_total never does.",
        &labels,
    );
    let last = now.gauge(
        "unseat_last_tick_timestamp_seconds",
        "When the last tick with this outcome was due.",
        &labels,
    );
    for (model, outcome, count, last_ms) in counts {
        let labels = [model.as_str(), outcome.name()];
        ticks.with_label_values(&labels).set(count as f64);
        last.with_label_values(&labels).set(last_ms as f64 / 1e3);
    }
}

/// What all runs came to, since the first: sums that outlive the removal of old rows, so that none ever falls.
async fn totals(state: &State, now: &Now) -> Option<MetricFamily> {
    let project = state.project.as_ref()?;
    let totals = project.registry.run_totals().await.ok()?;
    let labels = ["model", "outcome"];
    let runs = now.counter(
        "unseat_runs_total",
        "Runs that have ended, by outcome.",
        &labels,
    );
    let quarantined = now.counter(
        "unseat_quarantined_files_total",
        "Input files that runs quarantined; each run counts them again.",
        &["model"],
    );
    let success = now.gauge(
        "unseat_last_success_timestamp_seconds",
        "When the last run ended that neither failed nor was cut off.",
        &["model"],
    );
    let waiting = now.gauge(
        "unseat_job_queue_length",
        "Jobs that wait for a worker or for another attempt.",
        &["model"],
    );
    for name in project.envs.all().keys() {
        waiting.with_label_values(&[name]).set(0.0);
        quarantined.with_label_values(&[name]).inc_by(0);
    }
    for (model, state, count) in project.registry.open_job_counts().await.ok()? {
        if state == JobState::Queued {
            waiting.with_label_values(&[&model]).set(count as f64);
        }
    }
    for total in &totals {
        let labels = [total.model.as_str(), total.outcome.name()];
        runs.with_label_values(&labels).inc_by(total.runs as u64);
        quarantined
            .with_label_values(&labels[..1])
            .inc_by(total.quarantined as u64);
        if total.is_success() {
            let newest = success.with_label_values(&labels[..1]);
            newest.set(newest.get().max(total.last_ms as f64 / 1e3));
        }
    }
    Some(durations(&totals))
}

/// Whether models are stale, 1 or 0 for each reason. Of a model whose registry cannot be reached, nothing is said.
async fn stale(state: &State, now: &Now) {
    let Some(project) = &state.project else {
        return;
    };
    let gauge = now.gauge(
        "unseat_model_stale",
        "Whether the model is stale for a reason, 1 or 0; /readyz?verbose says more.",
        &["model", "reason"],
    );
    for (name, found) in readiness::staleness(project, state.clock.now_ms()).await {
        let Ok(found) = found else {
            continue;
        };
        for reason in StaleReason::ALL {
            let is_stale = found.iter().any(|stale| stale.reason == reason);
            let labels = [name.as_str(), reason.name()];
            gauge.with_label_values(&labels).set(f64::from(is_stale));
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
        admin::audit_failures(),
    );
    now.count(
        "unseat_audit_skipped_total",
        "Rejections of unauthenticated clients that were not written to the audit log, because there were too many in a minute.",
        admin::audit_skipped(),
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
