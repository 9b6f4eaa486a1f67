//! Fits the transformer on training rows, and says which columns cannot help.

use std::collections::HashSet;

use polars::prelude::DataFrame;
use rayon::prelude::*;

use super::column::{FittedColumn, fit_column};
use super::plan::{Plan, Purpose};
use super::prepare::{prune, usable_dates};
use super::{Cells, Dates, Dropped, Error, Fill, Input, Transformer, View};
use crate::config::features::Features;
use crate::data::{Column, Schema, TimeSettings};

/// A fitted transformer and the columns it leaves out.
#[derive(Debug, Clone, PartialEq)]
pub struct Fitted {
    /// The steps.
    pub transformer: Transformer,
    /// Columns that are not learned from.
    pub dropped: Vec<Dropped>,
    /// How columns of times were read, where that was not plain.
    pub notes: Vec<String>,
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
        reading: &TimeSettings::default(),
    };
    fit_for(frame, rows, &plan)
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
    let looked: Vec<(Option<Dates>, Vec<String>)> = wanted
        .par_iter()
        .map(|column| {
            let mut notes = Vec::new();
            let dates = usable_dates(frame, rows, column, plan.settings, plan.reading, &mut notes)?;
            Ok((dates, notes))
        })
        .collect::<Result<_, Error>>()?;
    let (dates, notes): (Vec<_>, Vec<_>) = looked.into_iter().unzip();
    let dates: Vec<Dates> = dates.into_iter().flatten().collect();
    let mut timed = frame.clone();
    let mut parts: HashSet<String> = HashSet::new();
    for dates in &dates {
        let column = frame
            .column(&dates.column)
            .map_err(|_| Error::MissingColumns(vec![dates.column.clone()]))?;
        for part in dates.columns(&dates.form.times(column)) {
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

    let made: Vec<Result<FittedColumn, String>> = wanted
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
    let mut fitted = put_together(frame, wanted.into_iter().zip(made).collect(), dates, plan)?;
    fitted.notes = notes.into_iter().flatten().collect();
    Ok(fitted)
}

/// The transformer of the columns that became a step, in the order of their layouts.
pub(super) fn put_together(
    frame: &DataFrame,
    made: Vec<(Column, Result<FittedColumn, String>)>,
    dates: Vec<Dates>,
    plan: &Plan<'_>,
) -> Result<Fitted, Error> {
    let mut kept: Vec<(Input, Option<Vec<f64>>)> = Vec::new();
    let (mut dropped, mut fills) = (Vec::new(), Vec::new());
    for (Column { name, kind }, made) in made {
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
            prepare: prune(
                frame,
                &inputs,
                plan.derived,
                plan.times,
                dates,
                fills,
                plan.reading,
            ),
            inputs,
        },
        dropped,
        notes: Vec::new(),
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
