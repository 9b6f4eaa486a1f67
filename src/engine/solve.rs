//! The solvers' passes: a question to the engine for each, its answer as sums, the solver on this machine.

use std::collections::HashMap;

use polars::prelude::DataFrame;

use super::connect::Session;
use super::error::Error;
use super::features::{Design, label, label_literal, number};
use super::gradients::{self, gradient, slopes};
use super::sql;
use super::stats::describe;
use super::sums::{Asking, features, margin, sums};
use crate::config::learner::Learner;
use crate::data::Column;
use crate::features::{Asked, ColumnStats, Dropped, Fitted, NumberStats, Transformer, View};
use crate::learners::by_gradients::Nearby;
use crate::learners::{Target, by_gradients, by_sums};
use crate::predictors::{Linear, Link, Predictor};
use crate::text::counted;

/// What is learned.
#[derive(Debug, Clone, Copy)]
pub enum Goal<'a> {
    /// One of these classes; of two, the second is the positive one.
    Classes(&'a [String]),
    /// A number.
    Numbers,
}

/// Rows of this machine.
#[derive(Clone, Copy)]
pub struct Here<'a> {
    /// The rows of the sample.
    pub frame: &'a DataFrame,
    /// Those that are learned from.
    pub rows: &'a [u32],
    /// Their target.
    pub target: Target<'a>,
    /// Those that are not, and their target.
    pub held: Option<(&'a [u32], Target<'a>)>,
}

/// What was learned, and of how many rows.
#[derive(Debug, Clone)]
pub struct Learned {
    /// The steps.
    pub transformer: Transformer,
    /// Columns that cannot help.
    pub dropped: Vec<Dropped>,
    /// The predictor.
    pub predictor: Predictor,
    /// Rows that were learned from.
    pub rows: u64,
    /// Rows of each class.
    pub classes: Vec<u64>,
    /// Passes over them to learn, besides those that describe the columns.
    pub passes: u32,
    /// Facts worth a line in the report.
    pub notes: Vec<String>,
}

/// One for two classes, else one for each.
pub(super) fn outputs(n_classes: usize) -> usize {
    if n_classes == 2 { 1 } else { n_classes }
}

/// Whether a row is of a class of the target.
pub(super) fn is_class(target: &Column, class: &str) -> Result<String, Error> {
    let literal = label_literal(class, target.kind);
    let literal = literal
        .ok_or_else(|| Error::Learn(format!("a class of `{}` is not a number", target.name)))?;
    Ok(format!("{} = {literal}", label(&target.name, target.kind)))
}

/// What a solver needs.
pub(super) struct Work<'a> {
    pub session: &'a Session,
    pub relation: &'a str,
    pub target: &'a Column,
    pub settings: &'a Learner,
    pub design: &'a Design,
}

