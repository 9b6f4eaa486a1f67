//! Target means over the rows of the engine: sums of the target by fold and category come here, means go back, and the rows are written
//! with the mean of their own fold and category.

use spark_connect::row::Value;
use spark_connect::types::DataType;

use super::connect::Session;
use super::error::Error;
use super::features::{label, label_number, mean_name, number};
use super::folds::{FOLD, folded};
use super::ingest::put;
use super::sample::{condition, places};
use super::small::{self, Field};
use super::solve::{Goal, is_class};
use super::source::{FILE, ROW};
use super::sql;
use super::table::Table;
use crate::data::{Column, Kind};
use crate::features::{FOLDS, FoldMeans, TargetSum, TargetSums, ToMean, means_of};

/// Most means of a column, of all folds and outputs: they are sent as one table.
const MOST_MEANS: usize = 2_000_000;

/// The column with the place of a row's category.
fn place_name(column: usize) -> String {
    format!("__place{column}")
}

/// Rows with their folds and the places of their categories.
pub(super) struct Folded<'a> {
    session: &'a Session,
    columns: &'a [&'a ToMean],
    /// A query.
    rows: String,
    /// Outputs of the goal.
    width: usize,
}

impl<'a> Folded<'a> {
    /// Gives the rows of a relation their folds and places; or says why the rows are needed.
    pub fn of(
        session: &'a Session,
        relation: &str,
        columns: &'a [&'a ToMean],
        (width, seed): (usize, u64),
    ) -> Result<Result<Self, String>, Error> {
        let mut chosen = vec!["d.*".to_string()];
        let mut joins = String::new();
        for (at, to_mean) in columns.iter().enumerate() {
            let n = to_mean.categories.len();
            if n.saturating_mul(FOLDS * width) > MOST_MEANS {
                return Ok(Err(format!(
                    "column `{}` of {n} categories, whose target means are more than {MOST_MEANS} numbers,",
                    to_mean.column.name
                )));
            }
            let view = categories(session, at, to_mean)?;
            let name = sql::name(&to_mean.column.name);
            let cell = label(&to_mean.column.name, to_mean.column.kind);
            let place = |label: &str| to_mean.categories.iter().position(|it| it == label);
            let fill = to_mean.fill.as_deref();
            let missing = fill.map_or(n, |fill| place(fill.trim()).unwrap_or(n + 1));
            joins += &format!(" LEFT JOIN {view} ON {cell} = __label{at}");
            chosen.push(format!(
                "CASE WHEN {name} IS NULL THEN {missing} ELSE coalesce(__category{at}, {}) END AS {}",
                n + 1,
                place_name(at)
            ));
        }
        Ok(Ok(Folded {
            session,
            columns,
            rows: format!(
                "SELECT {} FROM ({}) AS d{joins}",
                chosen.join(", "),
                folded(relation, seed)
            ),
            width,
        }))
    }

    /// The rows, and the means of each column by their target; `shift` is a number near the middle of it.
    pub fn means(
        &self,
        target: &Column,
        goal: Goal<'_>,
        shift: f64,
        is_scaled: bool,
    ) -> Result<(u64, Vec<FoldMeans>), Error> {
        let n_columns = self.columns.len();
        let mut asked = vec![FOLD.to_string()];
        asked.extend((0..n_columns).map(place_name));
        asked.push("count(*)".to_string());
        let shift = match goal {
            Goal::Classes(classes) => {
                let counted = if self.width == 1 {
                    &classes[1..]
                } else {
                    classes
                };
                for class in counted {
                    asked.push(sql::count_where(&is_class(target, class)?));
                }
                0.0
            }
            Goal::Numbers => {
                let cell = number(&target.name, target.kind);
                let distance = format!("({cell} - {})", sql::number(shift));
                asked.push(format!("sum({distance})"));
                asked.push(format!("sum({distance} * {distance})"));
                shift
            }
        };
        let sets: Vec<String> = (0..n_columns)
            .map(|at| format!("({FOLD}, {})", place_name(at)))
            .collect();
        let query = format!(
            "SELECT {} FROM ({}) GROUP BY GROUPING SETS ({})",
            asked.join(", "),
            self.rows,
            sets.join(", ")
        );
        let table = self.session.ask("sum the target by category", &query)?;
        let mut sums = Vec::with_capacity(n_columns);
        for at in 0..n_columns {
            sums.push(TargetSums {
                shift,
                cells: self.cells(&table, at, matches!(goal, Goal::Numbers))?,
            });
        }
        let rows = sums.first().map_or(0.0, |sums| {
            let of_one_output = sums.cells.iter().step_by(self.width);
            of_one_output.map(|cell| cell.rows).sum()
        });
        let means = self.columns.iter().zip(&sums);
        let means = means.map(|(to_mean, sums)| {
            means_of(to_mean.categories.clone(), sums, self.width, is_scaled)
        });
        Ok((rows as u64, means.collect()))
    }

    /// The sums of a column out of the answer about all.
    fn cells(&self, table: &Table, at: usize, has_squares: bool) -> Result<Vec<TargetSum>, Error> {
        let (n_columns, n_places) = (self.columns.len(), self.columns[at].categories.len() + 2);
        let mut cells = vec![TargetSum::default(); FOLDS * n_places * self.width];
        for row in 0..table.rows {
            let Some(place) = table.known(row, 1 + at)? else {
                continue;
            };
            let fold = table.count(row, 0)? as usize;
            let first = (fold * n_places + place as usize) * self.width;
            let own = cells.get_mut(first..first + self.width);
            let own = own.ok_or_else(|| {
                Error::Answer("a sum is of a fold or category that there is none of".to_string())
            })?;
            for (output, cell) in own.iter_mut().enumerate() {
                let sum = 2 + n_columns + output;
                *cell = TargetSum {
                    rows: table.count(row, 1 + n_columns)? as f64,
                    first: table.number(row, sum)?,
                    // Of classes, distances are 0 or 1.
                    second: table.number(row, sum + usize::from(has_squares))?,
                };
            }
        }
        Ok(cells)
    }

    /// Writes the rows, with `kept` of their columns, their folds and means; gives the relation of them.
    pub fn write(
        &self,
        to: &str,
        kept: &[String],
        (rows, means): (u64, &[FoldMeans]),
    ) -> Result<String, Error> {
        let mut chosen: Vec<String> = kept.iter().map(|name| format!("r.{name}")).collect();
        let mut names = kept.to_vec();
        let own = [FILE, ROW, FOLD].map(str::to_string);
        chosen.extend(own.iter().map(|name| format!("r.{name}")));
        names.extend(own);
        let mut joins = String::new();
        for (at, (to_mean, means)) in self.columns.iter().zip(means).enumerate() {
            let view = self.table(at, to_mean, &means.by_fold)?;
            joins += &format!(" JOIN {view} ON r.{} = __at{at}", place_name(at));
            for output in 0..self.width {
                let folds =
                    (0..FOLDS).map(|fold| format!(" WHEN {fold} THEN __m{at}_{fold}_{output}"));
                let name = mean_name(at, output);
                let folds = folds.collect::<String>();
                chosen.push(format!("CASE r.{FOLD}{folds} END AS {name}"));
                names.push(name);
            }
        }
        let query = format!(
            "SELECT {} FROM ({}) AS r{joins}",
            chosen.join(", "),
            self.rows
        );
        let doing = "write the rows with their target means";
        let written = put(self.session, doing, &query, &names.join(", "), to)?;
        if written != rows {
            return Err(Error::Unverified {
                path: to.to_string(),
                written,
                expected: rows,
                more: "",
            });
        }
        Ok(sql::parquet(to))
    }

    /// The means of a column as a view, a row for each place.
    fn table(&self, at: usize, to_mean: &ToMean, by_fold: &[f64]) -> Result<String, Error> {
        let n_places = to_mean.categories.len() + 2;
        let name = format!("unseat_means_{at}");
        let mut fields: Vec<Field> = vec![(format!("__at{at}"), DataType::Integer)];
        for fold in 0..FOLDS {
            for output in 0..self.width {
                fields.push((format!("__m{at}_{fold}_{output}"), DataType::Double));
            }
        }
        let row = |place: usize| {
            let mut row = vec![Value::Integer(place as i32)];
            for fold in 0..FOLDS {
                let first = (fold * n_places + place) * self.width;
                let means = &by_fold[first..first + self.width];
                row.extend(means.iter().map(|&mean| Value::Double(mean)));
            }
            row
        };
        let rows = (0..n_places).map(row).collect();
        small::view(self.session, "send the target means", &name, fields, rows)?;
        Ok(name)
    }
}

