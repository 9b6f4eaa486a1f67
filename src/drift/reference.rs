//! What a version was trained on, as counters in fixed bins: how a reference is made.

use std::borrow::Cow;
use std::collections::HashMap;

use polars::prelude::DataFrame;
use rayon::prelude::*;
use xxhash_rust::xxh3::xxh3_64;

use super::binner::Binner;
use super::column::{Answered, Column, Measure, Reference};
use super::count::count_answers;
use super::counts::Counts;
use super::layout::Layout;
use super::words;
use crate::features::{Cells, Input, is_encoded_as_number, label_of};

/// Up to this many rows, the values of a column of numbers are kept, too, so that few rows can be compared exactly. They are
/// sorted column by column: no row can be put together from them.
const MOST_VALUES: usize = 200;
/// Of more numbers than this, the edges are the quantiles of some of them. What lies between the edges is always counted
/// exactly.
const MOST_SORTED: usize = 1 << 16;
/// How many those are.
const DRAWN: usize = 1 << 14;

impl Reference {
    /// Counts rows of a frame that has the columns of the inputs. Columns that cannot be read are left out.
    pub fn of(frame: &DataFrame, inputs: &[Input], held_back: Option<Answered<'_>>) -> Reference {
        let mut reference = Reference {
            rows: frame.height() as u64,
            columns: inputs
                .par_iter()
                .flat_map_iter(|input| columns_of(frame, input))
                .collect(),
            prediction: held_back.and_then(prediction),
        };
        let mut counts = Counts::none(&reference);
        Binner::new(&reference).count(frame, &mut counts);
        for (column, counted) in reference.columns.iter_mut().zip(counts.columns) {
            // Half of the texts made the vocabulary; the others were counted when the column was made.
            if column.measure != Measure::UnknownWords {
                column.counts = counted;
            }
        }
        reference
    }
}

/// Per column of the reference whose values were kept, those of a frame, ascending; else none.
pub fn values_of(reference: &Reference, frame: &DataFrame) -> Vec<Vec<f64>> {
    let columns = reference.columns.iter();
    let of = |column: &Column| {
        let is_wanted = !column.values.is_empty() && frame.height() <= MOST_VALUES * MOST_VALUES;
        let cells = frame.column(&column.name).ok().filter(|_| is_wanted)?;
        let cells = Cells::of(cells).ok()?;
        let number = |row: usize| match column.measure {
            Measure::Length => cells.text(row).map(|text| words::length(&text)),
            _ => cells.number(row),
        };
        let mut values: Vec<f64> = (0..frame.height()).filter_map(number).collect();
        values.sort_unstable_by(f64::total_cmp);
        Some(values)
    };
    columns
        .map(|column| of(column).unwrap_or_default())
        .collect()
}

/// The columns that come of an input.
fn columns_of(frame: &DataFrame, input: &Input) -> Vec<Column> {
    let Some(cells) = frame
        .column(&input.name)
        .ok()
        .and_then(|it| Cells::of(it).ok())
    else {
        return Vec::new();
    };
    let n_rows = frame.height();
    let measures = Measure::of(input).iter();
    measures
        .map(|&measure| match measure {
            Measure::Category => of_labels(&cells, input, n_rows),
            Measure::UnknownWords => of_words(&cells, &input.name, n_rows),
            Measure::Number | Measure::Length => of_numbers(&cells, &input.name, measure, n_rows),
        })
        .collect()
}

fn column(name: &str, measure: Measure, layout: Layout) -> Column {
    Column {
        name: name.to_string(),
        measure,
        is_of_numbers: false,
        counts: vec![0; layout.width()],
        layout,
        values: Vec::new(),
        words: Vec::new(),
    }
}

fn of_numbers(cells: &Cells<'_>, name: &str, measure: Measure, n_rows: usize) -> Column {
    let number = |row: usize| match measure {
        Measure::Length => cells.text(row).map(|text| words::length(&text)),
        _ => cells.number(row),
    };
    let mut extent = Extent::NONE;
    match measure {
        Measure::Number => cells.each_number(0..n_rows, |number| extent.add(number)),
        _ => (0..n_rows).filter_map(number).for_each(|it| extent.add(it)),
    }
    let sorted = ascending(n_rows, extent, number);
    let mut column = column(name, measure, Layout::of_numbers(&sorted));
    if sorted.len() <= MOST_VALUES {
        column.values = sorted;
    }
    column
}

/// How many numbers there are, the smallest and the largest.
#[derive(Debug, Clone, Copy)]
struct Extent {
    n: usize,
    lowest: f64,
    highest: f64,
}

impl Extent {
    const NONE: Extent = Extent {
        n: 0,
        lowest: f64::INFINITY,
        highest: f64::NEG_INFINITY,
    };

    fn add(&mut self, number: f64) {
        self.n += 1;
        // Branches that are hardly ever taken: no number waits for the one before it.
        if number < self.lowest {
            self.lowest = number;
        }
        if number > self.highest {
            self.highest = number;
        }
    }
}

/// The numbers of some rows, ascending; of very many the smallest, the largest, and those of rows drawn one from each of equal
/// parts of their order, so that no period of the rows shows.
fn ascending(n_rows: usize, extent: Extent, number: impl Fn(usize) -> Option<f64>) -> Vec<f64> {
    let mut numbers: Vec<f64> = if extent.n > MOST_SORTED {
        let drawn = (0..DRAWN).filter_map(|part| {
            let (from, to) = (part * n_rows / DRAWN, (part + 1) * n_rows / DRAWN);
            let at = xxh3_64(&(part as u64).to_le_bytes()) % (to - from) as u64;
            number(from + at as usize)
        });
        drawn.chain([extent.lowest, extent.highest]).collect()
    } else {
        (0..n_rows).filter_map(&number).collect()
    };
    numbers.sort_unstable_by(f64::total_cmp);
    numbers
}

