//! Columns in numbers, for the one fit of the transformer: sums about a shift in one pass, order statistics and labels where requested.

use std::collections::HashMap;

use super::connect::Session;
use super::error::Error;
use super::features::{label, number};
use super::sql;
use super::table::{Column as Cells, Table};
use crate::data::{Column, Kind};
use crate::features::{AllLabels, Asked, ColumnStats, Counted, NumberStats, spell_number};

/// Sums of one column.
const SUMS: usize = 5;
/// A mean further from the shift than so many deviations, or a deviation smaller than this share of the range, is summed again about
/// the mean itself: squares about the shift have lost digits.
const FAR: f64 = 30.0;
const NARROW: f64 = 1e-3;

/// Describes columns of the rows of `relation`. `near` has a number near the middle of each column's, from the sample.
///
/// # Errors
/// When the server fails or goes away.
pub fn describe(
    session: &Session,
    relation: &str,
    asked: &[(Column, Asked)],
    near: &HashMap<String, f64>,
) -> Result<Vec<(Column, ColumnStats)>, Error> {
    let of_numbers = |wanted: &&(Column, Asked)| matches!(wanted.1, Asked::Numbers { .. });
    let columns: Vec<&(Column, Asked)> = asked.iter().filter(of_numbers).collect();
    let mut known: HashMap<&str, NumberStats> = HashMap::new();
    for (column, stats) in columns
        .iter()
        .zip(numbers(session, relation, &columns, near)?)
    {
        known.insert(&column.0.name, stats);
    }
    let ordered: Vec<&Column> = asked
        .iter()
        .filter(|(_, asked)| *asked == Asked::Numbers { order: true })
        .map(|(column, _)| column)
        .collect();
    for (column, (quartiles, most_frequent)) in
        ordered.iter().zip(order(session, relation, &ordered)?)
    {
        if let Some(stats) = known.get_mut(column.name.as_str()) {
            stats.quartiles = quartiles;
            stats.most_frequent = most_frequent;
        }
    }
    let mut described = Vec::with_capacity(asked.len());
    for (column, wanted) in asked {
        let stats = match wanted {
            Asked::Numbers { .. } => {
                ColumnStats::Numbers(known.remove(column.name.as_str()).unwrap_or_default())
            }
            Asked::Labels { most } => {
                ColumnStats::Labels(labels(session, relation, column, *most)?)
            }
        };
        described.push((column.clone(), stats));
    }
    Ok(described)
}

fn numbers(
    session: &Session,
    relation: &str,
    columns: &[&(Column, Asked)],
    near: &HashMap<String, f64>,
) -> Result<Vec<NumberStats>, Error> {
    if columns.is_empty() {
        return Ok(Vec::new());
    }
    let shift_of = |column: &Column| near.get(&column.name).copied().unwrap_or(0.0);
    let mut sums = vec!["count(*)".to_string()];
    for (column, _) in columns {
        sums.extend(sums_about(column, shift_of(column), 1.0));
    }
    let query = format!("SELECT {} FROM {relation}", sums.join(", "));
    let table = session.ask("describe the columns of numbers", &query)?;
    let rows = table.count(0, 0)?;
    let mut all = Vec::with_capacity(columns.len());
    for (at, (column, _)) in columns.iter().enumerate() {
        let sums = Sums::of(&table, 1 + at * SUMS, shift_of(column), 1.0)?;
        let Some(sums) = sums else {
            all.push(NumberStats {
                rows,
                ..NumberStats::default()
            });
            continue;
        };
        let mut sums = sums;
        for _ in 0..2 {
            let Some((shift, unit)) = sums.better() else {
                break;
            };
            let again = format!(
                "SELECT {} FROM {relation}",
                sums_about(column, shift, unit).join(", ")
            );
            let table = session.ask("describe a column of numbers", &again)?;
            sums = Sums::of(&table, 0, shift, unit)?.unwrap_or(sums);
        }
        all.push(sums.stats(rows));
    }
    Ok(all)
}