/// The folds of the rows of the sample that are learned from, in its order.
pub(super) fn folds_of_sample(
    session: &Session,
    relation: &str,
    millionths: u64,
) -> Result<Vec<usize>, Error> {
    let query = format!(
        "SELECT {FILE}, {ROW}, {FOLD} FROM {relation} WHERE {}",
        condition(millionths)
    );
    let table = session.ask("ask for the folds of the sample", &query)?;
    let places = places(&table, 0)?;
    let mut folds = Vec::with_capacity(table.rows);
    for (row, place) in places.into_iter().enumerate() {
        folds.push((place, table.count(row, 2)? as usize));
    }
    folds.sort_unstable();
    Ok(folds.into_iter().map(|(_, fold)| fold).collect())
}

/// The categories of a column as a view, with their places.
fn categories(session: &Session, at: usize, to_mean: &ToMean) -> Result<String, Error> {
    let name = format!("unseat_categories_{at}");
    let ToMean {
        column, categories, ..
    } = to_mean;
    let label_name = format!("__label{at}");
    let label = match column.kind {
        Kind::Text => small::texts(label_name),
        _ => (label_name, DataType::Double),
    };
    let fields = vec![label, (format!("__category{at}"), DataType::Integer)];
    let rows = categories.iter().enumerate().map(|(place, category)| {
        let label = match column.kind {
            Kind::Text => Value::String(category.clone()),
            kind => Value::Double(label_number(category, kind).ok_or_else(|| {
                Error::Learn(format!("a category of `{}` is not a number", column.name))
            })?),
        };
        Ok(vec![label, Value::Integer(place as i32)])
    });
    let rows = rows.collect::<Result<Vec<_>, Error>>()?;
    small::view(session, "send the categories", &name, fields, rows)?;
    Ok(name)
}
