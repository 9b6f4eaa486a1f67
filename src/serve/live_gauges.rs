//! How good the newest answers were, and how far columns have drifted, as gauges. What was computed is read, nothing more.

use prometheus::GaugeVec;

use super::State;
use super::scrape::Now;
use crate::pipeline::drift::HistoryEntry;
use crate::pipeline::live::kept_summary;

/// Columns with a gauge of their own, per model and kind of rows: the ones that differ most.
const MOST_COLUMNS: usize = 50;

/// Quality of the champion's answers. Of a model whose registry cannot be reached, nothing is said.
pub async fn live(state: &State, now: &Now) {
    let Some(project) = &state.project else {
        return;
    };
    let labels = ["model", "version", "metric"];
    let score = now.gauge(
        "unseat_live_score",
        "The champion's metric by labels, over the seven days up to the newest answer that has one.",
        &labels,
    );
    let bounds = now.gauge(
        "unseat_live_score_bound",
        "Ends of the interval of unseat_live_score.",
        &["model", "version", "metric", "end"],
    );
    let difference = now.gauge(
        "unseat_live_score_difference",
        "unseat_live_score less what the probabilities of the same answers say.",
        &labels,
    );
    let estimated = now.gauge(
        "unseat_live_estimated_score",
        "The champion's metric as it is estimated without labels, over the answers of the last seven days.",
        &labels,
    );
    let gauge = |name, help| now.gauge(name, help, &["model", "version"]);
    let answers = gauge(
        "unseat_live_answers",
        "Answers that are kept of the last seven days.",
    );
    let labelled = gauge(
        "unseat_live_labelled_answers",
        "Answers with a label that unseat_live_score rests on.",
    );
    let coverage = gauge(
        "unseat_live_label_coverage",
        "Share of the answers with a label over the days of unseat_live_score.",
    );
    let delay = gauge(
        "unseat_label_delay_seconds",
        "Median time between answer and label.",
    );
    let last = now.gauge(
        "unseat_last_label_timestamp_seconds",
        "When the last label arrived.",
        &["model"],
    );
    let received = now.counter(
        "unseat_labels_total",
        "Labels that arrived, by outcome.",
        &["model", "outcome"],
    );
    for model in state.served_models.models() {
        let Some(env) = project.envs.get(&model.name) else {
            continue;
        };
        if !env.config.labels.enabled {
            continue;
        }
        let name = model.name.as_str();
        if let Ok(totals) = env.registry.label_totals(name).await {
            for total in &totals {
                let labels = [name, total.outcome.as_str()];
                let count = u64::try_from(total.labels).unwrap_or(0);
                received.with_label_values(&labels).inc_by(count);
            }
            if let Some(last_ms) = totals.iter().map(|it| it.last_ms).max() {
                last.with_label_values(&[name]).set(last_ms as f64 / 1e3);
            }
        }
        let Some(served) = model.champion() else {
            continue;
        };
        let Ok(Some(kept)) = kept_summary(&env, served.version).await else {
            continue;
        };
        let version = served.version.to_string();
        let own = [name, version.as_str()];
        let of_metric = [own[0], own[1], kept.metric.name()];
        answers.with_label_values(&own).set(kept.answers as f64);
        if let Some(value) = kept.estimated {
            estimated.with_label_values(&of_metric).set(value);
        }
        let Some(span) = kept.labelled else {
            continue;
        };
        if let Some(value) = span.score {
            score.with_label_values(&of_metric).set(value);
        }
        if let Some(value) = span.difference {
            difference.with_label_values(&of_metric).set(value);
        }
        if let Some(interval) = span.interval {
            for (end, value) in [("low", interval.low), ("high", interval.high)] {
                let labels = [own[0], own[1], kept.metric.name(), end];
                bounds.with_label_values(&labels).set(value);
            }
        }
        labelled.with_label_values(&own).set(span.labels as f64);
        let share = span.labels as f64 / span.answers.max(1) as f64;
        coverage.with_label_values(&own).set(share);
        if let Some(ms) = span.delay_ms {
            delay.with_label_values(&own).set(ms as f64 / 1e3);
        }
    }
}

/// How far the columns of the newest comparisons have moved.
pub fn effects(effect: &GaugeVec, model: &str, checks: &[HistoryEntry]) {
    for check in checks {
        let mut columns: Vec<(&String, &f64)> = check.effects.iter().collect();
        columns.sort_by(|a, b| b.1.total_cmp(a.1).then(a.0.cmp(b.0)));
        for (column, value) in columns.into_iter().take(MOST_COLUMNS) {
            let labels = [model, check.kind.as_str(), column.as_str()];
            effect.with_label_values(&labels).set(*value);
        }
    }
}
