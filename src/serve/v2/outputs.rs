//! What an inference is answered with: the outputs a model has, which of them were requested, and what the model says.

use std::sync::Arc;

use super::wire::{Faults, InferBody, bad};
use crate::serve::rows::Rows;
use crate::serve::scored::score_each;
use crate::serve::{Problem, Request, State};
use crate::serving::served::Served;

/// An output of a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutputKind {
    /// The label of each row, or its number.
    Predict,
    /// The probability of each class.
    PredictProba,
    /// The probability of the positive class; with two classes only.
    Probability,
}

impl OutputKind {
    /// The outputs of a version, in their order.
    pub fn of(served: &Served) -> Vec<OutputKind> {
        if served.is_of_numbers() {
            return vec![OutputKind::Predict];
        }
        let mut kinds = vec![OutputKind::Predict, OutputKind::PredictProba];
        if served.bundle.is_binary() {
            kinds.push(OutputKind::Probability);
        }
        kinds
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            OutputKind::Predict => "predict",
            OutputKind::PredictProba => "predict_proba",
            OutputKind::Probability => "probability",
        }
    }
}

/// Labels as elements of a tensor.
pub enum Labels {
    /// All classes are whole numbers.
    Integers(Vec<i64>),
    /// All are numbers; none where numbers are predicted and there are no classes.
    Numbers(Vec<f64>),
    /// They are `true` and `false`.
    Booleans(Vec<bool>),
    /// Anything else.
    Texts(Vec<String>),
}

impl Labels {
    /// The labels of a version, class by class.
    pub fn of(served: &Served) -> Self {
        fn all<T: serde::de::DeserializeOwned>(served: &Served) -> Option<Vec<T>> {
            let labels = served.labels.iter();
            labels
                .map(|label| serde_json::from_str(label).ok())
                .collect()
        }
        if served.is_of_numbers() {
            Labels::Numbers(Vec::new())
        } else if let Some(labels) = all(served) {
            Labels::Integers(labels)
        } else if let Some(labels) = all(served) {
            Labels::Numbers(labels)
        } else if let Some(labels) = all(served) {
            Labels::Booleans(labels)
        } else {
            Labels::Texts(served.bundle.classes.clone())
        }
    }

    /// The datatype that holds them.
    pub fn datatype(&self) -> &'static str {
        match self {
            Labels::Integers(_) => "INT64",
            Labels::Numbers(_) => "FP64",
            Labels::Booleans(_) => "BOOL",
            Labels::Texts(_) => "BYTES",
        }
    }
}

/// An output that is to be written.
pub struct RequestedOutput {
    /// Which.
    pub kind: OutputKind,
    /// As bytes behind the JSON object.
    pub is_bytes: bool,
    /// The likeliest this many classes as texts, instead of all as numbers.
    pub n_classes: Option<usize>,
}

/// What was requested; all outputs where nothing was.
///
/// # Errors
/// 400 with everything that is wrong with it.
pub fn wanted(asked: &InferBody<'_>, served: &Served) -> Result<Vec<RequestedOutput>, Problem> {
    let kinds = OutputKind::of(served);
    let by_default = asked.wants_bytes();
    let outputs = asked.outputs.as_deref().unwrap_or_default();
    if outputs.is_empty() {
        let plain = |kind| RequestedOutput {
            kind,
            is_bytes: by_default,
            n_classes: None,
        };
        return Ok(kinds.into_iter().map(plain).collect());
    }
    let mut wanted: Vec<RequestedOutput> = Vec::new();
    let mut faults = Faults::default();
    for (at, output) in outputs.iter().enumerate() {
        let Some(&kind) = kinds.iter().find(|kind| kind.name() == output.name) else {
            let names: Vec<_> = kinds.iter().map(|kind| kind.name()).collect();
            let names = names.join(", ");
            faults.push(format!("outputs[{at}] is not known; there is {names}"));
            continue;
        };
        let name = kind.name();
        if wanted.iter().any(|other| other.kind == kind) {
            faults.push(format!("the output `{name}` is requested twice"));
            continue;
        }
        let parameters = output.parameters.as_ref();
        if parameters.is_some_and(|it| it.is_shared()) {
            faults.push(format!(
                "the output `{name}` cannot go into shared memory, which is not offered"
            ));
        }
        let n_classes = parameters.and_then(|it| it.classification);
        if n_classes == Some(0) {
            faults.push(format!(
                "`classification` of the output `{name}` is at least 1"
            ));
        }
        if n_classes.is_some() && kind != OutputKind::PredictProba {
            faults.push(format!(
                "`classification` is for the output `predict_proba`, not for `{name}`"
            ));
        }
        let most = served.bundle.classes.len();
        let limited = |n: u64| usize::try_from(n).map_or(most, |n| n.min(most));
        wanted.push(RequestedOutput {
            kind,
            is_bytes: parameters
                .and_then(|it| it.binary_data)
                .unwrap_or(by_default),
            n_classes: n_classes.map(limited),
        });
    }
    if let Some(message) = faults.message() {
        return Err(bad(message));
    }
    Ok(wanted)
}

/// What the model says of the rows.
pub struct Scored {
    /// Number of rows.
    pub n_rows: usize,
    /// `(n_rows, width)`: P(positive), one per class, or the predicted number.
    pub probabilities: Vec<f64>,
    /// Probabilities of a row.
    pub width: usize,
    /// Class of each row.
    pub labels: Vec<usize>,
}

/// Scores rows.
///
/// # Errors
/// As [`score_each`].
pub fn score(
    state: &State,
    request: &Request,
    served: &Arc<Served>,
    rows: Rows,
) -> Result<Scored, Problem> {
    let width = served.scorer.n_outputs();
    let mut scored = Scored {
        n_rows: rows.n_rows,
        probabilities: Vec::with_capacity(rows.n_rows * width),
        width,
        labels: Vec::with_capacity(rows.n_rows),
    };
    let threshold = served.bundle.threshold;
    score_each(state, request, served, rows, threshold, |class, p| {
        scored.probabilities.extend_from_slice(p);
        scored.labels.push(class);
    })?;
    Ok(scored)
}
