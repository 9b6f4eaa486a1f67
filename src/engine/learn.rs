//! Linear models by sums over the rows in the engine, solved here.

use std::collections::{BTreeMap, HashMap};

use polars::prelude::DataFrame;
use spark_connect::SparkSession;
use spark_connect::row::{Row, Value};
use spark_connect::types::{DataType, StructField};

use super::connect::{Fault, Session};
use super::error::Error;
use super::features::{Design, label, label_literal, number};
use super::source::{FILE, ROW};
use super::sql;
use super::stats::describe;
use super::sums::{features, margin, sums};
use crate::config::learner::{Learner, LearnerKind};
use crate::data::{Column, Kind, Schema};
use crate::features::{
    Asked, Cells, ColumnStats, Dropped, Fitted, Plan, Transformer, asked, fit_from,
};
use crate::learners::{self, Target, by_sums};
use crate::predictors::{Linear, Link, Predictor};

/// The view of the rows that are held back.
const HELD: &str = "unseat_held";
/// Numbers of the sample that a shift is the mean of.
const FEW: usize = 10_000;

/// Rows in the engine that are learned from.
#[derive(Debug, Clone)]
pub struct Rows<'a> {
    /// The data set, as the engine sees it.
    pub path: &'a str,
    /// The column that is predicted.
    pub target: &'a Column,
    /// Places of rows that are not learned from.
    pub held_back: &'a [(i64, i64)],
}

