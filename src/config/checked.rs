//! The configuration after every check: only valid values, and the checks that need more than one key.

use std::path::{Path, PathBuf};

use super::columns::check_columns;
use super::decision::{Decide, DecideBy};
use super::folders::check_folders;
use super::learner::LearnerKind;
use super::model::{ModelConfig, Window};
pub use super::names::{is_name, plain_name};
use super::policy::{EvidenceKind, not_at_least_zero};
use super::problem::Problem;
use super::raw::RawConfig;
use super::raw::with_related;
use super::stores::Stores;
use super::task::{asked_of_learner, check_task, usual_metric};
use crate::evaluate::{Metric, Task};
use crate::model_types::Location;

/// Turns one model's settings into checked ones, adding every problem to `problems` under `prefix`.
pub fn check(
    raw: RawConfig,
    project: &Path,
    stores: &Stores,
    prefix: &str,
    problems: &mut Vec<Problem>,
) -> ModelConfig {
    let mut say =
        |path: &str, reason: String| problems.push(Problem::at(&format!("{prefix}{path}"), reason));
    let raw = with_related(raw, &mut say);
    if !is_name(&raw.name) {
        say(
            "name",
            "use letters, digits, `_`, `-` and `.`, beginning with a letter or digit".to_string(),
        );
    }
    let folders = check_folders(&raw, project, stores, &mut say);
    check_numbers(&raw, &mut say);
    check_columns(&raw, &mut say);
    check_task(&raw, &mut say);
    super::engine_limits::check(&raw, &mut say);
    if let Some(decision) = &raw.learner.decision {
        decision.check(&mut |key, reason| say(&format!("learner.decision.{key}"), reason));
        if raw.gate.retune && decision.by != DecideBy::Metric {
            let why =
                "chooses the threshold by the metric, and `learner.decision.by` says otherwise";
            say("gate.retune", why.to_string());
        }
    }
    if raw.gate.retune && raw.gate.evidence != EvidenceKind::TwoKeys {
        say("gate.retune", "needs `gate.evidence: two_keys`".to_string());
    }
    let window = match (raw.ingest.window.days, raw.ingest.window.rows) {
        (None, None) => Window::Unbounded,
        (Some(days), None) => Window::Days(days),
        (None, Some(rows)) => Window::Rows(rows),
        (Some(_), Some(_)) => {
            say(
                "ingest.window",
                "give `days` or `rows`, not both".to_string(),
            );
            Window::Unbounded
        }
    };
    if window != Window::Unbounded && raw.ingest.keep == super::raw::Keep::Folder {
        say(
            "ingest.window",
            "only `ingest.keep: accumulate` has a window".to_string(),
        );
    }
    for (key, is_set, off) in [
        ("labels.test_share", raw.labels.sets_aside(), "0"),
        ("labels.train", raw.labels.trains(), "false"),
    ] {
        if raw.related.is_some() && is_set {
            say(
                key,
                format!(
                    "rows that are put together of several tables are not logged whole; leave out `related`, or set it to {off}"
                ),
            );
        }
    }
    let task = raw
        .task
        .or(asked_of_learner(&raw.learner))
        .or(raw.metric.map(Metric::task));
    if let (Some(decision), Some(task)) = (&raw.learner.decision, task) {
        check_decision(&raw, decision, task, &mut say);
    }
    ModelConfig {
        project: project.to_path_buf(),
        input_folder: folders.input,
        output_folder: folders.output,
        test_folder: folders.test,
        model_folder: folders.models,
        deployment_folder: folders.deployment,
        name: raw.name,
        target: raw.target,
        positive_class: raw.positive_class.map(|label| label.spelled()),
        drop: raw.drop,
        keys: raw.keys,
        time_column: raw.time_column,
        schema: raw.schema,
        ingest: raw.ingest,
        window,
        checks: raw.checks,
        derive: raw.derive,
        related: raw.related,
        features: raw.features,
        learner: raw.learner,
        engine: raw.engine,
        split: raw.split,
        metric: raw.metric.unwrap_or_else(|| usual_metric(task)),
        metric_given: raw.metric,
        task,
        score: raw.score,
        gate: raw.gate,
        schedule: raw.schedule,
        retention: raw.retention,
        asked: None,
        stores: stores.clone(),
        prediction_log: Location::Folder(PathBuf::new()),
        tags: raw.jobs.tags,
        health: raw.health,
        probation: raw.probation,
        drift: raw.drift,
        labels: raw.labels,
        shadow: raw.shadow,
        retrain: raw.retrain,
    }
}