/// What is summed of a column whose cells are divided by `unit` and then taken about `shift`.
fn sums_about(column: &Column, shift: f64, unit: f64) -> [String; SUMS] {
    let cell = number(&column.name, column.kind);
    let is_there = format!("{} IS NOT NULL", sql::name(&column.name));
    let scaled = match unit {
        1.0 => cell.clone(),
        unit => format!("({cell} / {})", sql::number(unit)),
    };
    let distance = format!("({scaled} - {})", sql::number(shift));
    let of = |value: &str| format!("CASE WHEN {is_there} THEN {value} END");
    [
        format!("count({})", sql::name(&column.name)),
        format!("min({})", of(&cell)),
        format!("max({})", of(&cell)),
        format!("sum({})", of(&distance)),
        format!("sum({})", of(&format!("{distance} * {distance}"))),
    ]
}

/// Sums of the numbers of a column.
#[derive(Debug, Clone, Copy)]
struct Sums {
    present: u64,
    low: f64,
    high: f64,
    /// `Σ (x / unit - shift)`.
    first: f64,
    /// `Σ (x / unit - shift)²`.
    second: f64,
    shift: f64,
    unit: f64,
}

impl Sums {
    /// `None` where no row has a number.
    fn of(table: &Table, at: usize, shift: f64, unit: f64) -> Result<Option<Sums>, Error> {
        let present = table.count(0, at)?;
        Ok(
            match (present, table.known(0, at + 1)?, table.known(0, at + 2)?) {
                (1.., Some(low), Some(high)) => Some(Sums {
                    present,
                    low,
                    high,
                    first: table.number(0, at + 3)?,
                    second: table.number(0, at + 4)?,
                    shift,
                    unit,
                }),
                _ => None,
            },
        )
    }

    /// Distance of the mean from the shift, and the deviation, both divided by the unit.
    fn moments(&self) -> (f64, f64) {
        let n = self.present as f64;
        let mean = self.first / n;
        (mean, (self.second / n - mean * mean).max(0.0).sqrt())
    }

    /// The shift and unit that lose fewer digits, where those do.
    fn better(&self) -> Option<(f64, f64)> {
        if self.low == self.high {
            return None;
        }
        let largest = self.low.abs().max(self.high.abs());
        let unit = if (1e-100..=1e100).contains(&largest) {
            1.0
        } else {
            largest
        };
        let (distance, deviation) = self.moments();
        if unit != self.unit || !self.second.is_finite() {
            return Some((self.low / unit / 2.0 + self.high / unit / 2.0, unit));
        }
        let range = self.high / unit - self.low / unit;
        let is_lost = deviation < NARROW * range || distance.abs() > FAR * deviation;
        let mean = self.shift + distance;
        // About the mean itself nothing is lost.
        (is_lost && distance.abs() > 1e-12 * range && mean != self.shift).then_some((mean, unit))
    }

    fn stats(&self, rows: u64) -> NumberStats {
        let (distance, deviation) = self.moments();
        NumberStats {
            rows,
            present: self.present,
            low: self.low,
            high: self.high,
            mean: (self.shift + distance) * self.unit,
            deviation: deviation * self.unit,
            ..NumberStats::default()
        }
    }
}

/// Quartiles and the most frequent number of columns, where there is one.
type Order = (Option<[f64; 3]>, Option<f64>);