impl Work<'_> {
    /// Logistic regression of two classes by sums of products.
    pub fn logistic(
        &self,
        fitted: Fitted,
        classes: &[String],
        start: Option<Linear>,
    ) -> Result<Learned, Error> {
        let counts = self.class_counts(classes)?;
        let weights = by_sums::class_weights(&counts, self.settings.class_weight);
        let positive = self.is_class(&classes[1])?;
        let (one, other) = (sql::number(weights[1]), sql::number(weights[0]));
        let more = [
            format!("CASE WHEN {positive} THEN 1e0 ELSE 0e0 END AS y"),
            format!("CASE WHEN {positive} THEN {one} ELSE {other} END AS w"),
        ];
        let none = vec![0.0; self.design.dense.len()];
        let rows = features(self.design, self.relation, &none, &more);
        let n = self.design.n_features;
        let start = match start {
            Some(linear) if linear.weights.len() == n => linear,
            _ => Linear {
                link: Link::Logistic,
                bias: vec![0.0],
                weights: vec![0.0; n],
            },
        };
        let mut passes = 0;
        let learned = by_sums::logistic(&start, self.settings, |parameters| {
            passes += 1;
            let margin = margin(self.design, parameters);
            let with_margin = format!("SELECT *, {margin} AS m FROM ({rows})");
            let with_p = format!("SELECT *, 1e0 / (1e0 + exp(-m)) AS p FROM ({with_margin})");
            let query = format!(
                "SELECT *, w * (p - y) AS g, w * p * (1e0 - p) AS h, w * (greatest(m, 0e0) - y * m + log1p(exp(-abs(m)))) AS loss FROM ({with_p})"
            );
            let doing = self.pass(passes, counts.iter().sum());
            sums(self.asking(&doing), self.design, &query)
        })?;
        Ok(Learned {
            transformer: fitted.transformer,
            dropped: fitted.dropped,
            predictor: learned.predictor,
            rows: counts.iter().sum(),
            classes: counts,
            passes,
            notes: learned.notes,
        })
    }

    /// Logistic regression by gradients over all rows; `near` are rows of this machine, and the class of each.
    pub fn by_gradients(
        &self,
        fitted: Fitted,
        classes: &[String],
        start: Option<&Linear>,
        (view, target): (&View<'_>, &[u32]),
    ) -> Result<Learned, Error> {
        let counts = self.class_counts(classes)?;
        let rows = counts.iter().sum();
        let class_weight = by_sums::class_weights(&counts, self.settings.class_weight);
        let conditions: Result<Vec<String>, Error> =
            classes.iter().map(|class| self.is_class(class)).collect();
        let more = gradients::classes(&conditions?, &class_weight);
        let none = vec![0.0; self.design.dense.len()];
        let relation = features(self.design, self.relation, &none, &more);
        let nearby = Nearby {
            view,
            target,
            of: rows,
            class_weight: &class_weight,
        };
        let mut passes = 0;
        let learned = by_gradients::logistic(start, self.settings, nearby, |parameters| {
            passes += 1;
            let doing = self.pass(passes, rows);
            let slopes = slopes(self.design, &relation, parameters);
            let n_outputs = outputs(classes.len());
            gradient(self.asking(&doing), self.design, &slopes, n_outputs)
        })?;
        Ok(Learned {
            transformer: fitted.transformer,
            dropped: fitted.dropped,
            predictor: learned.predictor,
            rows,
            classes: counts,
            passes,
            notes: learned.notes,
        })
    }

    fn asking<'b>(&'b self, doing: &'b str) -> Asking<'b> {
        Asking {
            session: self.session,
            doing,
        }
    }

    /// What a pass does, in words.
    fn pass(&self, pass: u32, rows: u64) -> String {
        let (rows, most) = (counted(rows, "row"), self.settings.max_iterations);
        format!("sum over {rows} in pass {pass} (iterations end at {most})")
    }

    /// Least squares about `shift`, near the means of the features.
    pub fn least_squares(&self, fitted: Fitted, shift: &[f64]) -> Result<Learned, Error> {
        let y = self.numbers()?;
        let (centre, scale) = (y.mean, y.deviation);
        let cell = number(&self.target.name, self.target.kind);
        let more = [
            format!(
                "({cell} - {}) / {} AS g",
                sql::number(centre),
                sql::number(scale)
            ),
            "1e0 AS h".to_string(),
            "0e0 AS loss".to_string(),
        ];
        let dense = &shift[..self.design.dense.len()];
        let rows = features(self.design, self.relation, dense, &more);
        let doing = format!("sum over {}", counted(y.present, "row"));
        let sums = sums(self.asking(&doing), self.design, &rows)?;
        let learned = by_sums::least_squares(&sums, shift, (centre, scale), self.settings)?;
        Ok(Learned {
            transformer: fitted.transformer,
            dropped: fitted.dropped,
            predictor: learned.predictor,
            rows: y.present,
            classes: Vec::new(),
            passes: 1,
            notes: learned.notes,
        })
    }

    /// What the numbers of the target are like.
    pub fn numbers(&self) -> Result<NumberStats, Error> {
        let asked = [(self.target.clone(), Asked::Numbers { order: false })];
        let known = describe(self.session, self.relation, &asked, &HashMap::new())?;
        let Some((_, ColumnStats::Numbers(y))) = known.into_iter().next() else {
            return Err(Error::Learn("the target has no numbers".to_string()));
        };
        if y.present == 0 || y.low == y.high {
            return Err(Error::Learn("every row has the same number".to_string()));
        }
        Ok(y)
    }

    /// Whether a row is of a class.
    pub fn is_class(&self, class: &str) -> Result<String, Error> {
        is_class(self.target, class)
    }

    /// Rows of each class; all rows have to be of one.
    pub fn class_counts(&self, classes: &[String]) -> Result<Vec<u64>, Error> {
        let mut asked = vec!["count(*)".to_string()];
        for class in classes {
            asked.push(sql::count_where(&self.is_class(class)?));
        }
        let query = format!("SELECT {} FROM {}", asked.join(", "), self.relation);
        let table = self.session.ask("count the classes", &query)?;
        let counts: Result<Vec<u64>, Error> = (0..classes.len())
            .map(|at| table.count(0, 1 + at))
            .collect();
        let counts = counts?;
        let others = table.count(0, 0)?.saturating_sub(counts.iter().sum());
        if others > 0 {
            return Err(Error::Learn(format!(
                "{others} rows are of classes of `{}` that no row of the sample has; set `engine.sample_rows` higher, or leave those rows out",
                self.target.name
            )));
        }
        if counts.contains(&0) {
            return Err(Error::Learn("a class has no row to learn from".to_string()));
        }
        Ok(counts)
    }
}
