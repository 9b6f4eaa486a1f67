//! Frames, inputs and verdicts for tests.

use std::collections::{BTreeMap, BTreeSet};

use polars::prelude::{Column as FrameColumn, DataFrame, DataType};

use crate::data::Kind;

use crate::drift::{
    Binner, ColumnDrift, Counts, Drift, Levels, Reference, Subject, judge, values_of,
};
use crate::features::{Input, Step};

/// Once per quarter of daily windows.
pub const LEVELS: Levels = Levels {
    alpha: 1.0 / 91.0,
    least_effect: 0.1,
    large_effect: 0.5,
};

/// A frame of numbers.
pub fn numbers(columns: &[(&str, Vec<Option<f64>>)]) -> DataFrame {
    let n = columns.first().map_or(0, |(_, values)| values.len());
    let columns = columns.iter();
    let columns = columns.map(|(name, values)| FrameColumn::new((*name).into(), values));
    DataFrame::new(n, columns.collect()).expect("a frame")
}

/// A frame of one column of texts.
pub fn texts(name: &str, values: &[&str]) -> DataFrame {
    DataFrame::new(values.len(), vec![FrameColumn::new(name.into(), values)]).expect("a frame")
}

/// Inputs as training would have them: numbers, categories, and what has nearly as many texts as rows as text.
pub fn inputs(frame: &DataFrame) -> Vec<Input> {
    let columns = frame.columns().iter();
    let input = |column: &FrameColumn| {
        let kind = Kind::of(column.dtype()).expect("one of ours");
        let step = match column.dtype() {
            DataType::String if column.n_unique().expect("a count") * 2 > frame.height() => {
                Step::Text { blocks: Vec::new() }
            }
            DataType::String => Step::OneHot {
                categories: Vec::new(),
            },
            _ => Step::Scale {
                mean: 0.0,
                scale: 1.0,
            },
        };
        Input {
            name: column.name().to_string(),
            kind,
            step,
        }
    };
    columns.map(input).collect()
}

/// The reference of a frame.
pub fn reference(frame: &DataFrame) -> Reference {
    Reference::of(frame, &inputs(frame), None)
}

/// What was counted of a frame.
pub fn counted(reference: &Reference, frame: &DataFrame) -> Counts {
    let mut counts = Counts::none(reference);
    Binner::new(reference).count(frame, &mut counts);
    counts
}

/// A frame that is looked at once.
pub fn once(reference: &Reference, frame: &DataFrame) -> Drift {
    let absent = reference.columns.iter().map(|it| it.name.clone());
    let absent = absent.filter(|name| frame.column(name).is_err()).collect();
    judge(&Subject {
        reference,
        counts: &counted(reference, frame),
        values: &values_of(reference, frame),
        absent: &absent,
        importance: &BTreeMap::new(),
        ignored: &BTreeSet::new(),
        before: None,
        levels: LEVELS,
    })
}

/// The next window after others, whose columns that were found are in `before`, newest first; it becomes one of them.
pub fn next(reference: &Reference, frame: &DataFrame, before: &mut Vec<BTreeSet<String>>) -> Drift {
    let drift = judge(&Subject {
        reference,
        counts: &counted(reference, frame),
        values: &[],
        absent: &BTreeSet::new(),
        importance: &BTreeMap::new(),
        ignored: &BTreeSet::new(),
        before: Some(before),
        levels: LEVELS,
    });
    before.insert(0, drift.found());
    before.truncate(2);
    drift
}

/// The column of that name.
pub fn column<'d>(drift: &'d Drift, name: &str) -> &'d ColumnDrift {
    let found = drift.features.iter().find(|it| it.name == name);
    found.expect("the column")
}
