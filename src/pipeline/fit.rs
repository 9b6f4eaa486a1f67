//! One fit: rows to a transformer and a predictor, by one learner's settings. Training does one of these, `auto` many.

use polars::prelude::DataFrame;

use super::error::Error;
use super::target::{Target, TargetRows};
use crate::config::ModelConfig;
use crate::config::features::Derive;
use crate::config::learner::Learner;
use crate::features::{self, Derived, Fitted, Goal, Plan, Purpose};
use crate::learners::{self, HeldBack};
use crate::predictors::Predictor;

/// What is fitted on.
pub struct Material<'a> {
    /// The settings, but for the learner's.
    pub config: &'a ModelConfig,
    /// The data set.
    pub frame: &'a DataFrame,
    /// Columns that are not learned from.
    pub excluded: &'a [String],
    /// The target of its rows.
    pub wanted: &'a Target,
}

/// What came of it.
pub struct Fit {
    /// The transformer, and the columns that it leaves out.
    pub fitted: Fitted,
    /// The predictor.
    pub predictor: Predictor,
    /// Facts worth a line in the report.
    pub notes: Vec<String>,
    /// Milliseconds in the learner alone.
    pub fit_ms: f64,
}

/// The columns that the settings compute, as bundles keep them.
pub fn derived(config: &ModelConfig) -> Vec<Derived> {
    let derive = config.derive.iter().cloned();
    derive
        .map(|Derive { name, sql }| Derived { name, sql })
        .collect()
}

impl Material<'_> {
    /// Fits on the rows of `train`; a learner that stops early looks at those of `validation`.
    ///
    /// # Errors
    /// When no column can be learned from, or the learner fails.
    pub fn fit(&self, learner: &Learner, train: &[u32], validation: &[u32]) -> Result<Fit, Error> {
        let (target, held_target) = (self.wanted.part(train), self.wanted.part(validation));
        let plan = Plan {
            excluded: self.excluded,
            settings: &self.config.features,
            purpose: Purpose::of(learner.kind),
            goal: Some(match target.target() {
                learners::Target::Classes(class, n_classes) => Goal::Classes(class, n_classes),
                learners::Target::Numbers(numbers) => Goal::Numbers(numbers),
            }),
            seed: self.config.split.seed,
            derived: &derived(self.config),
            times: &self.config.times(),
            reading: &self.config.ingest.times(),
        };
        let fitted = features::fit_for(self.frame, train, &plan)?;
        let frame = fitted.transformer.prepared(self.frame)?;
        let view = fitted.training_view(&frame, train)?;
        let held_back = if validation.is_empty() {
            None
        } else {
            Some(HeldBack {
                view: fitted.transformer.view(&frame, validation)?,
                target: TargetRows::target(&held_target),
            })
        };
        let begin = std::time::Instant::now();
        let seed = self.config.split.seed;
        let learned = learners::fit(&view, target.target(), held_back.as_ref(), learner, seed)?;
        let fit_ms = begin.elapsed().as_secs_f64() * 1e3;
        drop(held_back);
        drop(view);
        drop(frame);
        let mut notes = fitted.notes.clone();
        notes.extend(learned.notes);
        Ok(Fit {
            fitted,
            predictor: learned.predictor,
            notes,
            fit_ms,
        })
    }
}