fn of_labels(cells: &Cells<'_>, input: &Input, n_rows: usize) -> Column {
    let encoded = if is_encoded_as_number(input.kind) {
        // Numbers are recognised by their spelling, whatever type the column was read as.
        let spelled: Vec<Option<Cow<'_, str>>> = (0..n_rows)
            .map(|row| label_of(cells, input.kind, row))
            .collect();
        count(spelled.iter().flatten().map(|label| label.as_ref()))
    } else {
        let encoded = cells.encode(n_rows);
        let counts = encoded.counts();
        encoded.distinct.into_iter().zip(counts).collect()
    };
    let counted = encoded.iter().map(|(label, n)| (label.as_str(), *n));
    let layout = Layout::of_labels(counted.collect());
    Column {
        is_of_numbers: is_encoded_as_number(input.kind),
        ..column(&input.name, Measure::Category, layout)
    }
}

fn count<'a>(labels: impl Iterator<Item = &'a str>) -> Vec<(String, u64)> {
    let mut counts: HashMap<&str, u64> = HashMap::new();
    for label in labels {
        *counts.entry(label).or_default() += 1;
    }
    let counts = counts.into_iter();
    counts.map(|(label, n)| (label.to_string(), n)).collect()
}

/// The vocabulary is made of every other row and the share of unknown words counted on the rest: a text knows its own words.
fn of_words(cells: &Cells<'_>, name: &str, n_rows: usize) -> Column {
    let texts: Vec<Option<Cow<'_, str>>> = (0..n_rows).map(|row| cells.text(row)).collect();
    let (teaches, counted): (Vec<_>, Vec<_>) =
        texts.iter().enumerate().partition(|it| it.0 % 2 == 0);
    let words = words::vocabulary(teaches.into_iter().filter_map(|it| it.1.as_deref()));
    let share = |text: &Option<Cow<'_, str>>| words::unknown_share(&words, text.as_deref()?);
    let shares: Vec<Option<f64>> = counted.into_iter().map(|it| share(it.1)).collect();
    let mut sorted: Vec<f64> = shares.iter().flatten().copied().collect();
    sorted.sort_unstable_by(f64::total_cmp);
    let mut column = column(name, Measure::UnknownWords, Layout::of_numbers(&sorted));
    for share in &shares {
        column.counts[column.layout.place_number(*share)] += 1;
    }
    column.words = words;
    column
}

fn prediction(answered: Answered<'_>) -> Option<Column> {
    let layout = match answered {
        Answered::Numbers([]) | Answered::Classes([], _) => return None,
        Answered::Numbers(numbers) => {
            let number = |row: usize| Some(numbers[row]).filter(|it: &f64| it.is_finite());
            let mut extent = Extent::NONE;
            (0..numbers.len())
                .filter_map(number)
                .for_each(|it| extent.add(it));
            Layout::of_numbers(&ascending(numbers.len(), extent, number))
        }
        Answered::Classes(labels, classes) => {
            let named = labels
                .iter()
                .filter_map(|&label| classes.get(label as usize));
            let counted = count(named.map(String::as_str));
            Layout::of_labels(
                counted
                    .iter()
                    .map(|(label, n)| (label.as_str(), *n))
                    .collect(),
            )
        }
    };
    let measure = match answered {
        Answered::Numbers(_) => Measure::Number,
        Answered::Classes(..) => Measure::Category,
    };
    let mut column = column("prediction", measure, layout);
    count_answers(&column.layout, answered, &mut column.counts);
    Some(column)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sorted(n_rows: usize, number: impl Fn(usize) -> Option<f64>) -> Vec<f64> {
        let mut extent = Extent::NONE;
        (0..n_rows)
            .filter_map(&number)
            .for_each(|it| extent.add(it));
        ascending(n_rows, extent, number)
    }

    #[test]
    fn edges_of_very_many_numbers_come_of_a_sample_and_hold_as_many() {
        let n = 400_000;
        // Ordered, with a period, and with a far end that hardly any sample has.
        let of = |number: &dyn Fn(usize) -> f64| {
            let mut numbers: Vec<f64> = (0..n).map(number).collect();
            numbers[n / 3] = 1e9;
            let Layout::Numbers { lowest, uppers } =
                Layout::of_numbers(&sorted(n, |row| Some(numbers[row])))
            else {
                panic!("numbers");
            };
            let smallest = numbers.iter().copied().fold(f64::INFINITY, f64::min);
            assert_eq!((lowest, uppers.last()), (smallest, Some(&1e9)));
            let mut below = 0.0;
            for upper in &uppers[..uppers.len() - 1] {
                let share = numbers.iter().filter(|it| *it <= upper).count() as f64 / n as f64;
                assert!(
                    (share - below - 0.05).abs() < 0.005,
                    "{share} after {below}"
                );
                below = share;
            }
            assert_eq!(uppers.len(), 20);
        };
        of(&|row| row as f64);
        of(&|row| ((row * 7919) % 100_003) as f64 - 3.0);
        of(&|row| (row % 64) as f64 * 1000.0 + (row / 64) as f64 * 0.1);
    }

    #[test]
    fn fewer_are_all_sorted() {
        let numbers: Vec<f64> = (0..MOST_SORTED)
            .map(|row| ((row * 7919) % 100_003) as f64)
            .collect();
        let mut all = numbers.clone();
        all.sort_unstable_by(f64::total_cmp);
        assert_eq!(sorted(numbers.len(), |row| Some(numbers[row])), all);
        // Few numbers in very many rows are few.
        let rare = |row: usize| (row % 10_000 == 7).then_some(row as f64);
        assert_eq!(sorted(1_000_000, rare).len(), 100);
    }
}
