//! What a model is taken into, and what comes of it.

use std::collections::BTreeSet;

use super::route::Doubtful;
use super::value::Column;
use crate::features::Transformer;
use crate::predictors::Predictor;

/// What the project wants of a model.
#[derive(Debug, Clone, PartialEq)]
pub enum Task {
    /// One of these classes, in the project's order.
    Classes {
        /// Their names.
        names: Vec<String>,
        /// Whether they are truth values.
        is_flag: bool,
    },
    /// A number.
    Number,
}

/// What a model is taken into.
#[derive(Debug)]
pub struct Given<'a> {
    /// The columns that a model may read, in the order of the data set.
    pub columns: &'a [Column],
    /// Those that the settings leave out.
    pub left_out: &'a [String],
    /// The column that is predicted.
    pub target: &'a str,
    /// What is wanted of it.
    pub task: Task,
    /// The columns in the order in which the file reads them, where somebody said so.
    pub order: Option<&'a [String]>,
    /// The project's classes in the order of the file's, where somebody said so.
    pub classes: Option<&'a [String]>,
}

/// A model that was taken in.
#[derive(Debug)]
pub struct Imported {
    /// Columns to features.
    pub transformer: Transformer,
    /// Features to margins.
    pub predictor: Predictor,
    /// P(positive) from which on the file predicts the positive class; 0.5 where there are not two.
    pub threshold: f64,
    /// The columns that the file reads.
    pub reads: Vec<String>,
    /// Columns for whose missing cells the file has no number.
    pub unfilled: BTreeSet<String>,
    /// Thresholds between 64-bit numbers that are compared in 32 bits here.
    pub doubtful: Vec<Doubtful>,
    /// The operator of the model itself.
    pub operator: String,
    /// The program that wrote the file, and its version.
    pub producer: String,
    /// The sets of operators, with their versions.
    pub operators: Vec<(String, i64)>,
    /// What somebody should know.
    pub notes: Vec<String>,
}
