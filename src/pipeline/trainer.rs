//! From a fit to a bundle: of one learner that is named, or of the best candidate of `auto`.

use std::cell::RefCell;
use std::collections::BTreeMap;

use super::choose::{Chosen, choose};
use super::dataset::Dataset;
use super::error::Error;
use super::fit::{Fit, Material};
use super::ingest;
use super::split::Parts;
use super::target::TargetRows;
use crate::bundle::{Bundle, Golden, Provenance};
use crate::config::{Learner, LearnerKind, ModelConfig};
use crate::data::rules;
use crate::data::rules::Rule;
use crate::data::{ColumnSummary, NumberForm, ReadingPlan};
use crate::evaluate::{self, Centre, Metric, Predictions, Truth, threshold};
use crate::predictors::Predictor;

/// With more rows than this, a second fit costs more than the validation part can add.
const MOST_REFITTED: usize = 100_000;
/// What a bundle is made of beside a fit.
pub struct Trainer<'a> {
    /// What is fitted on.
    pub material: &'a Material<'a>,
    /// Where it comes from.
    pub dataset: &'a Dataset,
    /// The column that is predicted.
    pub target: &'a str,
    /// The columns, summarised without single rows.
    pub profile: Vec<ColumnSummary>,
}

impl Trainer<'_> {
    /// The bundle of a fit, with the threshold 0.5 and without golden rows.
    fn bundle(&self, learner: &Learner, parts: &Parts, fit: Fit) -> Bundle {
        let (config, wanted) = (self.material.config, self.material.wanted);
        let train = wanted.part(&parts.train);
        Bundle {
            target: self.target.to_string(),
            prior: shares(&train),
            centre: centre(&train),
            classes: wanted.classes().to_vec(),
            metric: config.metric_for(wanted.task()),
            threshold: threshold::DEFAULT,
            costs: None,
            calibration: None,
            flag: None,
            transformer: fit.fitted.transformer,
            predictor: fit.predictor,
            dropped: fit.fitted.dropped,
            learner: learner.clone(),
            leaderboard: Vec::new(),
            seed: config.split.seed,
            data: Provenance {
                rows_hash: self.dataset.rows_hash.clone(),
                config_hash: config.fingerprint(),
                train_rows: parts.train.len() as u64,
                validation_rows: parts.validation.len() as u64,
                folds: None,
            },
            profile: self.profile.clone(),
            rules: rules_of(config, self.dataset, self.material.excluded),
            golden: Golden::default(),
            related: self.dataset.record.related.clone(),
            reading: self.reading(),
            reference: None,
            imported: None,
        }
    }

    /// How the numbers of the columns are written, as far as they are still those that were read.
    fn reading(&self) -> BTreeMap<String, NumberForm> {
        let plan = self.dataset.record.reading.as_ref();
        plan.map_or_else(BTreeMap::new, ReadingPlan::frozen)
    }

    /// The candidate of `auto` that is best on held-back rows, and what was made of it on exactly these parts.
    pub fn choose(&self, parts: &Parts) -> Result<(Chosen, Option<TrainedCandidate>), Error> {
        let made: RefCell<BTreeMap<String, TrainedCandidate>> = RefCell::default();
        let metric = self.metric();
        let chosen = choose(self.material, parts, metric, &|candidate, fold, fit| {
            let learner = &candidate.learner;
            let (notes, fit_ms) = (fit.notes.clone(), fit.fit_ms);
            let bundle = self.bundle(learner, fold, fit);
            let held_back = crate::pipeline::dataset::take(self.material.frame, &fold.validation)?;
            let answers = bundle.scorer().answer_frame(&held_back)?;
            let truth = self.material.wanted.part(&fold.validation);
            let score = at_its_best(&bundle, &truth, &answers, learner.tune_threshold);
            if fold == parts {
                let one = TrainedCandidate {
                    bundle,
                    notes,
                    fit_ms,
                };
                made.borrow_mut().insert(candidate.name.clone(), one);
            }
            Ok(score)
        })?;
        let winner = chosen.entries.first().map(|entry| entry.name.as_str());
        let made = winner.and_then(|name| made.into_inner().remove(name));
        Ok((chosen, made))
    }

    /// A bundle fitted on some rows by settings that need no validation part, with the threshold 0.5.
    ///
    /// # Errors
    /// When no column can be learned from, or the learner fails.
    pub fn without_validation(&self, learner: &Learner, rows: &[u32]) -> Result<Bundle, Error> {
        let fit = self.material.fit(learner, rows, &[])?;
        let parts = Parts {
            train: rows.to_vec(),
            validation: Vec::new(),
        };
        Ok(self.bundle(learner, &parts, fit))
    }

    /// The last fit, on the training part alone, by settings that say how long; `learner` is what the bundle says of them.
    ///
    /// # Errors
    /// When no column can be learned from, or the learner fails.
    pub fn last(
        &self,
        learner: &Learner,
        long: &Learner,
        parts: &Parts,
    ) -> Result<TrainedCandidate, Error> {
        let fit = self.material.fit(long, &parts.train, &[])?;
        let (notes, fit_ms) = (fit.notes.clone(), fit.fit_ms);
        Ok(TrainedCandidate {
            bundle: self.bundle(learner, parts, fit),
            notes,
            fit_ms,
        })
    }

    /// The metric that the model is kept good by.
    pub fn metric(&self) -> Metric {
        let Material { config, wanted, .. } = *self.material;
        config.metric_for(wanted.task())
    }

    /// One fit of a learner that is named.
    pub fn fit(&self, learner: &Learner, parts: &Parts) -> Result<TrainedCandidate, Error> {
        let fit = self
            .material
            .fit(learner, &parts.train, &parts.validation)?;
        let (notes, fit_ms) = (fit.notes.clone(), fit.fit_ms);
        Ok(TrainedCandidate {
            bundle: self.bundle(learner, parts, fit),
            notes,
            fit_ms,
        })
    }
}

