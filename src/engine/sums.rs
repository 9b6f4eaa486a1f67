//! Weighted sums of features and of their products over the rows of a query: one query for plain numbers, one for each one-hot column
//! with them, one for pairs of one-hot columns. What comes back is as large as the model, however many rows there are.

use super::connect::Session;
use super::error::Error;
use super::features::Design;
use super::sql;
use super::table::Table;
use crate::learners::by_sums::RowSums;

/// Most sums that one query asks for.
const MOST_SUMS: usize = 1000;

/// Terms of a sum that are added side by side, so that no expression becomes too deep for a server's parser.
const SIDE_BY_SIDE: usize = 32;

/// Whom is asked, and what for, in words.
#[derive(Clone, Copy)]
pub(super) struct Asking<'a> {
    pub session: &'a Session,
    pub doing: &'a str,
}

impl Asking<'_> {
    pub fn ask(&self, query: &str) -> Result<Table, Error> {
        self.session.ask(self.doing, query)
    }
}

/// The rows to sum over: a query with `x0…` (plain numbers), `k0…` (places), `g`, `h` and `loss`.
pub(super) fn sums(asking: Asking<'_>, design: &Design, rows: &str) -> Result<RowSums, Error> {
    let n = design.n_features + 1;
    let mut total = RowSums {
        loss: 0.0,
        first: vec![0.0; n],
        second: vec![0.0; n * n],
    };
    plain(asking, design, rows, &mut total)?;
    if !design.ones.is_empty() {
        single(asking, design, rows, &mut total)?;
    }
    if design.ones.len() > 1 {
        pairs(asking, design, rows, &mut total)?;
    }
    let numbers = total.first.iter().chain(&total.second);
    if numbers.chain([&total.loss]).any(|number| number.is_nan()) {
        return Err(Error::Answer("a sum is not a number".to_string()));
    }
    Ok(total)
}

impl RowSums {
    fn add(&mut self, a: usize, b: usize, sum: f64) {
        let n = self.first.len();
        self.second[a.max(b) * n + a.min(b)] += sum;
    }
}

/// Where a sum goes.
#[derive(Debug, Clone, Copy)]
enum To {
    Loss,
    First(usize),
    Second(usize, usize),
}

fn plain(
    asking: Asking<'_>,
    design: &Design,
    rows: &str,
    total: &mut RowSums,
) -> Result<(), Error> {
    let (d, bias) = (design.dense.len(), design.n_features);
    let mut asked = vec![
        (To::Loss, "sum(loss)".to_string()),
        (To::First(bias), "sum(g)".to_string()),
        (To::Second(bias, bias), "sum(h)".to_string()),
    ];
    for at in 0..d {
        asked.push((To::First(at), format!("sum(g * x{at})")));
        asked.push((To::Second(at, bias), format!("sum(h * x{at})")));
        for other in 0..=at {
            asked.push((To::Second(at, other), format!("sum(h * x{at} * x{other})")));
        }
    }
    let (goals, written): (Vec<To>, Vec<String>) = asked.into_iter().unzip();
    for (to, sum) in goals.into_iter().zip(over_all(asking, rows, &written)?) {
        match to {
            To::Loss => total.loss = sum,
            To::First(at) => total.first[at] = sum,
            To::Second(a, b) => total.add(a, b, sum),
        }
    }
    Ok(())
}

/// A one-hot column with itself, with the bias and with plain numbers.
fn single(
    asking: Asking<'_>,
    design: &Design,
    rows: &str,
    total: &mut RowSums,
) -> Result<(), Error> {
    let (d, bias) = (design.dense.len(), design.n_features);
    let mut asked = vec!["sum(g)".to_string(), "sum(h)".to_string()];
    asked.extend((0..d).map(|at| format!("sum(h * x{at})")));
    by_category(asking, design, rows, &asked, |feature, sums| {
        total.first[feature] += sums[0];
        total.add(feature, bias, sums[1]);
        total.add(feature, feature, sums[1]);
        for (at, sum) in sums[2..].iter().enumerate() {
            total.add(feature, at, *sum);
        }
    })
}

/// Sums over all rows, in as many queries as a server takes them in.
pub(super) fn over_all(
    asking: Asking<'_>,
    rows: &str,
    written: &[String],
) -> Result<Vec<f64>, Error> {
    let mut sums = Vec::with_capacity(written.len());
    for part in written.chunks(MOST_SUMS) {
        let query = format!("SELECT {} FROM ({rows})", part.join(", "));
        let table = asking.ask(&query)?;
        for column in 0..part.len() {
            sums.push(table.number(0, column)?);
        }
    }
    Ok(sums)
}

