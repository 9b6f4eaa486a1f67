//! The transformer out of columns in numbers, for rows that are somewhere else: the same steps, chosen and fitted by the same functions
//! as on rows of this machine.

use polars::prelude::DataFrame;

use super::categories::Counted;
use super::column::{Choice, Treatment, choice, step_of_categories, treatment};
use super::fit::{Fitted, put_together};
use super::numbers::{NumberStats, step_of_numbers};
use super::{Error, Plan, column::FittedColumn};
use crate::config::features::Encode;
use crate::data::{Column, Schema};

/// A column in numbers.
#[derive(Debug, Clone, PartialEq)]
pub enum ColumnStats {
    /// Its numbers.
    Numbers(NumberStats),
    /// Its labels.
    Labels(Counted),
}

/// What has to be known of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// Its numbers; with `order` also their quartiles and the most frequent one.
    Numbers {
        /// Whether their order counts.
        order: bool,
    },
    /// Its labels: all in numbers, and so many of the most frequent.
    Labels {
        /// How many.
        most: u32,
    },
}

/// The columns of some data that are learned from, and what has to be known of each. `Err` has the reason why rows are needed.
pub fn asked(schema: &Schema, plan: &Plan<'_>) -> Vec<(Column, Result<Asked, String>)> {
    let columns = schema.columns.iter();
    let columns = columns.filter(|column| !plan.excluded.contains(&column.name));
    columns
        .filter_map(|column| {
            let own = plan.settings.columns.get(&column.name);
            let most = own.and_then(|own| own.max_categories);
            let asked = match treatment(column, false, plan).ok()? {
                Treatment::Number(settings) => Ok(Asked::Numbers {
                    order: settings.needs_order(),
                }),
                Treatment::Labels => Ok(Asked::Labels {
                    most: most
                        .unwrap_or(plan.settings.max_categories)
                        .saturating_add(1),
                }),
                Treatment::Text => Err(as_text(&column.name)),
            };
            Some((column.clone(), asked))
        })
        .collect()
}

/// Fits the steps. `frame` has some of the rows; nothing is learned from them. `Ok(Err(…))` has the reason why rows are needed.
///
/// # Errors
/// When no column can be learned from.
pub fn fit_from(
    frame: &DataFrame,
    known: Vec<(Column, ColumnStats)>,
    plan: &Plan<'_>,
) -> Result<Result<Fitted, String>, Error> {
    let mut made = Vec::new();
    let columns = Schema::of(frame).columns.into_iter();
    for column in columns.filter(|column| !plan.excluded.contains(&column.name)) {
        let step = match treatment(&column, false, plan) {
            Err(why) => Err(why),
            Ok(_) => {
                let stats = known.iter().find(|(it, _)| it.name == column.name);
                let Some((_, stats)) = stats else {
                    return Ok(Err(format!("nothing is known of column `{}`", column.name)));
                };
                match step_of(&column, stats, plan) {
                    Ok(made) => made,
                    Err(why) => return Ok(Err(why)),
                }
            }
        };
        made.push((column, step));
    }
    put_together(frame, made, Vec::new(), plan).map(Ok)
}

/// A column's step, or why it cannot help; `Err` has the reason why rows are needed.
fn step_of(
    column: &Column,
    stats: &ColumnStats,
    plan: &Plan<'_>,
) -> Result<Result<FittedColumn, String>, String> {
    let unlike = || format!("column `{}` was counted in another way", column.name);
    let counted = match (treatment(column, false, plan), stats) {
        (Ok(Treatment::Number(settings)), ColumnStats::Numbers(stats)) => {
            return Ok(step_of_numbers(stats, settings).map(FittedColumn::from));
        }
        (Ok(Treatment::Labels), ColumnStats::Labels(counted)) => counted.clone(),
        (Ok(Treatment::Text), _) => return Err(as_text(&column.name)),
        _ => return Err(unlike()),
    };
    match choice(counted, column, false, plan) {
        Err(why) => Ok(Err(why)),
        Ok(Choice::Text) => Err(as_text(&column.name)),
        Ok(Choice::Categories {
            encode: Encode::TargetMean,
            ..
        }) if plan.goal.is_some() => Err(format!(
            "column `{}` is to become target means",
            column.name
        )),
        Ok(Choice::Categories {
            encode,
            categories,
            fill,
        }) => {
            let step = step_of_categories(encode, categories, plan.purpose);
            Ok(Ok(FittedColumn {
                fill,
                ..FittedColumn::from(step)
            }))
        }
    }
}

fn as_text(column: &str) -> String {
    format!("column `{column}` is to become n-grams of its texts")
}
