//! Preparation, made ready once for as many frames and requests as come: expressions are parsed, nothing is planned.

use std::borrow::Cow;

use super::derived::{Fill, Prepare};
use crate::data::{self, Batch, Expression, Failure, TimeForm, Values};
use crate::features::Error;
use crate::features::cell::CellRef;

/// A [`Prepare`] whose expressions are parsed.
pub struct Preparer {
    pub(super) prepare: Prepare,
    /// Its derived columns, or the first that cannot be read.
    derived: Result<Vec<(String, Expression)>, Failure>,
}

impl Preparer {
    /// Parses the expressions.
    pub fn new(prepare: &Prepare) -> Self {
        let parse = |derived: &super::Derived| match Expression::parse(&derived.sql) {
            Ok(expression) => Ok((derived.name.clone(), expression)),
            Err(why) => Err(Failure {
                column: derived.name.clone(),
                why,
            }),
        };
        Preparer {
            prepare: prepare.clone(),
            derived: prepare.derived.iter().map(parse).collect(),
        }
    }

    /// Whether the inputs are columns of the data.
    pub fn is_empty(&self) -> bool {
        self.prepare.is_empty()
    }

    /// The rows of a request with the columns that are made, without a frame: `raw` are the columns of the data in their order
    /// and in the kinds of training.
    ///
    /// # Errors
    /// A column that cannot be computed.
    pub fn rows<'a>(&self, raw: Vec<Values<'a>>, n_rows: usize) -> Result<Batch<'a>, Error> {
        let prepare = &self.prepare;
        let mut batch = Batch::new(n_rows);
        // A time stays as it came where a column of the model or its parts read it.
        let mut as_came = Vec::new();
        for (column, values) in prepare.raw.iter().zip(raw) {
            if prepare.times.contains(&column.name) {
                let form = prepare.time_forms.get(&column.name);
                let times = match form {
                    Some(form) => Values::Time(times_in(&values, form)),
                    None => values.as_times(),
                };
                batch.put(&column.name, times);
                as_came.push((column.name.as_str(), values));
            } else {
                batch.put(&column.name, values);
            }
        }
        data::derive_batch(&mut batch, self.derived()?)
            .map_err(|failure| failed(&failure.column, failure.why))?;
        for (name, values) in as_came {
            batch.put(name, values);
        }
        for dates in &prepare.dates {
            let Some(values) = batch.get(&dates.column) else {
                return Err(Error::MissingColumns(vec![dates.column.clone()]));
            };
            let times = times_in(values, &dates.form);
            for (name, part) in dates.values(&times) {
                batch.put(&name, part);
            }
        }
        for Fill { column, text } in &prepare.fills {
            if let Some(Values::Text(cells)) = batch.get_mut(column) {
                let gaps = cells.iter_mut().filter(|cell| cell.is_none());
                gaps.for_each(|cell| *cell = Some(Cow::Owned(text.clone())));
            }
        }
        Ok(batch)
    }

    pub(super) fn derived(&self) -> Result<&[(String, Expression)], Error> {
        match &self.derived {
            Ok(derived) => Ok(derived),
            Err(failure) => Err(failed(&failure.column, failure.why.clone())),
        }
    }
}

/// Cells as microseconds since 1970, in the form of their column; what is not a time is missing.
fn times_in(values: &Values<'_>, form: &TimeForm) -> Vec<Option<i64>> {
    match values {
        Values::Text(cells) => cells
            .iter()
            .map(|cell| form.text(cell.as_deref()?))
            .collect(),
        Values::Integer(cells) => cells
            .iter()
            .map(|cell| form.unit.integer((*cell)?))
            .collect(),
        Values::Number(cells) => cells
            .iter()
            .map(|cell| form.unit.number((*cell)?))
            .collect(),
        Values::Time(cells) | Values::Date(cells) => cells.clone(),
        Values::Boolean(_) | Values::Nothing(_) | Values::Span(_) => vec![None; values.len()],
    }
}

pub(super) fn failed(column: &str, why: impl Into<String>) -> Error {
    Error::Derive {
        column: column.to_string(),
        why: why.into(),
    }
}

/// A cell of a batch.
pub fn cell<'v>(values: &'v Values<'_>, row: usize) -> CellRef<'v> {
    let cell = match values {
        Values::Boolean(cells) => cells[row].map(CellRef::Boolean),
        Values::Integer(cells) => cells[row].map(CellRef::Integer),
        Values::Number(cells) => cells[row].map(CellRef::Number),
        Values::Text(cells) => cells[row].as_deref().map(CellRef::Text),
        Values::Nothing(_) | Values::Time(_) | Values::Date(_) | Values::Span(_) => None,
    };
    cell.unwrap_or(CellRef::Missing)
}
