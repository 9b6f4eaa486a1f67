//! Metrics of a project: its schedule, its queue, its runs, how stale its models are.

use prometheus::GaugeVec;
use prometheus::proto::MetricFamily;

use super::State;
use super::counted::counted;
use super::durations::durations;
use super::scrape::Now;
use super::{live_gauges, staleness};
use crate::diagnose::StaleReason;
use crate::registry::{JobState, ProbationState};
use crate::serving::model_slot::ModelSlot;
use crate::serving::served::Served;

/// Asks the registry what it has on record, for the metrics of models.
pub async fn recall(state: &State) {
    if let Some(project) = &state.project {
        state
            .diagnostics
            .recall(&project.envs, state.served_models.models())
            .await;
    }
}

/// All of them, into one scrape; the family that is made otherwise comes back.
pub async fn gather(state: &State, now: &Now) -> Option<MetricFamily> {
    stale(state, now).await;
    schedule_and_queue(state, now).await;
    counted(state, now).await;
    live_gauges::live(state, now).await;
    totals(state, now).await
}

/// The state of the newest probation of a model.
pub fn probation(gauge: &GaugeVec, model: &ModelSlot) {
    if let Some(view) = model.probation() {
        for known in ProbationState::ALL {
            let labels = [model.name.as_str(), known.name()];
            let is_it = f64::from(*known == view.state);
            gauge.with_label_values(&labels).set(is_it);
        }
    }
}

/// What was computed since, on test rows that are newer than what is on record.
pub fn known_score(state: &State, model: &ModelSlot, served: &Served, gauge: &GaugeVec) {
    if let Some(known) = state.diagnostics.known_score(&model.name) {
        let labels = [model.name.as_str(), served.bundle.metric.name()];
        gauge.with_label_values(&labels).set(known);
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
    for (name, found) in staleness::staleness(project, state.clock.now_ms()).await {
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
