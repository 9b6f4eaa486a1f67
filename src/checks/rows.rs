//! Checks on rows: kept out, of a rare class, contradicting one another, of unknown texts, in both data sets.

use std::collections::HashMap;

use polars::prelude::DataFrame;
use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

use super::columns::{candidates, cells_of};
use super::finding::{Check, Finding};
use super::inputs::Categories;
use super::inputs::UnknownTexts;
use super::inputs::{Inputs, Target, TestInputs};
use super::wording::percent;
use crate::config::checks::Severity;
use crate::features::{Cells, Error};
use crate::text::counted;

/// Rows that are looked at for texts that are not known, and about as many for contradictions.
const ROWS: usize = 100_000;

/// A number that looks drawn at random, from a seed and a number.
pub(super) fn mixed(seed: u64, number: u64) -> u64 {
    xxh3_64_with_seed(&number.to_le_bytes(), seed)
}

/// Some of the rows, ascending: all when there are at most `most`, else about `most` of them, drawn by the seed.
pub fn sample(rows: &[u32], most: usize, seed: u64) -> Vec<u32> {
    if rows.len() <= most {
        return rows.to_vec();
    }
    let bound = (most as f64 / rows.len() as f64 * u64::MAX as f64) as u64;
    let drawn = rows.iter().copied();
    drawn
        .filter(|&row| mixed(seed, u64::from(row)) <= bound)
        .collect()
}

/// Rows that the rules kept out. Formula: kept out / read.
pub(super) fn rejected(inputs: &Inputs<'_>) -> Option<Finding> {
    let check = inputs.settings.rejected_rows;
    let (read, rejected) = inputs.rejected;
    let value = rejected as f64 / read.max(1) as f64;
    (check.severity != Severity::Off && value > check.bound).then(|| Finding {
        check: Check::RejectedRows,
        column: None,
        severity: check.severity,
        value,
        bound: Some(check.bound),
        says: format!(
            "the rules of `schema` keep {} out, {} of those read",
            counted(rejected, "row"),
            percent(value)
        ),
    })
}

/// The smallest class, where it is too small. Numbers have none.
pub(super) fn rare_class(inputs: &Inputs<'_>) -> Option<Finding> {
    let check = inputs.settings.rare_class;
    let Target::Classes { codes, n } = inputs.target else {
        return None;
    };
    let mut counts = vec![0_u64; n];
    let known = codes.iter().flatten();
    known.for_each(|&class| counts[class as usize] += 1);
    let fewest = counts.iter().copied().min()?;
    let rare = counts.iter().filter(|&&rows| (rows as f64) < check.bound);
    let rare = rare.count() as u64;
    (check.severity != Severity::Off && rare > 0).then(|| Finding {
        check: Check::RareClass,
        column: None,
        severity: check.severity,
        value: fewest as f64,
        bound: Some(check.bound),
        says: format!(
            "{rare} of {n} classes with fewer than {} rows, the rarest with {fewest}: too few to learn it or to judge it by",
            check.bound,
        ),
    })
}

