//! What is learned of all rows: columns are described, the transformer is fitted, and a solver gets its rows.

use std::collections::{BTreeMap, HashMap};

use polars::prelude::DataFrame;
use spark_connect::SparkSession;
use spark_connect::row::{Row, Value};
use spark_connect::types::{DataType, StructField};

use super::connect::{Fault, Session};
use super::error::Error;
use super::features::Design;
use super::solve::{Goal, Here, Learned, Work, outputs};
use super::source::{FILE, ROW};
use super::sql;
use super::stats::describe;
use super::trees::{self, Scratch};
use crate::config::learner::{Learner, LearnerKind};
use crate::data::{Column, Kind, Schema};
use crate::features::{Asked, Cells, ColumnStats, Plan, asked, fit_from};
use crate::learners::{self, Target, by_gradients, by_sums};
use crate::predictors::Predictor;

/// The view of the rows that are held back.
const HELD: &str = "unseat_held";
/// Numbers of the sample that a shift is the mean of.
const FEW: usize = 10_000;

/// Rows in the engine that are learned from.
#[derive(Clone)]
pub struct Rows<'a> {
    /// The data set, as the engine sees it.
    pub path: &'a str,
    /// The column that is predicted.
    pub target: &'a Column,
    /// Places of rows that are not learned from.
    pub held_back: &'a [(i64, i64)],
    /// Where what is needed meanwhile is written.
    pub scratch: Scratch<'a>,
}

/// Why a learner has to see rows, by its settings.
pub fn not_pushed(settings: &Learner, goal: Goal<'_>) -> Option<String> {
    match (settings.kind, goal) {
        (LearnerKind::Logistic, Goal::Classes(_)) => None,
        (LearnerKind::BoostedTrees, goal) => trees::beyond(settings, goal),
        (LearnerKind::Linear | LearnerKind::Ridge | LearnerKind::ElasticNet, Goal::Numbers) => None,
        (kind, _) => Some(format!("`{}`", kind.name())),
    }
}

/// Describes the columns, fits the transformer and learns, in the engine. `here` are rows of this machine, where
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
    here: &Here<'_>,
) -> Result<Result<Learned, String>, Error> {
    if let Some(why) = not_pushed(settings, goal) {
        return Ok(Err(why));
    }
    let relation = relation(session, rows)?;
    let Here {
        frame,
        rows: sample_rows,
        target,
        ..
    } = *here;
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
    let is_boosted = settings.kind == LearnerKind::BoostedTrees;
    let design = if is_boosted {
        Design::with_gaps(&fitted.transformer)
    } else {
        Design::of(&fitted.transformer)
    };
    let design = match design {
        Ok(design) => design,
        Err(why) => return Ok(Err(why)),
    };
    let work = Work {
        session,
        relation: &relation,
        target: rows.target,
        settings,
        design: &design,
    };
    if is_boosted {
        return work.boosted(fitted, goal, here, rows.scratch);
    }
    let way = match way(&design, goal) {
        Ok(way) => way,
        Err(why) => return Ok(Err(why)),
    };
    let transformer = fitted.transformer.clone();
    let prepared = transformer.prepared(frame)?;
    let view = transformer.view(&prepared, sample_rows)?;
    let start = || {
        let start = learners::fit(&view, target, None, settings, plan.seed).ok()?;
        match start.predictor {
            Predictor::Linear(linear) => Some(linear),
            Predictor::Trees(_) => None,
        }
    };
    match (way, goal, target) {
        (Way::Products, Goal::Classes(classes), _) => work.logistic(fitted, classes, start()),
        (Way::Gradients, Goal::Classes(classes), Target::Classes(own, _)) => {
            let n_parameters = outputs(classes.len()) * (work.design.n_features + 1);
            let every = by_gradients::stride(sample_rows.len(), n_parameters);
            let few: Vec<u32> = sample_rows.iter().copied().step_by(every).collect();
            let own: Vec<u32> = own.iter().copied().step_by(every).collect();
            let view = transformer.view(&prepared, &few)?;
            work.by_gradients(fitted, classes, start().as_ref(), (&view, &own))
        }
        _ => work.least_squares(fitted, &by_sums::shift(&view)),
    }
    .map(Ok)
}

/// What a pass asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// Sums of products of features.
    Products,
    /// Sums of features alone.
    Gradients,
}

/// What a pass asks for; or why the rows have to be here.
fn way(design: &Design, goal: Goal<'_>) -> Result<Way, String> {
    let n_features = design.n_features;
    let n_outputs = match goal {
        Goal::Classes(classes) => outputs(classes.len()),
        Goal::Numbers => 0,
    };
    if n_outputs <= 1 && n_features < by_sums::MOST_PARAMETERS {
        return Ok(Way::Products);
    }
    let (most, n_parameters) = (by_gradients::MOST_PARAMETERS, n_outputs * (n_features + 1));
    match n_outputs {
        0 => Err(format!(
            "{n_features} features, more than the {} whose products the engine sums,",
            by_sums::MOST_PARAMETERS - 1
        )),
        _ if n_parameters <= most => Ok(Way::Gradients),
        _ => Err(format!(
            "{n_parameters} weights, more than the {most} whose curvature this machine holds,"
        )),
    }
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