/// The policy is one for the task that the settings name; where they leave it to the data, training looks.
fn check_decision(
    raw: &RawConfig,
    decision: &Decide,
    task: Task,
    say: &mut impl FnMut(&str, String),
) {
    let n_classes = match task {
        Task::Classification => Some(2),
        Task::Regression => None,
    };
    if let Some((key, reason)) = decision.is_not_for(n_classes) {
        say(&format!("learner.decision.{key}"), reason);
    } else if task == Task::Regression && raw.split.validation == 0.0 {
        let why = "is chosen on rows that are held back, and `split.validation` is 0";
        say("learner.decision.capacity", why.to_string());
    }
}

fn check_numbers(raw: &RawConfig, say: &mut impl FnMut(&str, String)) {
    let mut within = |key: &str, value: f64, low: f64, high: f64| {
        if !(value > low && value <= high) {
            say(
                key,
                format!("{value} is not above {low} and at most {high}"),
            );
        }
    };
    within("learner.c", raw.learner.c.unwrap_or(1.0), 0.0, 1e9);
    within("learner.learning_rate", raw.learner.learning_rate, 0.0, 1.0);
    if let Some(share) = raw.learner.feature_share {
        within("learner.feature_share", share, 0.0, 1.0);
    }
    within("score.confidence", raw.score.confidence, 0.5, 0.9999);
    if let Some(reason) = not_at_least_zero(raw.score.max_fall) {
        say("score.max_fall", reason);
    }
    for (key, value, most) in [
        ("split.validation", raw.split.validation, 0.9),
        ("learner.alpha", raw.learner.alpha, 1e9),
        ("learner.l1_ratio", raw.learner.l1_ratio, 1.0),
        ("learner.max_seconds", raw.learner.max_seconds, 1e9),
    ] {
        if !(0.0..=most).contains(&value) {
            say(key, format!("{value} is not from 0 to {most}"));
        }
    }
    if raw.split.validation == 0.0 && raw.learner.kind == LearnerKind::Auto {
        let reason = "is 0 and `auto` compares learners on held-back rows; set it above 0, or name a learner";
        say("split.validation", reason.to_string());
    }
    raw.schedule.check(say);
    raw.ingest
        .check(&mut |key, reason| say(&format!("ingest.{key}"), reason));
    raw.features
        .check(&mut |key, reason| say(&format!("features.{key}"), reason));
    raw.gate
        .check(&mut |key, reason| say(&format!("gate.{key}"), reason));
    raw.retention
        .check(&mut |key, reason| say(&format!("retention.{key}"), reason));
    raw.checks
        .check(&mut |key, reason| say(&format!("checks.{key}"), reason));
    raw.health
        .check(&mut |key, reason| say(&format!("health.{key}"), reason));
    raw.retrain
        .check(&mut |key, reason| say(&format!("retrain.{key}"), reason));
    raw.shadow
        .check(&mut |key, reason| say(&format!("shadow.{key}"), reason));
    raw.labels
        .check(&mut |key, reason| say(&format!("labels.{key}"), reason));
    raw.drift
        .check(&mut |key, reason| say(&format!("drift.{key}"), reason));
    raw.probation
        .check(&mut |key, reason| say(&format!("probation.{key}"), reason));
    if raw.score.replicates < 100 {
        let reason = format!("{} is less than 100", raw.score.replicates);
        say("score.replicates", reason);
    }
    raw.learner
        .check_counts(&mut |key, reason| say(&format!("learner.{key}"), reason));
}