/// Rows that have the features of another row and not its class. Formula: such rows / rows looked at.
///
/// Above [`ROWS`] rows, those are looked at whose value in the most varied column falls into a drawn share of all values:
/// rows with the same features are then in it together or not at all.
pub(super) fn conflicts(inputs: &Inputs<'_>) -> Result<Option<Finding>, Error> {
    let check = inputs.settings.conflicting_labels;
    let Target::Classes { codes, .. } = inputs.target else {
        return Ok(None);
    };
    let mut columns: Vec<_> = candidates(inputs).filter(|it| it.distinct > 0).collect();
    columns.sort_by_key(|column| std::cmp::Reverse(column.distinct));
    if check.severity == Severity::Off || columns.is_empty() {
        return Ok(None);
    }
    let all = inputs.target.rows();
    let (mut rows, mut hashes) = (all.clone(), vec![0; all.len()]);
    for (at, column) in columns.iter().enumerate() {
        add_cells(&cells_of(inputs, &column.name)?, &rows, &mut hashes);
        if at == 0 && rows.len() > ROWS {
            let bound = (ROWS as f64 / rows.len() as f64 * u64::MAX as f64) as u64;
            let drawn = |hash: u64| mixed(inputs.seed, hash) <= bound;
            let kept = rows.iter().zip(&hashes).filter(|(_, hash)| drawn(**hash));
            (rows, hashes) = kept.unzip();
        }
    }
    // Rows per hash, the first class seen, and whether another one was.
    let mut groups: HashMap<u64, (u64, u32, bool)> = HashMap::with_capacity(rows.len());
    for (&row, &hash) in rows.iter().zip(&hashes) {
        let Some(class) = codes[row as usize] else {
            continue;
        };
        let group = groups.entry(hash).or_insert((0, class, false));
        group.0 += 1;
        group.2 |= group.1 != class;
    }
    let contrary = groups.values().filter(|group| group.2);
    let contrary: u64 = contrary.map(|group| group.0).sum();
    let value = contrary as f64 / rows.len().max(1) as f64;
    let looked_at = if rows.len() == all.len() {
        String::new()
    } else {
        format!(" of {} looked at", rows.len())
    };
    Ok((value > check.bound).then(|| Finding {
        check: Check::ConflictingLabels,
        column: None,
        severity: check.severity,
        value,
        bound: Some(check.bound),
        says: format!(
            "{}{looked_at} ({}) with the features of another row and not its class: no model can tell them apart",
            counted(contrary, "row"),
            percent(value)
        ),
    }))
}

/// Adds one column's cells to the hash of each row.
fn add_cells(cells: &Cells<'_>, rows: &[u32], hashes: &mut [u64]) {
    const MISSING: u64 = 0x9E37_79B9_7F4A_7C15;
    for (&row, hash) in rows.iter().zip(hashes) {
        let row = row as usize;
        let cell = match cells {
            Cells::Text(texts) => texts.get(row).map(|text| xxh3_64(text.as_bytes())),
            _ => cells.number(row).map(|number| (number + 0.0).to_bits()),
        };
        *hash = mixed(*hash, cell.unwrap_or(MISSING));
    }
}

/// A finding for each column with too many texts that are not known. Formula: rows with such a text / rows with a text,
/// among those looked at.
pub(super) fn unknown_categories(
    frame: &DataFrame,
    known: &[Categories],
    told: &UnknownTexts,
    seed: u64,
) -> Result<Vec<Finding>, Error> {
    let mut found = Vec::new();
    if told.severity == Severity::Off || known.is_empty() {
        return Ok(found);
    }
    let all: Vec<u32> = (0..frame.height() as u32).collect();
    let rows = sample(&all, ROWS, seed);
    for Categories { column, texts } in known {
        // A column that is not there any more is told elsewhere.
        let Ok(cells) = frame.column(column) else {
            continue;
        };
        let cells = Cells::of(cells)?;
        let (mut present, mut strange) = (0_u64, 0_u64);
        for text in rows.iter().filter_map(|&row| cells.text(row as usize)) {
            present += 1;
            strange += u64::from(!texts.contains(text.as_ref()));
        }
        let value = strange as f64 / present.max(1) as f64;
        if value > told.bound {
            found.push(Finding {
                check: told.check,
                column: Some(column.clone()),
                severity: told.severity,
                value,
                bound: Some(told.bound),
                says: format!(
                    "`{column}` has a text that {} in {} ({})",
                    told.unknown_to,
                    counted(strange, told.rows),
                    percent(value)
                ),
            });
        }
    }
    Ok(found)
}

/// Test rows that are in the data set, too. Formula: such rows / test rows.
pub(super) fn overlap(inputs: &TestInputs<'_>) -> Option<Finding> {
    let check = inputs.settings.test_overlap;
    let rows = inputs.frame.height() as u64;
    let value = inputs.overlap as f64 / rows.max(1) as f64;
    (check.severity != Severity::Off && value > check.bound).then(|| Finding {
        check: Check::TestOverlap,
        column: None,
        severity: check.severity,
        value,
        bound: Some(check.bound),
        says: format!(
            "{} of {rows} ({}) also in the data set: the score speaks of rows that were learned from",
            counted(inputs.overlap, "test row"),
            percent(value)
        ),
    })
}
