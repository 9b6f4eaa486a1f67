//! The columns of a data set in numbers, natively and in the three rows that another system's callers read.

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::data::{ColumnSummary, Kind};
use crate::model_types::RunId;

/// A data set in numbers.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DataSummary {
    /// The run that made the data set; `None` where only a bundle is known.
    pub run: Option<RunId>,
    /// Number of rows.
    pub rows: u64,
    /// Each column, in the order of the files.
    pub columns: Vec<ColumnSummary>,
}

impl DataSummary {
    /// What a bundle knows of the data set that it was learned from.
    pub fn of_profile(profile: &[ColumnSummary]) -> Self {
        DataSummary {
            run: None,
            rows: profile.first().map_or(0, |column| column.rows),
            columns: profile.to_vec(),
        }
    }
}

/// Share of missing cells, 0 to 1; 0 without rows.
fn missing(column: &ColumnSummary) -> f64 {
    column.missing as f64 / column.rows.max(1) as f64
}

/// Column → share of missing cells, of all columns.
pub fn missing_by_name(columns: &[ColumnSummary]) -> Map<String, Value> {
    let shares = columns.iter();
    shares
        .map(|column| (column.name.clone(), json!(missing(column))))
        .collect()
}

/// Share of missing cells of every column that is not a text, in the order of the files.
pub fn missing_in_order(columns: &[ColumnSummary]) -> Vec<f64> {
    let numeric = columns.iter().filter(|column| column.kind != Kind::Text);
    numeric.map(missing).collect()
}

/// Means, medians and sample standard deviations (n - 1) of the columns that hold more than one number, in the order of
/// the files. `None` where a value is beyond all numbers.
pub fn statistics(columns: &[ColumnSummary]) -> [Vec<Option<f64>>; 3] {
    let varies = |column: &&ColumnSummary| column.kind != Kind::Text && column.distinct > 1;
    let told: Vec<&ColumnSummary> = columns.iter().filter(varies).collect();
    let of = |value: fn(&ColumnSummary) -> Option<f64>| {
        told.iter()
            .map(|column| value(column).filter(|value| value.is_finite()))
            .collect()
    };
    [
        of(|column| column.mean),
        of(|column| column.median),
        of(|column| column.std),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(name: &str, kind: Kind, missing: u64, distinct: u64, mean: f64) -> ColumnSummary {
        let value = (kind != Kind::Text && distinct > 0).then_some(mean);
        ColumnSummary {
            name: name.to_string(),
            kind,
            rows: 8,
            missing,
            mean: value,
            median: value,
            std: value,
            min: value,
            max: value,
            distinct,
            top: vec![("often".to_string(), 3)],
        }
    }

    #[test]
    fn texts_and_constants_are_left_out_of_the_three_rows() {
        let columns = [
            column("name", Kind::Text, 4, 4, 0.0),
            column("amount", Kind::Number, 2, 5, 1.5),
            column("always", Kind::Integer, 0, 1, 7.0),
            column("never", Kind::Number, 8, 0, 0.0),
            column("flag", Kind::Boolean, 0, 2, 0.25),
            column("huge", Kind::Number, 0, 2, f64::INFINITY),
        ];
        let row = vec![Some(1.5), Some(0.25), None];
        assert_eq!(statistics(&columns), [row.clone(), row.clone(), row]);
        assert_eq!(missing_in_order(&columns), [0.25, 0.0, 1.0, 0.0, 0.0]);
        let by_name = missing_by_name(&columns);
        assert_eq!(by_name["name"], 0.5);
        assert_eq!(by_name.keys().next().map(String::as_str), Some("name"));
    }

    #[test]
    fn no_rows_are_no_division_by_zero() {
        let empty = ColumnSummary {
            rows: 0,
            missing: 0,
            ..column("none", Kind::Number, 0, 0, 0.0)
        };
        assert_eq!(missing_in_order(&[empty]), [0.0]);
        assert_eq!(statistics(&[]), [vec![], vec![], vec![]]);
        assert_eq!(DataSummary::of_profile(&[]).rows, 0);
    }

    #[test]
    fn examples_stay_where_many_rows_share_them() {
        let shared = column("plan", Kind::Text, 0, 3, 0.0).without_examples();
        assert_eq!(shared.top.len(), 1);
        let naming = column("id", Kind::Text, 0, 4, 0.0).without_examples();
        assert_eq!(naming.top, []);
    }
}
