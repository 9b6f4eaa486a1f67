//! Fits the transformer on training rows, and says which columns cannot help.

use std::collections::HashSet;

use polars::prelude::DataFrame;
use rayon::prelude::*;

use super::categories::Counted;
use super::numbers::{NumberSettings, fit_numbers};
use super::prepare::{prune, usable_dates};
use super::target_mean::fit_target_mean;
use super::text::fit_blocks;
use super::{
    Cells, Dates, Derived, Dropped, Error, Fill, Input, Step, Transformer, View, index_of,
    is_numeric, label_of,
};
use crate::config::features::{ColumnFeatures, Encode, Features};
use crate::config::raw::{Label, LearnerKind};
use crate::data::{self, Column, Kind, Schema};

/// Categories that trees take as a place in a list, and as a feature each; more become target means.
const MOST_ORDINAL: usize = 2;
const MOST_ONE_HOT: usize = 16;

/// What the features are for, since learners differ in what they take best.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Weighted sums: numbers scaled and without gaps, a feature per category.
    Linear,
    /// Splits on single features: numbers as they are, many categories as few numbers.
    Trees,
    /// As linear, with the words of every text.
    Texts,
}

impl Purpose {
    /// What a learner takes best.
    pub fn of(learner: LearnerKind) -> Self {
        match learner {
            LearnerKind::Text => Purpose::Texts,
            kind if kind.is_trees() => Purpose::Trees,
            _ => Purpose::Linear,
        }
    }
}

/// The target of each training row, for steps that look at it.
#[derive(Debug, Clone, Copy)]
pub enum Goal<'a> {
    /// Class indices and the number of classes.
    Classes(&'a [u32], usize),
    /// Finite numbers.
    Numbers(&'a [f64]),
}

impl Goal<'_> {
    /// Numbers that tell of it: a share per class, of the positive one only where there are two.
    pub fn width(&self) -> usize {
        match self {
            Goal::Classes(_, n_classes) if *n_classes > 2 => *n_classes,
            _ => 1,
        }
    }

    /// One of them, for a row.
    pub fn value(&self, row: usize, output: usize) -> f64 {
        match self {
            Goal::Classes(class, 2) => f64::from(class[row] == 1),
            Goal::Classes(class, _) => f64::from(class[row] as usize == output),
            Goal::Numbers(numbers) => numbers[row],
        }
    }
}

/// How to fit.
#[derive(Debug, Clone, Copy)]
pub struct Plan<'a> {
    /// Columns that are left out without a word, since the user named them: target, `drop`, `keys`, time.
    pub excluded: &'a [String],
    /// The settings.
    pub settings: &'a Features,
    /// What the features are for.
    pub purpose: Purpose,
    /// The target of the rows, in their order; without it there are no target means.
    pub goal: Option<Goal<'a>>,
    /// Decides the folds of target means.
    pub seed: u64,
    /// Columns that are computed; the frame has them.
    pub derived: &'a [Derived],
    /// Columns that are times to what computes them.
    pub times: &'a [String],
}

/// A fitted transformer and the columns it leaves out.
#[derive(Debug, Clone, PartialEq)]
pub struct Fitted {
    /// The steps.
    pub transformer: Transformer,
    /// Columns that are not learned from.
    pub dropped: Vec<Dropped>,
    /// Features that training rows have instead of those that the steps would give.
    out_of_fold: Vec<OutOfFold>,
}

/// Features of one input for the training rows.
#[derive(Debug, Clone, PartialEq)]
struct OutOfFold {
    /// First feature of the input.
    at: usize,
    /// Features of the input.
    width: usize,
    /// `(n_rows, width)` row-major.
    values: Vec<f64>,
}

impl Fitted {
    /// The rows that it was fitted on, in the same order, as a learner should see them: with target means that were made
    /// without the row itself. `frame` is prepared.
    ///
    /// # Errors
    /// As [`Transformer::view`].
    pub fn training_view<'a>(
        &'a self,
        frame: &'a DataFrame,
        rows: &'a [u32],
    ) -> Result<View<'a>, Error> {
        let mut view = self.transformer.view(frame, rows)?;
        for given in &self.out_of_fold {
            if given.values.len() == rows.len() * given.width {
                view.give(given.at, &given.values, given.width);
            }
        }
        Ok(view)
    }
}

/// Fits one step per usable column on `rows` of `frame`, for a linear learner. `excluded` columns are left out.
///
/// # Errors
/// When no column is left, or one is of a type that ingest never makes.
pub fn fit(
    frame: &DataFrame,
    rows: &[u32],
    excluded: &[String],
    settings: &Features,
) -> Result<Fitted, Error> {
    let plan = Plan {
        excluded,
        settings,
        purpose: Purpose::Linear,
        goal: None,
        seed: 0,
        derived: &[],
        times: &[],
    };
    fit_for(frame, rows, &plan)
}