/// What is learned.
#[derive(Debug, Clone, Copy)]
pub enum Goal<'a> {
    /// One of these classes; of two, the second is the positive one.
    Classes(&'a [String]),
    /// A number.
    Numbers,
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

/// Why a learner has to see rows, by its settings.
pub fn not_pushed(settings: &Learner, goal: Goal<'_>) -> Option<String> {
    match (settings.kind, goal) {
        (LearnerKind::Logistic, Goal::Classes([_, _])) => None,
        (LearnerKind::Logistic, _) => Some("`logistic` of more than two classes".to_string()),
        (LearnerKind::Linear | LearnerKind::Ridge | LearnerKind::ElasticNet, Goal::Numbers) => None,
        (kind, _) => Some(format!("`{}`", kind.name())),
    }
}

/// Describes the columns, fits the transformer and learns, in the engine. `sample` are rows of this machine with the target of each, where
/// the solver begins. `Ok(Err(…))` has the reason why rows are needed.
///
/// # Errors
/// When the server fails or goes away, classes are there that the sample has not, or nothing can be learned.
pub fn learn(
    session: &Session,
    rows: &Rows<'_>,
    goal: Goal<'_>,
    plan: &Plan<'_>,
    settings: &Learner,
    sample: (&DataFrame, &[u32], Target<'_>),
) -> Result<Result<Learned, String>, Error> {
    if let Some(why) = not_pushed(settings, goal) {
        return Ok(Err(why));
    }
    let relation = relation(session, rows)?;
    let (frame, sample_rows, target) = sample;
    let mut wanted: Vec<(Column, Asked)> = Vec::new();
    for (column, asked) in asked(&Schema::of(frame), plan) {
        match asked {
            Ok(asked) => wanted.push((column, asked)),
            Err(why) => return Ok(Err(why)),
        }
    }
    let near = near(frame, &wanted)?;
    let known: Vec<(Column, ColumnStats)> = describe(session, &relation, &wanted, &near)?;
    let fitted = match fit_from(frame, known, plan)? {
        Ok(fitted) => fitted,
        Err(why) => return Ok(Err(why)),
    };
    let design = match Design::of(&fitted.transformer) {
        Ok(design) => design,
        Err(why) => return Ok(Err(why)),
    };
    if design.n_features >= by_sums::MOST_PARAMETERS {
        return Ok(Err(format!(
            "{} features, more than the {} whose products the engine sums",
            design.n_features,
            by_sums::MOST_PARAMETERS
        )));
    }
    let work = Work {
        session,
        relation: &relation,
        target: rows.target,
        settings,
        design: &design,
    };
    let (start, shift) = {
        let prepared = fitted.transformer.prepared(frame)?;
        let view = fitted.transformer.view(&prepared, sample_rows)?;
        match goal {
            Goal::Classes(_) => {
                let start = learners::fit(&view, target, None, settings, plan.seed);
                (start.ok().map(|it| it.predictor), Vec::new())
            }
            Goal::Numbers => (None, by_sums::shift(&view)),
        }
    };
    match goal {
        Goal::Classes(classes) => work.logistic(fitted, classes, start),
        Goal::Numbers => work.least_squares(fitted, &shift),
    }
    .map(Ok)
}

/// The rows that are learned from, as a relation.
fn relation(session: &Session, rows: &Rows<'_>) -> Result<String, Error> {
    let labelled = format!(
        "(SELECT * FROM {} WHERE {} IS NOT NULL)",
        sql::parquet(rows.path),
        sql::name(&rows.target.name)
    );
    if rows.held_back.is_empty() {
        return Ok(labelled);
    }
    let held = rows.held_back.to_vec();
    session.work("hold rows back", move |spark| hold_back(spark, &held))?;
    Ok(format!(
        "(SELECT d.* FROM {labelled} AS d LEFT ANTI JOIN {HELD} AS held ON d.{FILE} = held.held_file AND d.{ROW} = held.held_row)"
    ))
}

fn hold_back(spark: &SparkSession, held: &[(i64, i64)]) -> Result<(), Fault> {
    let names = ["held_file".to_string(), "held_row".to_string()];
    let schema = DataType::Struct {
        fields: names
            .iter()
            .map(|name| StructField {
                name: name.clone(),
                data_type: DataType::Long,
                nullable: false,
                metadata: BTreeMap::new(),
            })
            .collect(),
    };
    let rows = held
        .iter()
        .map(|(file, row)| Row::new(names.to_vec(), vec![Value::Long(*file), Value::Long(*row)]));
    let frame = spark.create_dataframe(rows.collect(), schema)?;
    Ok(frame.create_or_replace_temp_view(HELD)?)
}

/// A number near the middle of each column's, from the first rows of the sample.
fn near(frame: &DataFrame, wanted: &[(Column, Asked)]) -> Result<HashMap<String, f64>, Error> {
    let mut near = HashMap::new();
    for (column, _) in wanted {
        let Ok(own) = frame.column(&column.name) else {
            continue;
        };
        let cells = Cells::of(own)?;
        let numbers = (0..frame.height().min(FEW)).filter_map(|row| cells.number(row));
        let numbers: Vec<f64> = numbers.collect();
        let mean = numbers
            .iter()
            .map(|it| it / numbers.len() as f64)
            .sum::<f64>();
        if column.kind != Kind::Text && mean.is_finite() {
            near.insert(column.name.clone(), mean);
        }
    }
    Ok(near)
}

/// What a solver needs.
struct Work<'a> {
    session: &'a Session,
    relation: &'a str,
    target: &'a Column,
    settings: &'a Learner,
    design: &'a Design,
}

impl Work<'_> {
    fn logistic(
        &self,
        fitted: Fitted,
        classes: &[String],
        start: Option<Predictor>,
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
            Some(Predictor::Linear(linear)) if linear.weights.len() == n => linear,
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
            sums(self.session, self.design, &query)
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

    fn least_squares(&self, fitted: Fitted, shift: &[f64]) -> Result<Learned, Error> {
        let asked = [(self.target.clone(), Asked::Numbers { order: false })];
        let known = describe(self.session, self.relation, &asked, &HashMap::new())?;
        let Some((_, ColumnStats::Numbers(y))) = known.first() else {
            return Err(Error::Learn("the target has no numbers".to_string()));
        };
        if y.present == 0 || y.low == y.high {
            return Err(Error::Learn("every row has the same number".to_string()));
        }
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
        let sums = sums(self.session, self.design, &rows)?;
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

    /// Whether a row is of a class.
    fn is_class(&self, class: &str) -> Result<String, Error> {
        let literal = label_literal(class, self.target.kind);
        let literal = literal.ok_or_else(|| {
            Error::Learn(format!("a class of `{}` is not a number", self.target.name))
        })?;
        Ok(format!(
            "{} = {literal}",
            label(&self.target.name, self.target.kind)
        ))
    }

    /// Rows of each class; all rows have to be of one.
    fn class_counts(&self, classes: &[String]) -> Result<Vec<u64>, Error> {
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
