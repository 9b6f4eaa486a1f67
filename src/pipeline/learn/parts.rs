//! The target's rows of a part, as training asks for them.

use crate::config::{ModelConfig, SplitKind};
use crate::evaluate::Predictions;
use crate::pipeline::error::Error;
use crate::pipeline::target::TargetRows;

/// What a split at random keeps the shares of: classes; numbers have none.
pub fn strata(part: &TargetRows) -> Vec<u32> {
    match part {
        TargetRows::Classes(class, _) => class.clone(),
        TargetRows::Numbers(numbers) => vec![0; numbers.len()],
    }
}

/// A training part without rows, or with one class only, teaches nothing.
pub fn check_split(config: &ModelConfig, train: &TargetRows) -> Result<(), Error> {
    let by = match config.split_kind() {
        SplitKind::Random => "at random",
        SplitKind::Time => "by time",
        SplitKind::Group => "by group",
    };
    let reject = |why: &str| Err(Error::Split(format!("{by} every row {why}")));
    match train {
        TargetRows::Classes(class, _) if class.is_empty() => reject(NONE_LEFT),
        TargetRows::Numbers(numbers) if numbers.is_empty() => reject(NONE_LEFT),
        TargetRows::Classes(class, _) if class.iter().all(|other| *other == class[0]) => {
            reject("of the training part is of one class")
        }
        _ => Ok(()),
    }
}

const NONE_LEFT: &str = "is in the validation part and none is left to learn from";

/// The class of each row; none of numbers.
pub fn classes(part: &TargetRows) -> Vec<u32> {
    match part {
        TargetRows::Classes(class, _) => class.clone(),
        TargetRows::Numbers(_) => Vec::new(),
    }
}

/// P(positive) of each row.
pub fn probabilities(answers: &Predictions) -> &[f64] {
    match answers {
        Predictions::Classes(predictions) => &predictions.probabilities,
        Predictions::Numbers(_) => &[],
    }
}

/// P(positive) of each row, or its number.
pub fn scores_of(answers: &Predictions) -> &[f64] {
    match answers {
        Predictions::Classes(predictions) => &predictions.probabilities,
        Predictions::Numbers(numbers) => numbers,
    }
}
