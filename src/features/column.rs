//! One column to its step: what the settings ask for, else what its kind, its training rows and the purpose suggest.

use polars::prelude::DataFrame;

use super::categories::Counted;
use super::cell::is_encoded_as_number;
use super::numbers::{NumberSettings, fit_numbers};
use super::target_mean::fit_target_mean;
use super::text::fit_blocks;
use super::{Cells, Plan, Purpose, Step, index_of, known_label, label_of};
use crate::config::features::{ColumnFeatures, Encode, Features, Impute};
use crate::config::label::Label;
use crate::data::{Column, Kind, Schema};

/// Categories that trees take as a place in a list, and as a feature each; more become target means.
const MOST_ORDINAL: usize = 2;
const MOST_ONE_HOT: usize = 16;

/// What a column became.
pub struct FittedColumn {
    /// The step.
    pub step: Step,
    /// Features of the training rows in the place of those that the step gives, `(n_rows, width)` row-major.
    pub out_of_fold: Option<Vec<f64>>,
    /// What a missing text counts as.
    pub fill: Option<String>,
}

impl From<Step> for FittedColumn {
    fn from(step: Step) -> Self {
        FittedColumn {
            step,
            out_of_fold: None,
            fill: None,
        }
    }
}

/// How many of the columns of a frame hold written texts, by the settings or by what is in them, and how many hold
/// something else. `excluded` ones do not count.
pub fn texts_and_others(
    frame: &DataFrame,
    excluded: &[String],
    settings: &Features,
) -> (usize, usize) {
    let rows: Vec<u32> = (0..frame.height() as u32).collect();
    let columns = Schema::of(frame).columns.into_iter();
    let columns = columns.filter(|column| !excluded.contains(&column.name));
    let is_text = |column: &Column| {
        let own = settings.columns.get(&column.name);
        match own.and_then(|own| own.encode) {
            Some(encode) => encode == Encode::Text,
            None if column.kind != Kind::Text => false,
            None => {
                let cells = frame.column(&column.name).ok();
                let cells = cells.and_then(|column| Cells::of(column).ok());
                cells.is_some_and(|cells| {
                    Counted::new(&cells, column.kind, &rows).is_free_text(settings)
                })
            }
        }
    };
    let (texts, others): (Vec<Column>, Vec<Column>) = columns.partition(is_text);
    (texts.len(), others.len())
}

/// What is looked at of a column.
pub enum Treatment {
    /// Its n-grams.
    Text,
    /// Its numbers.
    Number(NumberSettings),
    /// Its labels.
    Labels,
}

/// What is looked at of a column, or why it is left out. `is_part` is true for what was made of a time.
pub fn treatment(column: &Column, is_part: bool, plan: &Plan<'_>) -> Result<Treatment, String> {
    let own = plan.settings.columns.get(&column.name);
    match own.and_then(|own| own.encode) {
        Some(Encode::Drop) => Err("left out by `features.columns`".to_string()),
        Some(Encode::Text) if column.kind == Kind::Text => Ok(Treatment::Text),
        Some(Encode::Text) => Err(
            "a column of numbers, which `encode: text` cannot read; `schema` makes it text"
                .to_string(),
        ),
        // Months and hours go round: a weight each, where trees can cut them anywhere.
        None if is_part && column.kind == Kind::Integer && plan.purpose != Purpose::Trees => {
            Ok(Treatment::Labels)
        }
        Some(Encode::Number) if !is_encoded_as_number(column.kind) => {
            let kind = column.kind;
            Err(format!(
                "a column of {kind}, which `encode: number` cannot take; `schema` makes it numbers"
            ))
        }
        None | Some(Encode::Date | Encode::Number) if is_encoded_as_number(column.kind) => {
            Ok(Treatment::Number(number_settings(own, plan)))
        }
        _ => Ok(Treatment::Labels),
    }
}

/// What labels become.
pub enum Choice {
    /// N-grams of their words.
    Text,
    /// Categories.
    Categories {
        /// How they become features.
        encode: Encode,
        /// Those that have a place of their own.
        categories: Vec<String>,
        /// What a missing one counts as.
        fill: Option<String>,
    },
}

/// What the labels of a column become, or why they cannot help.
pub fn choice(
    counted: Counted,
    column: &Column,
    is_part: bool,
    plan: &Plan<'_>,
) -> Result<Choice, String> {
    let own = plan.settings.columns.get(&column.name);
    let encode = own.and_then(|own| own.encode);
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
            return Ok(Choice::Text);
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
    Ok(Choice::Categories {
        encode,
        categories,
        fill,
    })
}

/// The step of categories that need no look at the rows.
pub fn step_of_categories(encode: Encode, categories: Vec<String>, purpose: Purpose) -> Step {
    match encode {
        Encode::Ordinal | Encode::TargetMean => Step::Ordinal {
            categories,
            missing: (purpose != Purpose::Trees).then_some(-1.0),
        },
        _ => Step::OneHot { categories },
    }
}

/// The step of a column, or why the column cannot help. `is_part` is true for what was made of a time.
pub fn fit_column(
    cells: &Cells<'_>,
    rows: &[u32],
    column: &Column,
    is_part: bool,
    plan: &Plan<'_>,
) -> Result<FittedColumn, String> {
    let own = plan.settings.columns.get(&column.name);
    match treatment(column, is_part, plan)? {
        Treatment::Text => return fit_text(cells, rows, own, plan.settings),
        Treatment::Number(settings) => {
            return fit_numbers(cells, rows, settings).map(FittedColumn::from);
        }
        Treatment::Labels => {}
    }
    let counted = Counted::new(cells, column.kind, rows);
    let (encode, categories, fill) = match choice(counted, column, is_part, plan)? {
        Choice::Text => return fit_text(cells, rows, own, plan.settings),
        Choice::Categories {
            encode,
            categories,
            fill,
        } => (encode, categories, fill),
    };
    let is_linear = plan.purpose != Purpose::Trees;
    let mut made = match (encode, plan.goal) {
        (Encode::TargetMean, Some(goal)) => {
            let places = places(cells, column.kind, rows, &categories, fill.as_deref());
            let made = fit_target_mean(categories, &places, goal, plan.seed, is_linear);
            FittedColumn {
                step: made.step,
                out_of_fold: Some(made.out_of_fold),
                fill: None,
            }
        }
        (encode, _) => FittedColumn::from(step_of_categories(encode, categories, plan.purpose)),
    };
    made.fill = fill;
    Ok(made)
}

/// Each row's place: a category's, then missing, then other. A missing cell counts as `fill`.
pub fn places(
    cells: &Cells<'_>,
    kind: Kind,
    rows: &[u32],
    categories: &[String],
    fill: Option<&str>,
) -> Vec<u32> {
    let index = index_of(categories);
    let n = categories.len() as u32;
    let place_of =
        |label: &str| known_label(|label| index.get(label).copied(), label).unwrap_or(n + 1);
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
) -> Result<FittedColumn, String> {
    let text = own.and_then(|own| own.text.as_ref());
    let blocks = fit_blocks(cells, rows, text.unwrap_or(&settings.text));
    if blocks.is_empty() {
        Err("text in which no n-gram is in enough rows".to_string())
    } else {
        Ok(FittedColumn::from(Step::Text { blocks }))
    }
}

/// How a column of numbers is treated: as its own settings say, else those for all, else as the purpose needs.
fn number_settings(own: Option<&ColumnFeatures>, plan: &Plan<'_>) -> NumberSettings {
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
