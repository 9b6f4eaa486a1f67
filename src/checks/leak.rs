//! Leak suspicion: a column that alone predicts the target.
//!
//! A column of numbers is measured twice: by its order (a missing cell counts as the smallest, since a date of leaving that
//! only those have who left is the classic leak) and by up to 64 bins of as many rows each, which also sees what is no order. A
//! column of text is measured by its categories, unless they nearly name each row.

use std::collections::HashMap;

use rayon::prelude::*;

use super::bins::Binned;
use super::columns::{candidates, cells_of};
use super::finding::{Check, Finding};
use super::inputs::{Inputs, Target};
use super::rank::{areas, order, quantile_bins, spearman};
use super::rows::{mixed, sample};
use crate::config::checks::Severity;
use crate::data::ColumnSummary;
use crate::features::{Cells, Error};

/// Rows that are looked at. With so many, an area is known to about 0.005.
const ROWS: usize = 20_000;
/// Most bins of a column of numbers, and fewest rows of each on average.
const BINS: usize = 64;
const ROWS_PER_BIN: usize = 16;
/// A text has to be in this many rows on average; with fewer it names rows.
const ROWS_PER_TEXT: usize = 4;

/// A finding for each column that alone predicts the target at least as well as the bound.
pub(super) fn leaks(inputs: &Inputs<'_>) -> Result<Vec<Finding>, Error> {
    let check = inputs.settings.leak;
    if check.severity == Severity::Off {
        return Ok(Vec::new());
    }
    let rows = sample(&inputs.target.rows(), ROWS, inputs.seed);
    let columns: Vec<&ColumnSummary> = candidates(inputs).filter(|it| it.distinct > 0).collect();
    let measured = columns
        .par_iter()
        .map(|column| measure(inputs, &column.name, &rows));
    let measured: Vec<Option<(f64, &'static str)>> = measured.collect::<Result<_, Error>>()?;
    let told = columns.into_iter().zip(measured);
    let told = told.filter_map(|(column, measured)| Some((column, measured?)));
    Ok(told
        .filter(|(_, (value, _))| *value >= check.bound)
        .map(|(column, (value, what))| Finding {
            check: Check::Leak,
            column: Some(column.name.clone()),
            severity: check.severity,
            value,
            bound: Some(check.bound),
            says: format!(
                "`{}` alone predicts the target ({what} {value:.3} on {} rows); if it is only known afterwards, put it in `drop`",
                column.name,
                rows.len()
            ),
        })
        .collect())
}

/// How well one column predicts the target, and by which measure; `None` where that cannot be said.
fn measure(
    inputs: &Inputs<'_>,
    name: &str,
    rows: &[u32],
) -> Result<Option<(f64, &'static str)>, Error> {
    let cells = cells_of(inputs, name)?;
    let side: Vec<u8> = rows
        .iter()
        .map(|&row| (mixed(inputs.seed, u64::from(row)) >> 63) as u8)
        .collect();
    let (values, order, bin) = match &cells {
        Cells::Text(_) => (Vec::new(), Vec::new(), texts(&cells, rows)),
        _ => {
            let value = |&row: &u32| cells.number(row as usize).unwrap_or(f64::NEG_INFINITY);
            // Adding zero makes one of the two zeros.
            let values: Vec<f64> = rows.iter().map(|row| value(row) + 0.0).collect();
            let order = order(&values);
            let n_bins = (rows.len() / ROWS_PER_BIN).clamp(2, BINS);
            let bins = quantile_bins(&values, &order, n_bins);
            (values, order, bins)
        }
    };
    let n_bins = bin.iter().max().map_or(0, |most| *most as usize + 1);
    let is_text = matches!(cells, Cells::Text(_));
    let is_binned = !is_text || n_bins * ROWS_PER_TEXT <= rows.len();
    let binned = Binned {
        bin: &bin,
        n_bins,
        side: &side,
    };
    Ok(match inputs.target {
        Target::Classes { codes, n } => {
            let class: Vec<u32> = rows.iter().filter_map(|&row| codes[row as usize]).collect();
            let by_order = if is_text {
                vec![None; n]
            } else {
                areas(&values, &order, &class, n)
            };
            let by_bin = if is_binned {
                binned.areas(&class, n)
            } else {
                vec![None; n]
            };
            mean_area(&by_order, &by_bin).map(|area| (area, "ROC AUC"))
        }
        Target::Numbers(numbers) => {
            let numbers: Vec<f64> = rows
                .iter()
                .filter_map(|&row| numbers[row as usize])
                .collect();
            let present = |pair: &(&f64, &f64)| pair.0.is_finite();
            let (x, y): (Vec<f64>, Vec<f64>) = values.iter().zip(&numbers).filter(present).unzip();
            let rho = spearman(&x, &y).map(|rho| (rho.abs(), "|Spearman|"));
            let r2 = is_binned.then(|| binned.r2(&numbers)).flatten();
            let r2 = r2.map(|r2| (r2, "R²"));
            [rho, r2]
                .into_iter()
                .flatten()
                .max_by(|a, b| a.0.total_cmp(&b.0))
        }
    })
}

/// Mean over the classes of the better area; either direction of an order counts.
fn mean_area(by_order: &[Option<f64>], by_bin: &[Option<f64>]) -> Option<f64> {
    let of_class = |(order, bin): (&Option<f64>, &Option<f64>)| {
        let order = order.map(|area| area.max(1.0 - area));
        match (order, *bin) {
            (Some(order), Some(bin)) => Some(order.max(bin)),
            (order, bin) => order.or(bin),
        }
    };
    let known: Vec<f64> = by_order.iter().zip(by_bin).filter_map(of_class).collect();
    (!known.is_empty()).then(|| known.iter().sum::<f64>() / known.len() as f64)
}

/// Each text's number, in order of first appearance; a missing cell is a text of its own.
fn texts(cells: &Cells<'_>, rows: &[u32]) -> Vec<u32> {
    let mut known: HashMap<Option<std::borrow::Cow<'_, str>>, u32> = HashMap::new();
    let number = |&row: &u32| {
        let next = known.len() as u32;
        *known.entry(cells.text(row as usize)).or_insert(next)
    };
    rows.iter().map(number).collect()
}
