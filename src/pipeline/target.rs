//! What is to be predicted of each row: a class or a number, by the settings or by what the target column holds.

use polars::prelude::DataFrame;

use super::error::Error;
use super::labels::{classes_of, indices, labels_of};
use crate::checks;
use crate::config::ModelConfig;
use crate::data::{Kind, Schema};
use crate::evaluate::Task;
use crate::features::Cells;
use crate::learners;

/// A target of numbers with at most so many distinct values is taken for classes.
const MOST_NUMBERED_CLASSES: usize = 20;

/// The target of every row of a frame.
#[derive(Debug, Clone, PartialEq)]
pub enum Target {
    /// One of these classes.
    Classes {
        /// Their names; with two, index 1 is the positive class.
        classes: Vec<String>,
        /// Index of each row's class, `(n_rows)`.
        class: Vec<Option<u32>>,
    },
    /// A number, `(n_rows)`.
    Numbers(Vec<Option<f64>>),
}

/// The target of some rows, each of which has one.
#[derive(Debug, Clone, PartialEq)]
pub enum TargetRows {
    /// Class indices and the number of classes.
    Classes(Vec<u32>, usize),
    /// Numbers.
    Numbers(Vec<f64>),
}

impl TargetRows {
    /// As learners take it.
    pub fn target(&self) -> learners::Target<'_> {
        match self {
            TargetRows::Classes(class, n_classes) => learners::Target::Classes(class, *n_classes),
            TargetRows::Numbers(numbers) => learners::Target::Numbers(numbers),
        }
    }
}

impl Target {
    /// What kind of thing it is.
    pub fn task(&self) -> Task {
        match self {
            Target::Classes { .. } => Task::Classification,
            Target::Numbers(_) => Task::Regression,
        }
    }

    /// How many classes there are; none of numbers.
    pub fn n_classes(&self) -> Option<usize> {
        match self {
            Target::Classes { classes, .. } => Some(classes.len()),
            Target::Numbers(_) => None,
        }
    }

    /// As the checks take it.
    pub fn checked(&self) -> checks::Target<'_> {
        match self {
            Target::Classes { classes, class } => checks::Target::Classes {
                codes: class,
                n: classes.len(),
            },
            Target::Numbers(numbers) => checks::Target::Numbers(numbers),
        }
    }

    /// The class names; none of numbers.
    pub fn classes(&self) -> &[String] {
        match self {
            Target::Classes { classes, .. } => classes,
            Target::Numbers(_) => &[],
        }
    }

    /// The rows that have a target, ascending.
    pub fn rows(&self) -> Vec<u32> {
        let has = |flags: Vec<bool>| {
            let rows = flags.into_iter().enumerate().filter(|(_, has)| *has);
            rows.map(|(row, _)| row as u32).collect()
        };
        match self {
            Target::Classes { class, .. } => has(class.iter().map(Option::is_some).collect()),
            Target::Numbers(numbers) => has(numbers.iter().map(Option::is_some).collect()),
        }
    }

    /// The target of some rows; rows without one are left out.
    pub fn part(&self, rows: &[u32]) -> TargetRows {
        match self {
            Target::Classes { classes, class } => TargetRows::Classes(
                rows.iter().filter_map(|&row| class[row as usize]).collect(),
                classes.len(),
            ),
            Target::Numbers(numbers) => TargetRows::Numbers(
                rows.iter()
                    .filter_map(|&row| numbers[row as usize])
                    .collect(),
            ),
        }
    }
}

/// What is wanted of a frame's rows.
///
/// # Errors
/// When the column is not there, or holds nothing that can be told apart.
pub fn read_target(config: &ModelConfig, frame: &DataFrame, target: &str) -> Result<Target, Error> {
    let labels = labels_of(frame, target, "the data set")?;
    let schema = Schema::of(frame);
    let kind = schema.get(target).map_or(Kind::Text, |column| column.kind);
    let is_number = kind == Kind::Number && labels.distinct.iter().any(|label| label.contains('.'));
    let inferred =
        if kind.is_numeric() && (is_number || labels.distinct.len() > MOST_NUMBERED_CLASSES) {
            Task::Regression
        } else {
            Task::Classification
        };
    match config.task.unwrap_or(inferred) {
        Task::Classification => {
            let classes = classes_of(config, target, kind, &labels)?;
            let class = indices(&labels, &classes);
            Ok(Target::Classes { classes, class })
        }
        Task::Regression => numbers(frame, target),
    }
}

fn numbers(frame: &DataFrame, target: &str) -> Result<Target, Error> {
    let reject = |why: &str| {
        Err(Error::Target {
            target: target.to_string(),
            why: why.to_string(),
        })
    };
    let column = frame
        .column(target)
        .map_err(|source| Error::Data(source.into()))?;
    let cells = Cells::of(column)?;
    let numbers: Vec<Option<f64>> = (0..frame.height()).map(|row| cells.number(row)).collect();
    let mut known = numbers.iter().flatten();
    match known.next() {
        None => reject("no row has a number in it, and `task` asks for one"),
        Some(first) if known.all(|number| number == first) => {
            reject("every row has the same number, so there is nothing to learn")
        }
        Some(_) => Ok(Target::Numbers(numbers)),
    }
}
