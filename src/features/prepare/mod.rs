//! What makes the columns of the inputs out of those of the data, row by row: nothing here looks at two rows. What had to
//! be learned for it, the first time of a column say, stands in it as a number.

mod dates;
mod plan;

pub use dates::Dates;
pub use plan::{prune, usable_dates};

use polars::prelude::{DataFrame, IntoColumn, NewChunkedArray, StringChunked};
use serde::{Deserialize, Serialize};

use super::Error;
use crate::data::{self, Column, Expression, Kind};

/// Columns made of columns, in this order: derived ones, parts of times, then gaps of texts filled in.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Prepare {
    /// The columns of the data that it all begins with, and their kinds.
    pub raw: Vec<Column>,
    /// Those that are times in expressions.
    pub times: Vec<String>,
    /// Columns that are computed.
    pub derived: Vec<Derived>,
    /// Times that become parts.
    pub dates: Vec<Dates>,
    /// Texts whose gaps are filled in.
    pub fills: Vec<Fill>,
}

/// A computed column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Derived {
    /// Its name.
    pub name: String,
    /// The expression that gives it.
    pub sql: String,
}

/// What a missing text counts as.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Fill {
    /// The column.
    pub column: String,
    /// The text.
    pub text: String,
}

impl Prepare {
    /// Whether the inputs are columns of the data.
    pub fn is_empty(&self) -> bool {
        self.derived.is_empty() && self.dates.is_empty() && self.fills.is_empty()
    }

    /// Whether it can be done.
    pub fn is_sound(&self) -> bool {
        self.expressions().is_ok()
            && self.dates.iter().all(Dates::is_sound)
            && (self.is_empty() || !self.raw.is_empty())
    }

    fn expressions(&self) -> Result<Vec<(String, Expression)>, Error> {
        let parse = |derived: &Derived| match Expression::parse(&derived.sql) {
            Ok(expression) => Ok((derived.name.clone(), expression)),
            Err(why) => Err(Error::Derive {
                column: derived.name.clone(),
                why,
            }),
        };
        self.derived.iter().map(parse).collect()
    }

    /// The frame with the columns that are made; those of the data are cast to the kinds of training first.
    ///
    /// # Errors
    /// All missing columns at once, or a column that cannot be computed.
    pub fn apply(&self, frame: &DataFrame) -> Result<DataFrame, Error> {
        let absent = self.raw.iter().filter(|it| frame.column(&it.name).is_err());
        let absent: Vec<String> = absent.map(|it| it.name.clone()).collect();
        if !absent.is_empty() {
            return Err(Error::MissingColumns(absent));
        }
        let of = |column: &str| {
            let column = column.to_string();
            move |why: String| Error::Derive { column, why }
        };
        let frame =
            data::cast_to(frame, &self.raw).map_err(|error| of("a column")(error.to_string()))?;
        let mut made = data::derive(&frame, &self.times, &self.expressions()?)
            .map_err(|failure| of(&failure.column)(failure.why))?;
        for dates in &self.dates {
            let column = made
                .column(&dates.column)
                .map_err(|_| Error::MissingColumns(vec![dates.column.clone()]))?;
            for part in dates.columns(&data::times_of(column)) {
                made.with_column(part)
                    .map_err(|_| of(&dates.column)("its parts do not fit".to_string()))?;
            }
        }
        for fill in &self.fills {
            let filled = made.column(&fill.column).ok().and_then(|column| {
                let texts = column.str().ok()?;
                let filled = texts.iter().map(|text| Some(text.unwrap_or(&fill.text)));
                let filled: Vec<Option<&str>> = filled.collect();
                Some(StringChunked::from_slice_options(
                    column.name().clone(),
                    &filled,
                ))
            });
            if let Some(filled) = filled {
                made.with_column(filled.into_column())
                    .map_err(|_| of(&fill.column)("its gaps cannot be filled".to_string()))?;
            }
        }
        made.rechunk_mut();
        Ok(made)
    }

    /// The kind of a column of the data that it begins with.
    pub fn kind_of(&self, column: &str) -> Option<Kind> {
        let mut raw = self.raw.iter();
        raw.find(|it| it.name == column).map(|it| it.kind)
    }
}