/// What a column became.
struct Made {
    step: Step,
    out_of_fold: Option<Vec<f64>>,
    /// What a missing text counts as.
    fill: Option<String>,
}

impl From<Step> for Made {
    fn from(step: Step) -> Self {
        Made {
            step,
            out_of_fold: None,
            fill: None,
        }
    }
}

/// Fits one step per usable column on `rows` of `frame`, which has the derived columns.
///
/// # Errors
/// When no column is left, or one is of a type that ingest never makes.
pub fn fit_for(frame: &DataFrame, rows: &[u32], plan: &Plan<'_>) -> Result<Fitted, Error> {
    let mut wanted: Vec<Column> = Schema::of(frame)
        .columns
        .into_iter()
        .filter(|column| !plan.excluded.contains(&column.name))
        .collect();
    let dates: Vec<Dates> = wanted
        .par_iter()
        .filter_map(|column| usable_dates(frame, rows, column, plan.settings))
        .collect();
    let mut timed = frame.clone();
    let mut parts: HashSet<String> = HashSet::new();
    for dates in &dates {
        let column = frame
            .column(&dates.column)
            .map_err(|_| Error::MissingColumns(vec![dates.column.clone()]))?;
        for part in dates.columns(&data::times_of(column)) {
            parts.insert(part.name().to_string());
            timed.with_column(part).map_err(|_| Error::Derive {
                column: dates.column.clone(),
                why: "its parts do not fit".to_string(),
            })?;
        }
    }
    wanted.retain(|column| dates.iter().all(|dates| dates.column != column.name));
    let made = Schema::of(&timed).columns.into_iter();
    wanted.extend(made.filter(|column| parts.contains(&column.name)));

    let made: Vec<Result<Made, String>> = wanted
        .par_iter()
        .map(|column| {
            let cells = timed
                .column(&column.name)
                .map_err(|_| Error::MissingColumns(vec![column.name.clone()]))
                .and_then(Cells::of)?;
            let is_part = parts.contains(&column.name);
            Ok(fit_column(&cells, rows, column, is_part, plan))
        })
        .collect::<Result<_, Error>>()?;
    let mut kept: Vec<(Input, Option<Vec<f64>>)> = Vec::new();
    let (mut dropped, mut fills) = (Vec::new(), Vec::new());
    for (Column { name, kind }, made) in wanted.into_iter().zip(made) {
        match made {
            Ok(made) => {
                fills.extend(made.fill.map(|text| Fill {
                    column: name.clone(),
                    text,
                }));
                let step = made.step;
                kept.push((Input { name, kind, step }, made.out_of_fold));
            }
            Err(reason) => dropped.push(Dropped {
                column: name,
                reason,
            }),
        }
    }
    if kept.is_empty() {
        return Err(Error::NothingToLearnFrom(why_none(&dropped)));
    }
    kept.sort_by_key(|(input, _)| input.step.layout());
    let (mut inputs, mut out_of_fold, mut at) = (Vec::new(), Vec::new(), 0);
    for (input, values) in kept {
        let width = input.width();
        out_of_fold.extend(values.map(|values| OutOfFold { at, width, values }));
        at += width;
        inputs.push(input);
    }
    Ok(Fitted {
        transformer: Transformer {
            prepare: prune(frame, &inputs, plan.derived, plan.times, dates, fills),
            inputs,
        },
        dropped,
        out_of_fold,
    })
}

/// Why no column is left, for the first few of them.
fn why_none(dropped: &[Dropped]) -> String {
    const FEW: usize = 5;
    if dropped.is_empty() {
        return "there is none besides the target and those that the settings take out".to_string();
    }
    let named = dropped.iter().take(FEW);
    let mut why: Vec<String> = named
        .map(|dropped| format!("`{}` is {}", dropped.column, dropped.reason))
        .collect();
    if dropped.len() > FEW {
        why.push(format!("and {} more", dropped.len() - FEW));
    }
    why.join("; ")
}

