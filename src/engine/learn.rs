//! What is learned of all rows: columns are described, the transformer is fitted, and a solver gets its rows.

use std::collections::HashMap;

use polars::prelude::DataFrame;
use spark_connect::row::Value;
use spark_connect::types::DataType;

use super::connect::Session;
use super::error::Error;
use super::features::Design;
use super::small;
use super::solve::{Goal, Here, Learned, Work, outputs};
use super::source::{FILE, ROW};
use super::sql;
use super::stats::describe;
use super::target_means::{Folded, folds_of_sample};
use super::trees::{self, Scratch};
use crate::config::learner::{Learner, LearnerKind};
use crate::data::{Column, Kind, Schema};
use crate::features::{
    Asked, Cells, ColumnStats, FarMeans, Plan, Purpose, ToMean, asked, choose_from,
};
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
    /// The share of them that is on this machine, in millionths.
    pub sample_millionths: u64,
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
    let chosen = match choose_from(frame, &known, plan) {
        Ok(chosen) => chosen,
        Err(why) => return Ok(Err(why)),
    };
    let to_mean = chosen.to_mean();
    let meant: Vec<String> = to_mean.iter().map(|it| it.column.name.clone()).collect();
    let (relation, far) = if to_mean.is_empty() {
        (relation, FarMeans::default())
    } else {
        let columns = wanted.iter().map(|(column, _)| column);
        let kept: Vec<&Column> = columns.filter(|it| !meant.contains(&it.name)).collect();
        match with_means(
            session,
            rows,
            (&relation, &kept),
            &to_mean,
            goal,
            plan,
            here,
        )? {
            Ok(found) => found,
            Err(why) => return Ok(Err(why)),
        }
    };
    let fitted = chosen.fit(frame, plan, far)?;
    let is_boosted = settings.kind == LearnerKind::BoostedTrees;
    let design = if is_boosted {
        Design::with_gaps(&fitted.transformer, &meant)
    } else {
        Design::of(&fitted.transformer, &meant)
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
    let given = fitted.clone();
    let prepared = given.transformer.prepared(frame)?;
    let view = given.training_view(&prepared, sample_rows)?;
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
            // Of the curvature alone: it may be that of the means that serving has.
            let view = given.transformer.view(&prepared, &few)?;
            work.by_gradients(fitted, classes, start().as_ref(), (&view, &own))
        }
        _ => work.least_squares(fitted, &by_sums::shift(&view)),
    }
    .map(Ok)
}

/// Writes the rows of a relation, with `kept` of their columns, with their target means; gives the relation of them, and the means.
/// `Ok(Err(…))` has the reason why rows are needed.
fn with_means<'a>(
    session: &Session,
    rows: &Rows<'_>,
    (relation, kept): (&str, &[&Column]),
    to_mean: &[&ToMean],
    goal: Goal<'_>,
    plan: &Plan<'_>,
    here: &Here<'a>,
) -> Result<Result<(String, FarMeans<'a>), String>, Error> {
    let shift = match here.target {
        Target::Classes(..) => 0.0,
        Target::Numbers(numbers) => numbers.iter().map(|it| it / numbers.len() as f64).sum(),
    };
    let width = plan.goal.map_or(1, |goal| goal.width());
    let folded = match Folded::of(session, relation, to_mean, (width, plan.seed))? {
        Ok(folded) => folded,
        Err(why) => return Ok(Err(why)),
    };
    let is_scaled = plan.purpose != Purpose::Trees;
    let (n_rows, means) = folded.means(rows.target, goal, shift, is_scaled)?;
    let kept = kept.iter().chain([&rows.target]);
    let kept: Vec<String> = kept.map(|column| sql::name(&column.name)).collect();
    let to = format!("{}/rows", rows.scratch.path);
    let relation = folded.write(&to, &kept, (n_rows, &means))?;
    let folds = folds_of_sample(session, &relation, rows.sample_millionths)?;
    if folds.len() != here.rows.len() {
        return Err(Error::Answer(format!(
            "{} rows of the sample came of {}",
            folds.len(),
            here.rows.len()
        )));
    }
    let rows = here.rows;
    Ok(Ok((relation, FarMeans { means, rows, folds })))
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
    hold_back(session, rows.held_back)?;
    Ok(format!(
        "(SELECT d.* FROM {labelled} AS d LEFT ANTI JOIN {HELD} AS held ON d.{FILE} = held.held_file AND d.{ROW} = held.held_row)"
    ))
}

fn hold_back(session: &Session, held: &[(i64, i64)]) -> Result<(), Error> {
    let fields = ["held_file", "held_row"].map(|name| (name.to_string(), DataType::Long));
    let rows = held
        .iter()
        .map(|&(file, row)| vec![Value::Long(file), Value::Long(row)]);
    let rows = rows.collect();
    small::view(session, "hold rows back", HELD, fields.to_vec(), rows)
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