fn order(session: &Session, relation: &str, columns: &[&Column]) -> Result<Vec<Order>, Error> {
    let mut all = Vec::with_capacity(columns.len());
    for column in columns {
        let cell = number(&column.name, column.kind);
        let there = format!("{relation} WHERE {} IS NOT NULL", sql::name(&column.name));
        let shares = ["0.25", "0.5", "0.75"].map(|share| format!("percentile({cell}, {share})"));
        let query = format!("SELECT {} FROM {there}", shares.join(", "));
        let table = session.ask("ask for the quartiles of a column", &query)?;
        let quartiles = match [table.known(0, 0)?, table.known(0, 1)?, table.known(0, 2)?] {
            [Some(a), Some(b), Some(c)] => Some([a, b, c]),
            _ => None,
        };
        let query = format!(
            "SELECT {cell} AS v, count(*) AS n FROM {there} GROUP BY {cell} ORDER BY n DESC, v LIMIT 1"
        );
        let table = session.ask("ask for the most frequent number of a column", &query)?;
        let most = if table.rows == 0 {
            None
        } else {
            table.known(0, 0)?
        };
        all.push((quartiles, most));
    }
    Ok(all)
}

/// All labels of a column in numbers, and the most frequent ones.
fn labels(session: &Session, relation: &str, column: &Column, most: u32) -> Result<Counted, Error> {
    let label = label(&column.name, column.kind);
    let counts = format!(
        "SELECT {label} AS v, count(*) AS n FROM {relation} WHERE {} IS NOT NULL GROUP BY {label}",
        sql::name(&column.name)
    );
    let words = match column.kind {
        Kind::Text => r"size(split(v, '\\s+'))",
        _ => "1",
    };
    let query = format!(
        "SELECT count(*), sum(n), {}, sum({words}) FROM ({counts})",
        sql::count_where("n = 1")
    );
    let table = session.ask("count the labels of a column", &query)?;
    let rows = session.ask(
        "count the rows",
        &format!("SELECT count(*) FROM {relation}"),
    )?;
    let whole = AllLabels {
        distinct: table.count(0, 0)? as usize,
        present: table.count(0, 1)? as usize,
        lone: table.count(0, 2)? as usize,
        words: table.count(0, 3)? as usize,
        rows: rows.count(0, 0)? as usize,
    };
    let query = format!("SELECT v, n FROM ({counts}) ORDER BY n DESC, v LIMIT {most}");
    let table = session.ask("ask for the most frequent labels of a column", &query)?;
    let mut frequent = HashMap::with_capacity(table.rows);
    for row in 0..table.rows {
        let label = match table.columns.first() {
            Some(Cells::Text(cells)) => cells[row].clone(),
            _ => table.known(row, 0)?.map(spell_number),
        };
        if let Some(label) = label {
            frequent.insert(label, table.count(row, 1)? as usize);
        }
    }
    Ok(Counted::from_counts(frequent, whole))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sums(values: &[f64], shift: f64) -> Sums {
        Sums {
            present: values.len() as u64,
            low: values.iter().copied().fold(f64::INFINITY, f64::min),
            high: values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
            first: values.iter().map(|x| x - shift).sum(),
            second: values.iter().map(|x| (x - shift).powi(2)).sum(),
            shift,
            unit: 1.0,
        }
    }

    #[test]
    fn a_shift_far_away_is_moved_to_the_mean() {
        let values = [1e9, 1e9 + 1.0, 1e9 + 2.0];
        let far = sums(&values, 0.0);
        let (shift, unit) = far.better().expect("digits were lost");
        assert_eq!(unit, 1.0);
        let near = sums(&values, shift);
        assert!(near.better().is_none());
        let stats = near.stats(4);
        assert_eq!((stats.rows, stats.present, stats.mean), (4, 3, 1e9 + 1.0));
        assert!((stats.deviation - (2.0_f64 / 3.0).sqrt()).abs() < 1e-15);
    }

    #[test]
    fn squares_that_overflow_are_summed_in_another_unit() {
        let (shift, unit) = sums(&[1e200, 3e200], 0.0).better().expect("too large");
        assert_eq!((shift, unit), (1e200 / 3e200 / 2.0 + 0.5, 3e200));
        assert!(sums(&[5.0, 5.0], 0.0).better().is_none());
    }
}
