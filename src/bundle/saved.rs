//! A version's saved form, as plain data.

use std::collections::{BTreeMap, HashSet};

use serde::{Deserialize, Serialize};

use super::error::Error;
use super::flag::Flag;
use super::golden_rows::Golden;
use crate::config::raw::Learner;
use crate::data::rules::Rule;
use crate::data::{ColumnSummary, NumberForm};
use crate::drift::Reference;
use crate::evaluate::calibration::Calibrated;
use crate::evaluate::{Centre, Metric, Task};
use crate::features::{Dropped, Transformer};
use crate::joins::RelatedPlan;
use crate::model_types::Sha256;
use crate::predictors::{Calibrator, Link, Predictor};

/// What a version is made of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Bundle {
    /// Column that is predicted.
    pub target: String,
    /// Class names; with two, index 1 is the positive class; none where a number is predicted.
    pub classes: Vec<String>,
    /// Share of each class in the training part.
    pub prior: Vec<f64>,
    /// Mean and median of the training part's numbers, where a number is predicted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub centre: Option<Centre>,
    /// The primary metric.
    pub metric: Metric,
    /// P(positive) from which on a row is positive; only with two classes.
    pub threshold: f64,
    /// What a row of one class that is predicted as another costs, `(n_classes, n_classes)` row-major: the class with the
    /// smallest expected cost is predicted. `None`: the most probable class. Only with more than two classes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub costs: Option<Vec<f64>>,
    /// How its probabilities were calibrated, where that was looked at; only with two classes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calibration: Option<Calibration>,
    /// Which predicted numbers are flagged, where the settings ask for a share of them. Only of numbers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flag: Option<Flag>,
    /// Columns to features.
    pub transformer: Transformer,
    /// Features to margins.
    pub predictor: Predictor,
    /// Columns that were not learned from, and why.
    pub dropped: Vec<Dropped>,
    /// The learner's settings; of `auto`, those of the candidate that it chose.
    pub learner: Learner,
    /// How the candidates of `auto` did, the chosen one first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub leaderboard: Vec<Entry>,
    /// Seed of the split and the learner.
    pub seed: u64,
    /// Where it was learned.
    pub data: Provenance,
    /// Reference profile: each column of the data set, summarised without single rows.
    pub profile: Vec<ColumnSummary>,
    /// What its columns held: rules that are enforced, and others that were only seen.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<Rule>,
    /// Made-up rows and what the model says of them.
    pub golden: Golden,
    /// How several tables become rows, where they do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub related: Option<RelatedPlan>,
    /// How the numbers of columns are written, where they are not plain: files and requests are read so, too.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub reading: BTreeMap<String, NumberForm>,
    /// What its columns held, counted in bins: what later rows are checked against. `None` in bundles of before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<Reference>,
    /// The file that it was taken in from, where it was not trained here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub imported: Option<Origin>,
}

/// A calibration of P(positive), and what it changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Calibration {
    /// The calibration; none where the probabilities were left as they are. Platt scaling of log odds is in the predictor's own
    /// numbers and stands here to be read; all else is applied after the predictor, see [`Bundle::after`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calibrator: Option<Calibrator>,
    /// What it was fitted on, and the calibration error before and after.
    pub report: Calibrated,
}

/// Which file a bundle was taken in from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Origin {
    /// The form of the file: `onnx`.
    pub format: String,
    /// Its name, without its folder.
    pub file: String,
    /// Its SHA-256.
    pub sha256: Sha256,
    /// The operator of the model in it, like `TreeEnsembleClassifier`.
    pub operator: String,
    /// The program that wrote it, with its version; empty where it does not say.
    pub producer: String,
    /// Its sets of operators, with their versions.
    pub operators: Vec<(String, i64)>,
}

impl Origin {
    /// In words: `TreeEnsembleClassifier of forest.onnx (skl2onnx 1.17)`.
    pub fn says(&self) -> String {
        let by = match self.producer.as_str() {
            "" => String::new(),
            producer => format!(" ({producer})"),
        };
        format!("{} of {}{by}", self.operator, self.file)
    }
}

/// How one candidate of `auto` did.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// What it is, in words.
    pub name: String,
    /// Its mean score over the repetitions, by the model's metric; `None` where it could not be fitted or scored.
    pub score: Option<f64>,
    /// Standard deviation over the repetitions; 0 for one.
    pub deviation: f64,
    /// Rows that it learned from in its last comparison.
    pub rows: u64,
    /// Fits that were done for it.
    pub fits: u32,
    /// Why it could not be fitted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
    /// By how much the chosen one was better on the same rows, and the standard error of that; where folds were compared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub behind: Option<[f64; 2]>,
}

impl Entry {
    /// Of a candidate before it is tried.
    pub fn untried(name: String) -> Entry {
        Entry {
            name,
            score: None,
            deviation: 0.0,
            rows: 0,
            fits: 0,
            failure: None,
            behind: None,
        }
    }
}