/// The step of a column, or why the column cannot help.
fn fit_column(
    cells: &Cells<'_>,
    rows: &[u32],
    column: &Column,
    is_part: bool,
    plan: &Plan<'_>,
) -> Result<Made, String> {
    let own = plan.settings.columns.get(&column.name);
    let encode = own.and_then(|own| own.encode);
    match encode {
        Some(Encode::Drop) => return Err("left out by `features.columns`".to_string()),
        Some(Encode::Text) if column.kind == Kind::Text => {
            return fit_text(cells, rows, own, plan.settings);
        }
        Some(Encode::Text) => {
            return Err(
                "a column of numbers, which `encode: text` cannot read; `schema` makes it text"
                    .to_string(),
            );
        }
        // Months and hours go round: a weight each, where trees can cut them anywhere.
        None if is_part && column.kind == Kind::Integer && plan.purpose != Purpose::Trees => {}
        None | Some(Encode::Date) if is_numeric(column.kind) => {
            let settings = number_settings(own, plan);
            return fit_numbers(cells, rows, settings).map(Made::from);
        }
        _ => {}
    }
    let counted = Counted::new(cells, column.kind, rows);
    if let Some(reason) = counted.useless() {
        return Err(reason);
    }
    let fill = match column.kind {
        Kind::Text => counted.fill(own),
        _ => None,
    };
    if encode.is_none() && !is_part {
        let is_text = match plan.purpose {
            Purpose::Linear => counted.is_free_text(plan.settings),
            Purpose::Texts => counted.has_words(),
            Purpose::Trees => false,
        };
        if is_text {
            return fit_text(cells, rows, own, plan.settings);
        }
        if plan.purpose == Purpose::Trees && counted.is_free_text(plan.settings) {
            return Err(
                "free text, which trees do not read; `encode: text` makes them".to_string(),
            );
        }
        if counted.is_identifier() {
            return Err(counted.identifier());
        }
    }
    let categories = counted.frequent(own, plan.settings)?;
    let encode = encode.unwrap_or(match (plan.purpose, categories.len(), plan.goal) {
        (Purpose::Linear | Purpose::Texts, ..) => Encode::OneHot,
        (Purpose::Trees, n, _) if n <= MOST_ORDINAL => Encode::Ordinal,
        (Purpose::Trees, n, _) if n <= MOST_ONE_HOT => Encode::OneHot,
        (Purpose::Trees, _, Some(_)) => Encode::TargetMean,
        (Purpose::Trees, _, None) => Encode::Ordinal,
    });
    let is_linear = plan.purpose != Purpose::Trees;
    let mut made = match (encode, plan.goal) {
        (Encode::TargetMean, Some(goal)) => {
            let places = places(cells, column.kind, rows, &categories, fill.as_deref());
            let made = fit_target_mean(categories, &places, goal, plan.seed, is_linear);
            Made {
                step: made.step,
                out_of_fold: Some(made.out_of_fold),
                fill: None,
            }
        }
        (Encode::Ordinal | Encode::TargetMean, _) => Made::from(Step::Ordinal {
            categories,
            missing: is_linear.then_some(-1.0),
        }),
        _ => Made::from(Step::OneHot { categories }),
    };
    made.fill = fill;
    Ok(made)
}

/// Each row's place: a category's, then missing, then other. A missing cell counts as `fill`.
fn places(
    cells: &Cells<'_>,
    kind: Kind,
    rows: &[u32],
    categories: &[String],
    fill: Option<&str>,
) -> Vec<u32> {
    let index = index_of(categories);
    let n = categories.len() as u32;
    let place_of = |label: &str| index.get(label).copied().unwrap_or(n + 1);
    let place = |&row: &u32| match label_of(cells, kind, row as usize) {
        None => fill.map_or(n, place_of),
        Some(label) => place_of(&label),
    };
    rows.iter().map(place).collect()
}

fn fit_text(
    cells: &Cells<'_>,
    rows: &[u32],
    own: Option<&ColumnFeatures>,
    settings: &Features,
) -> Result<Made, String> {
    let text = own.and_then(|own| own.text.as_ref());
    let blocks = fit_blocks(cells, rows, text.unwrap_or(&settings.text));
    match blocks.is_empty() {
        true => Err("text in which no n-gram stands in enough rows".to_string()),
        false => Ok(Made::from(Step::Text { blocks })),
    }
}

/// How a column of numbers is treated: as its own settings say, else those for all, else as the purpose needs.
fn number_settings(own: Option<&ColumnFeatures>, plan: &Plan<'_>) -> NumberSettings {
    use crate::config::features::Impute;
    let usual = NumberSettings::usual(plan.purpose);
    let settings = plan.settings;
    let impute = own.and_then(|own| own.impute).or(settings.impute);
    let impute = match impute.unwrap_or(usual.impute) {
        // A weighted sum cannot skip a number.
        Impute::None if plan.purpose != Purpose::Trees => Impute::Mean,
        impute => impute,
    };
    let fill = own.and_then(|own| own.fill.as_ref());
    NumberSettings {
        impute,
        fill: fill.and_then(as_number).unwrap_or(usual.fill),
        scale: own
            .and_then(|own| own.scale)
            .or(settings.scale)
            .unwrap_or(usual.scale),
        indicator: own
            .and_then(|own| own.indicator)
            .unwrap_or(settings.indicator),
    }
}

/// A filled-in value as a number.
fn as_number(label: &Label) -> Option<f64> {
    let number = match label {
        Label::Text(text) => text.trim().parse().ok(),
        Label::Integer(number) => Some(*number as f64),
        Label::Number(number) => Some(*number),
        Label::Boolean(flag) => Some(f64::from(*flag)),
    };
    number.filter(|number| number.is_finite())
}
