//! Fits the transformer on training rows, and says which columns cannot help.

use std::collections::HashMap;

use polars::prelude::DataFrame;
use rayon::prelude::*;

use super::{Cells, Dropped, Error, Input, Step, Transformer, is_numeric};
use crate::config::raw::Features;
use crate::data::{Column, Kind, Schema};

/// Below this, dividing a weight by the scale would overflow.
const SMALLEST_SCALE: f64 = 1e-290;

/// A fitted transformer and the columns it leaves out.
#[derive(Debug, Clone, PartialEq)]
pub struct Fitted {
    /// The steps.
    pub transformer: Transformer,
    /// Columns that are not learned from.
    pub dropped: Vec<Dropped>,
}

/// Texts of which at least this share is distinct name a row rather than describe it.
const IDENTIFIER_SHARE: f64 = 0.5;
/// Fewer distinct texts than this are never taken for identifiers: a short table would lose its categories.
const IDENTIFIER_LEAST: usize = 10;

/// Fits one step per usable column on `rows` of `frame`. `excluded` columns (target, `drop`, `keys`, time) are left out
/// without a word, since the user named them.
///
/// # Errors
/// When no column is left, or one is of a type that ingest never makes.
pub fn fit(
    frame: &DataFrame,
    rows: &[u32],
    excluded: &[String],
    settings: &Features,
) -> Result<Fitted, Error> {
    let mut numeric = Vec::new();
    let mut text = Vec::new();
    let mut dropped = Vec::new();
    let wanted: Vec<Column> = Schema::of(frame)
        .columns
        .into_iter()
        .filter(|column| !excluded.contains(&column.name))
        .collect();
    let steps: Vec<Result<Step, String>> = wanted
        .par_iter()
        .map(|column| {
            let cells = frame
                .column(&column.name)
                .map_err(|_| Error::MissingColumns(vec![column.name.clone()]))
                .and_then(Cells::of)?;
            Ok(fit_column(&cells, rows, column.kind, settings))
        })
        .collect::<Result<_, Error>>()?;
    for (Column { name, kind }, step) in wanted.into_iter().zip(steps) {
        match step {
            Ok(step) if is_numeric(kind) => numeric.push(Input { name, kind, step }),
            Ok(step) => text.push(Input { name, kind, step }),
            Err(reason) => dropped.push(Dropped {
                column: name,
                reason,
            }),
        }
    }
    numeric.append(&mut text);
    if numeric.is_empty() {
        return Err(Error::NothingToLearnFrom(why_none(&dropped)));
    }
    Ok(Fitted {
        transformer: Transformer { inputs: numeric },
        dropped,
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
    kind: Kind,
    settings: &Features,
) -> Result<Step, String> {
    if is_numeric(kind) {
        return fit_scale(cells, rows);
    }
    let mut counts: HashMap<String, usize> = HashMap::new();
    let mut present = 0;
    for &row in rows {
        if let Some(value) = cells.text(row as usize) {
            present += 1;
            match counts.get_mut(value.as_ref()) {
                Some(count) => *count += 1,
                None => {
                    counts.insert(value.into_owned(), 1);
                }
            }
        }
    }
    if present == 0 {
        return Err("without a value in any row".to_string());
    }
    if counts.len() == 1 && present == rows.len() {
        return Err("constant: one value in every row".to_string());
    }
    if counts.len() >= IDENTIFIER_LEAST && counts.len() as f64 >= IDENTIFIER_SHARE * present as f64
    {
        return Err(format!(
            "identifier-like: {} distinct texts in {present} rows",
            counts.len()
        ));
    }
    let n_texts = counts.len();
    let categories = frequent(counts, settings);
    if categories.is_empty() && present == rows.len() {
        return Err(format!(
            "none of its {n_texts} texts stands in {} rows or more",
            settings.min_category_rows
        ));
    }
    Ok(Step::OneHot { categories })
}

/// The categories that get a feature of their own: the most frequent, ties by name; sorted by name.
fn frequent(counts: HashMap<String, usize>, settings: &Features) -> Vec<String> {
    let mut ranked: Vec<(String, usize)> = counts
        .into_iter()
        .filter(|(_, count)| *count >= settings.min_category_rows as usize)
        .collect();
    ranked.sort_by(|(a, m), (b, n)| n.cmp(m).then_with(|| a.cmp(b)));
    ranked.truncate(settings.max_categories as usize);
    let mut categories: Vec<_> = ranked.into_iter().map(|(category, _)| category).collect();
    categories.sort();
    categories
}

/// Mean and standard deviation (ddof 0) in two passes about a shift. Values are divided by the largest magnitude first,
/// so that squares of numbers near 1e308 do not overflow and those of numbers near 1e-200 do not vanish.
fn fit_scale(cells: &Cells<'_>, rows: &[u32]) -> Result<Step, String> {
    let mut count = 0_u64;
    let mut largest = 0.0_f64;
    let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
    for number in rows.iter().filter_map(|&row| cells.number(row as usize)) {
        count += 1;
        largest = largest.max(number.abs());
        low = low.min(number);
        high = high.max(number);
    }
    if count == 0 {
        return Err("without a value in any row".to_string());
    }
    if low == high {
        return Err("constant: one value in every row that has one".to_string());
    }
    let unit = if (1e-100..=1e100).contains(&largest) {
        1.0
    } else {
        largest
    };
    let shift = low / unit / 2.0 + high / unit / 2.0;
    let (mut sum, mut square) = (0.0, 0.0);
    for number in rows.iter().filter_map(|&row| cells.number(row as usize)) {
        let distance = number / unit - shift;
        sum += distance;
        square += distance * distance;
    }
    let n = count as f64;
    let mean = sum / n;
    let mut deviation = (square / n - mean * mean).max(0.0).sqrt();
    if deviation < 1e-3 * (high / unit - low / unit) {
        // A lone outlier far away: cancellation above costs digits, so sum about the mean itself.
        let centre = shift + mean;
        let square: f64 = rows
            .iter()
            .filter_map(|&row| cells.number(row as usize))
            .map(|number| (number / unit - centre).powi(2))
            .sum();
        deviation = (square / n).sqrt();
    }
    let scale = deviation * unit;
    if !(scale.is_finite() && scale >= SMALLEST_SCALE) {
        return Err("constant within the precision of numbers".to_string());
    }
    Ok(Step::Scale {
        mean: (shift + mean) * unit,
        scale,
    })
}
