//! Classes or numbers: what the settings say of it, and what follows for metric and learner.

use super::ModelConfig;
use super::raw::{Learner, LearnerKind, RawConfig};
use crate::evaluate::{Metric, Task};

/// The primary metric when the settings name none.
pub fn usual_metric(task: Option<Task>) -> Metric {
    match task {
        Some(Task::Regression) => Metric::R2,
        _ => Metric::F1,
    }
}

impl ModelConfig {
    /// The metric for a task that was inferred from the data.
    pub fn metric_for(&self, task: Task) -> Metric {
        self.metric_given
            .unwrap_or_else(|| usual_metric(Some(task)))
    }

    /// The learner for a task that was inferred from the data: where the settings leave it open, `ridge` for numbers.
    pub fn learner_for(&self, task: Task) -> Learner {
        let is_unable = self.learner.kind.task().is_some_and(|able| able != task);
        if is_unable && self.learner == Learner::default() {
            Learner {
                kind: LearnerKind::Ridge,
                ..Learner::default()
            }
        } else {
            self.learner.clone()
        }
    }

    /// The metric for the task of a recorded score: regression, where it has a metric of regression.
    pub fn metric_of(&self, record: &serde_json::Value) -> Metric {
        let mut of_numbers = Metric::OF_NUMBERS.iter();
        let task = if of_numbers.any(|metric| record[metric.name()].is_number()) {
            Task::Regression
        } else {
            Task::Classification
        };
        self.metric_for(task)
    }
}

/// The only task that the settings' learner can do; `None` where they leave the learner open, so that the target decides.
pub(super) fn asked_of_learner(learner: &Learner) -> Option<Task> {
    if *learner == Learner::default() {
        None
    } else {
        learner.kind.task()
    }
}

/// Task, learner and metric speak of the same thing.
pub(super) fn check_task(raw: &RawConfig, say: &mut impl FnMut(&str, String)) {
    let words = |task: Task| match task {
        Task::Classification => "classes",
        Task::Regression => "numbers",
    };
    let learner = raw.learner.kind;
    let of_learner = asked_of_learner(&raw.learner);
    let task = raw.task.or(of_learner);
    if let (Some(asked), Some(able)) = (raw.task, of_learner)
        && asked != able
    {
        let reason = format!(
            "`{}` learns {}, but `task` asks for {}",
            learner.name(),
            words(able),
            words(asked)
        );
        say("learner.kind", reason);
    } else if let (Some(task), Some(metric)) = (task, raw.metric)
        && metric.task() != task
    {
        let reason = format!(
            "`{}` judges {}, but the model predicts {}",
            metric.name(),
            words(metric.task()),
            words(task)
        );
        say("metric", reason);
    }
}
