//! What rows have that the training rows did not: said once for all rows, as the server says it of each.

use polars::prelude::DataFrame;

use crate::bundle::{Bundle, Slot};
use crate::features::{CellRef, Cells, Error, is_encoded_as_number};

/// Cells of a column that are unusual.
pub(super) struct Unusual {
    /// The column.
    pub column: String,
    /// Such cells.
    pub cells: u64,
    /// `unknown_category` or `outside_training_range`, as in an answer of the server; `no_value` of a whole column.
    pub kind: &'static str,
}

/// Texts that training did not have, or too seldom to learn from, and numbers below or above all of its numbers; columns in
/// the order of the inputs.
///
/// # Errors
/// When a column is of a type that files never have.
pub(super) fn unusual(frame: &DataFrame, bundle: &Bundle) -> Result<Vec<Unusual>, Error> {
    let mut found = unknown_texts(frame, bundle)?;
    found.extend(outside(frame, bundle)?);
    found.extend(without_value(frame, bundle));
    Ok(found)
}

/// Columns without a value in any of several rows, where training had one in each.
fn without_value(frame: &DataFrame, bundle: &Bundle) -> Vec<Unusual> {
    let reads = bundle.transformer.reads(&bundle.reading).into_iter();
    let is_complete = |name: &str| {
        let mut profile = bundle.profile.iter();
        profile.any(|it| it.name == name && it.missing == 0)
    };
    let rows = frame.height();
    let empty = reads.filter(|read| {
        let column = frame.column(&read.name);
        rows > 1 && is_complete(&read.name) && column.is_ok_and(|it| it.null_count() == rows)
    });
    empty
        .map(|read| Unusual {
            column: read.name,
            cells: rows as u64,
            kind: "no_value",
        })
        .collect()
}

fn unknown_texts(frame: &DataFrame, bundle: &Bundle) -> Result<Vec<Unusual>, Error> {
    let scorer = bundle.scorer();
    let mut found = Vec::new();
    for (position, input) in bundle.transformer.inputs.iter().enumerate() {
        let (Some(categories), Ok(column)) = (input.step.categories(), frame.column(&input.name))
        else {
            continue;
        };
        let other = Slot::Entry(categories.len() as u32 + 1);
        let cells = Cells::of(column)?;
        let texts = (0..frame.height()).filter_map(|row| cells.text(row));
        let strange = texts.filter(|text| scorer.read(position, CellRef::Text(text)) == other);
        let n = strange.count() as u64;
        found.extend((n > 0).then(|| Unusual {
            column: input.name.clone(),
            cells: n,
            kind: "unknown_category",
        }));
    }
    Ok(found)
}

fn outside(frame: &DataFrame, bundle: &Bundle) -> Result<Vec<Unusual>, Error> {
    let mut found = Vec::new();
    // How far times lie from those of training is said elsewhere.
    let reads = bundle.transformer.reads(&bundle.reading).into_iter();
    for read in reads.filter(|read| read.time.is_none()) {
        let mut profile = bundle.profile.iter();
        let range = profile
            .find(|it| it.name == read.name && is_encoded_as_number(it.kind))
            .and_then(|column| Some(column.min?..=column.max?));
        let (Some(range), Ok(column)) = (range, frame.column(&read.name)) else {
            continue;
        };
        let cells = Cells::of(column)?;
        let numbers = (0..frame.height()).filter_map(|row| cells.number(row));
        let n = numbers.filter(|number| !range.contains(number)).count() as u64;
        found.extend((n > 0).then(|| Unusual {
            column: read.name.clone(),
            cells: n,
            kind: "outside_training_range",
        }));
    }
    Ok(found)
}