/// The folds on which learner, rounds and threshold were chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Folds {
    /// How many there were in a draw.
    pub folds: u32,
    /// How many times they were drawn.
    pub draws: u32,
    /// Rows that were held back in a draw, each in one of its folds.
    pub rows: u64,
}

/// What a bundle was learned from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Provenance {
    /// Fingerprint of the data set's rows.
    pub rows_hash: String,
    /// Fingerprint of the settings.
    pub config_hash: String,
    /// Rows learned from.
    pub train_rows: u64,
    /// Rows of the validation part, which the threshold was chosen on where there are no `folds`.
    pub validation_rows: u64,
    /// The folds that the threshold was chosen on, where it was; the rows of all of them were learned from in the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub folds: Option<Folds>,
}

impl Bundle {
    /// What it predicts.
    pub fn task(&self) -> Task {
        if self.classes.is_empty() {
            Task::Regression
        } else {
            Task::Classification
        }
    }

    /// What learned it: the learner's name, or `imported`.
    pub fn learner_name(&self) -> &'static str {
        match self.imported {
            Some(_) => "imported",
            None => self.learner.kind.name(),
        }
    }

    /// The settings that it was trained with, where it was trained here.
    pub fn trained_by(&self) -> Option<&Learner> {
        Some(&self.learner).filter(|_| self.imported.is_none())
    }

    /// Whether there are two classes.
    pub fn is_binary(&self) -> bool {
        self.classes.len() == 2
    }

    /// The positive class of a two-class model.
    pub fn positive(&self) -> Option<&str> {
        self.is_binary().then(|| self.classes[1].as_str())
    }

    /// What P(positive) goes through after the predictor, where it does.
    pub fn after(&self) -> Option<&Calibrator> {
        let calibrator = self.calibration.as_ref()?.calibrator.as_ref()?;
        let is_in_numbers = matches!(calibrator, Calibrator::Platt { .. })
            && self.predictor.link() == Link::Logistic;
        (!is_in_numbers).then_some(calibrator)
    }

    /// Takes a calibration in: Platt scaling of log odds goes into the predictor's numbers.
    pub fn calibrate(&mut self, calibration: Calibration) {
        if let (Some(Calibrator::Platt { slope, intercept }), Link::Logistic) =
            (&calibration.calibrator, self.predictor.link())
        {
            let plain = self.predictor.clone();
            self.predictor = plain.scaled(*slope, *intercept);
        }
        self.calibration = Some(calibration);
    }

    /// Checks that the parts fit together: what passes can be scored, explained and exported, whatever the row.
    ///
    /// # Errors
    /// [`Error::Unsound`].
    pub fn verify_parts(&self) -> Result<(), Error> {
        let unsound = |why: &str| Err(Error::Unsound(why.to_string()));
        if self.classes.len() == 1 || self.prior.len() != self.classes.len() {
            return unsound("its classes and their shares do not fit");
        }
        let distinct: HashSet<&String> = self.classes.iter().collect();
        if distinct.len() != self.classes.len() {
            return unsound("two of its classes have one name");
        }
        if !self.prior.iter().all(|share| (0.0..=1.0).contains(share)) {
            return unsound("its class shares are not shares");
        }
        if let Some(costs) = &self.costs {
            let n = self.classes.len();
            if n < 3 || costs.len() != n * n || !costs.iter().all(|cost| cost.is_finite()) {
                return unsound("its costs do not fit its classes");
            }
        }
        if let Some(flag) = &self.flag
            && (self.task() != Task::Regression || !flag.is_sound())
        {
            return unsound("what it flags does not fit what it predicts");
        }
        if !self.transformer.is_sound() {
            return unsound("its columns contradict one another");
        }
        if !self.threshold.is_finite() {
            return unsound("its threshold is not a number");
        }
        let outputs = match self.classes.len() {
            0 | 2 => 1,
            n => n,
        };
        let n_features = self.transformer.n_features();
        if self.predictor.n_outputs() != outputs || !self.predictor.is_sound(n_features) {
            return unsound("its weights do not fit its columns and classes");
        }
        let calibrator = self
            .calibration
            .as_ref()
            .and_then(|it| it.calibrator.as_ref());
        if calibrator.is_some_and(|it| !self.is_binary() || !it.is_sound()) {
            return unsound("its calibration does not fit its classes, or falls");
        }
        if self.reference.as_ref().is_some_and(|it| !it.is_sound()) {
            return unsound("its reference for drift contradicts itself");
        }
        if self.golden.rows.is_empty() {
            return unsound("it has no golden rows");
        }
        let is_share = |p: &f64| (0.0..=1.0).contains(p);
        let mut answers = self.golden.rows.iter().flat_map(|row| &row.probabilities);
        if self.task() == Task::Classification && !answers.all(is_share) {
            return unsound("its golden rows have answers that are no probabilities");
        }
        Ok(())
    }
}
