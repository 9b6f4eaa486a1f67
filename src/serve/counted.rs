//! What is known of drift, and how the rows of requests are counted.

use super::State;
use super::live_gauges::effects;
use super::scrape::Now;
use crate::pipeline::drift::newest;

/// Verdicts and counters. Of a model whose registry cannot be reached, nothing is said.
pub async fn counted(state: &State, now: &Now) {
    let Some(project) = &state.project else {
        return;
    };
    if let Some(answered) = &state.answered {
        let passed = answered.passed();
        now.count(
            "unseat_counted_rows_total",
            "Rows of requests that were counted for drift.",
            passed.counted(),
        );
        now.count(
            "unseat_uncounted_rows_total",
            "Rows of requests that came too fast to be counted for drift.",
            passed.dropped(),
        );
        now.count(
            "unseat_answers_kept_total",
            "Answers that were kept for labels that come later.",
            passed.kept(),
        );
        now.count(
            "unseat_answers_unkept_total",
            "Answers that were not kept: more came than `labels.per_second`, or they could not be written.",
            passed.unkept(),
        );
        now.count(
            "unseat_counted_failures_total",
            "Times that what was counted could not be written; it is tried again.",
            passed.failures(),
        );
    }
    let drift = now.gauge(
        "unseat_drift",
        "Whether rows are unlike those of training: 1 for the newest verdict on data, test rows and requests, 0 for the others.",
        &["model", "rows", "verdict"],
    );
    let effect = now.gauge(
        "unseat_drift_effect",
        "PSI beyond chance of a column in the newest comparison; 0.1 is a little, 0.25 much.",
        &["model", "rows", "column"],
    );
    let all = project.envs.all();
    for (name, env) in all.iter().filter(|(_, env)| env.config.drift.enabled) {
        let Ok(checks) = newest(env).await else {
            continue;
        };
        effects(&effect, name, &checks);
        for check in checks {
            for verdict in ["ok", "unknown", "warn", "drift"] {
                let labels = [name.as_str(), check.kind.as_str(), verdict];
                let is_it = f64::from(check.verdict == verdict);
                drift.with_label_values(&labels).set(is_it);
            }
        }
    }
}