/// A bundle without golden rows, and what its fit was like.
pub struct TrainedCandidate {
    /// The bundle.
    pub bundle: Bundle,
    /// Facts worth a line in the report.
    pub notes: Vec<String>,
    /// Milliseconds in the learner alone.
    pub fit_ms: f64,
}

/// A candidate's score on held-back rows, two classes at the threshold that is best there, as it will be chosen later.
fn at_its_best(
    bundle: &Bundle,
    truth: &TargetRows,
    answers: &Predictions,
    is_tuned: bool,
) -> Option<f64> {
    let scores = match (truth, answers) {
        (TargetRows::Classes(class, 2), Predictions::Classes(predictions))
            if is_tuned && bundle.metric.reads_labels() =>
        {
            return Some(threshold::best(class, &predictions.probabilities, bundle.metric).score);
        }
        (TargetRows::Classes(class, _), answers) => {
            evaluate::predictions::score(&Truth::Classes(class.clone()), answers)
        }
        (TargetRows::Numbers(numbers), answers) => {
            evaluate::predictions::score(&Truth::Numbers(numbers.clone()), answers)
        }
    };
    scores.get(bundle.metric)
}

/// Whether the model learns from the validation part, too, once that has served its purpose. `used` is the learner that is
/// fitted, which is another than the settings name where a number is predicted or `auto` chose.
pub fn is_refitted(config: &ModelConfig, used: LearnerKind, n_rows: usize) -> bool {
    let is_few = n_rows as u64 <= config.split.fold_rows;
    let by_default = is_few || (used != LearnerKind::Logistic && n_rows <= MOST_REFITTED);
    config.split.refit.unwrap_or(by_default)
}

/// The settings for a last fit without held-back rows: as many rounds as were found right.
pub fn as_long(learner: &Learner, predictor: &Predictor) -> Learner {
    let rounds = match predictor {
        Predictor::Trees(trees) if learner.kind == LearnerKind::BoostedTrees => {
            // A class that no row has gets no trees.
            let first = trees.output.first();
            let of_first = trees.output.iter().filter(|&output| Some(output) == first);
            Some(of_first.count().max(1) as u32)
        }
        _ => learner.rounds,
    };
    Learner {
        rounds,
        ..learner.clone()
    }
}

/// Share of each class; none of numbers.
pub fn shares(part: &TargetRows) -> Vec<f64> {
    let TargetRows::Classes(class, n_classes) = part else {
        return Vec::new();
    };
    let mut counts = vec![0.0; *n_classes];
    class
        .iter()
        .for_each(|&class| counts[class as usize] += 1.0);
    counts
        .iter()
        .map(|count| count / class.len().max(1) as f64)
        .collect()
}

/// Mean and median of numbers; none of classes.
pub fn centre(part: &TargetRows) -> Option<Centre> {
    match part {
        TargetRows::Classes(..) => None,
        TargetRows::Numbers(numbers) => Centre::of(numbers),
    }
}

/// The rules that a version keeps: those of the settings, then those that are read off its data set.
pub fn rules_of(config: &ModelConfig, dataset: &Dataset, excluded: &[String]) -> Vec<Rule> {
    let mut rules = ingest::rules_of(config);
    let kind_of = |name: &str| {
        let column = dataset.profile.iter().find(|it| it.name == name);
        column.map(|column| column.kind)
    };
    for rule in &mut rules {
        rule.kind = kind_of(&rule.column);
    }
    let inferred = rules::infer(&dataset.frame, &dataset.profile, excluded, &rules);
    rules.extend(inferred);
    rules
}