/// Sums over the rows of each category of the one-hot columns; `take` gets its feature and the sums as they were written.
pub(super) fn by_category(
    asking: Asking<'_>,
    design: &Design,
    rows: &str,
    written: &[String],
    mut take: impl FnMut(usize, &[f64]),
) -> Result<(), Error> {
    let n_ones = design.ones.len();
    let mut asked: Vec<String> = (0..n_ones).map(|column| format!("k{column}")).collect();
    asked.extend_from_slice(written);
    let sets: Vec<String> = (0..n_ones).map(|column| format!("(k{column})")).collect();
    let table = grouped(asking, rows, &asked, &sets)?;
    for row in 0..table.rows {
        for (column, ones) in design.ones.iter().enumerate() {
            let Some(place) = table.known(row, column)? else {
                continue;
            };
            let feature = place_of(place, ones.at, ones.width)?;
            let sums = (0..written.len()).map(|at| table.number(row, n_ones + at));
            take(feature, &sums.collect::<Result<Vec<f64>, Error>>()?);
        }
    }
    Ok(())
}

/// One-hot columns with each other.
fn pairs(
    asking: Asking<'_>,
    design: &Design,
    rows: &str,
    total: &mut RowSums,
) -> Result<(), Error> {
    let n_ones = design.ones.len();
    let mut asked: Vec<String> = (0..n_ones).map(|column| format!("k{column}")).collect();
    asked.push("sum(h)".to_string());
    let pairs = (0..n_ones).flat_map(|a| (0..a).map(move |b| format!("(k{a}, k{b})")));
    let table = grouped(asking, rows, &asked, &pairs.collect::<Vec<_>>())?;
    for row in 0..table.rows {
        let mut features = Vec::with_capacity(2);
        for (column, ones) in design.ones.iter().enumerate() {
            if let Some(place) = table.known(row, column)? {
                features.push(place_of(place, ones.at, ones.width)?);
            }
        }
        let [a, b] = features[..] else {
            return Err(Error::Answer("a pair has not two places".to_string()));
        };
        total.add(a, b, table.number(row, n_ones)?);
    }
    Ok(())
}

/// Sums for each of some sets of columns.
fn grouped(
    asking: Asking<'_>,
    rows: &str,
    asked: &[String],
    sets: &[String],
) -> Result<Table, Error> {
    let query = format!(
        "SELECT {} FROM ({rows}) GROUP BY GROUPING SETS ({})",
        asked.join(", "),
        sets.join(", ")
    );
    asking.ask(&query)
}

/// The feature at a place of a column of categories.
fn place_of(place: f64, at: usize, width: usize) -> Result<usize, Error> {
    if place >= 0.0 && place < width as f64 && place.fract() == 0.0 {
        Ok(at + place as usize)
    } else {
        Err(Error::Answer(
            "a category has a place that is none".to_string(),
        ))
    }
}

/// `Σ w x + b` of a row; parameters are weights, then bias.
pub(super) fn margin(design: &Design, parameters: &[f64]) -> String {
    let mut terms = vec![sql::number(parameters[design.n_features])];
    for (at, weight) in parameters[..design.dense.len()].iter().enumerate() {
        terms.push(format!("{} * x{at}", sql::number(*weight)));
    }
    for (column, ones) in design.ones.iter().enumerate() {
        let weights = parameters[ones.at..ones.at + ones.width].iter();
        let weights: Vec<String> = weights.map(|weight| sql::number(*weight)).collect();
        terms.push(format!(
            "element_at(array({}), k{column} + 1)",
            weights.join(", ")
        ));
    }
    let parts = terms.chunks(SIDE_BY_SIDE);
    let parts: Vec<String> = parts
        .map(|part| format!("({})", part.join(" + ")))
        .collect();
    parts.join(" + ")
}

/// The features of the rows of a relation as `x0…` and `k0…`, with further columns.
pub(super) fn features(design: &Design, relation: &str, shift: &[f64], more: &[String]) -> String {
    let dense = design.dense.iter().zip(shift).enumerate();
    let mut columns: Vec<String> = dense
        .map(|(at, (cell, shift))| match *shift {
            0.0 => format!("{cell} AS x{at}"),
            shift => format!("{cell} - {} AS x{at}", sql::number(shift)),
        })
        .collect();
    let ones = design.ones.iter().enumerate();
    columns.extend(ones.map(|(column, ones)| format!("{} AS k{column}", ones.place)));
    columns.extend_from_slice(more);
    format!("SELECT {} FROM {relation}", columns.join(", "))
}
