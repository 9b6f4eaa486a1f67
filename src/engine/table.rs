//! What comes back from the engine, as plain columns.

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Float64Type, Int64Type};
use polars::prelude::{Column as FrameColumn, DataFrame};

use super::error::Error;

/// The cells of one column.
#[derive(Debug, Clone, PartialEq)]
pub enum Column {
    /// Whole numbers.
    Integer(Vec<Option<i64>>),
    /// Numbers.
    Number(Vec<Option<f64>>),
    /// Truth values.
    Boolean(Vec<Option<bool>>),
    /// Texts.
    Text(Vec<Option<String>>),
}

/// The rows of an answer.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Table {
    /// Names of the columns.
    pub names: Vec<String>,
    /// As many columns.
    pub columns: Vec<Column>,
    /// Rows of each.
    pub rows: usize,
}

impl Table {
    /// The rows of some batches.
    ///
    /// # Errors
    /// When batches differ or a type is none that the program asks for.
    pub fn of(batches: &[RecordBatch]) -> Result<Table, Error> {
        let Some(first) = batches.first() else {
            return Ok(Table::default());
        };
        let schema = first.schema();
        let names = schema.fields().iter().map(|field| field.name().clone());
        let columns: Result<Vec<Column>, Error> = (0..first.num_columns())
            .map(|at| column(batches.iter().map(|batch| batch.column(at).as_ref())))
            .collect();
        Ok(Table {
            names: names.collect(),
            columns: columns?,
            rows: batches.iter().map(RecordBatch::num_rows).sum(),
        })
    }

    /// A cell as a number; a missing one, of a sum over no rows say, is 0.
    ///
    /// # Errors
    /// When there is no such cell, or it is not a number.
    pub fn number(&self, row: usize, at: usize) -> Result<f64, Error> {
        match self.columns.get(at) {
            Some(Column::Number(cells)) if row < cells.len() => Ok(cells[row].unwrap_or(0.0)),
            Some(Column::Integer(cells)) if row < cells.len() => Ok(cells[row].unwrap_or(0) as f64),
            _ => Err(self.unlike("a number", row, at)),
        }
    }

    /// A cell as a number, where there is one.
    ///
    /// # Errors
    /// When there is no such cell.
    pub fn known(&self, row: usize, at: usize) -> Result<Option<f64>, Error> {
        match self.columns.get(at) {
            Some(Column::Number(cells)) if row < cells.len() => Ok(cells[row]),
            Some(Column::Integer(cells)) if row < cells.len() => Ok(cells[row].map(|it| it as f64)),
            _ => Err(self.unlike("a number", row, at)),
        }
    }

    /// A cell as a count; a missing one is 0.
    ///
    /// # Errors
    /// When there is no such cell, or it is not a count.
    pub fn count(&self, row: usize, at: usize) -> Result<u64, Error> {
        let number = self.number(row, at)?;
        if number >= 0.0 && number.fract() == 0.0 {
            Ok(number as u64)
        } else {
            Err(self.unlike("a count", row, at))
        }
    }

    /// A cell as a whole number, all its digits.
    ///
    /// # Errors
    /// When there is no such cell, or it is not a whole number.
    pub fn integer(&self, row: usize, at: usize) -> Result<i64, Error> {
        match self.columns.get(at) {
            Some(Column::Integer(cells)) if row < cells.len() => cells[row],
            _ => None,
        }
        .ok_or_else(|| self.unlike("a whole number", row, at))
    }

    /// A cell as a text.
    ///
    /// # Errors
    /// When there is no such cell, or it is not a text.
    pub fn text(&self, row: usize, at: usize) -> Result<Option<&str>, Error> {
        match self.columns.get(at) {
            Some(Column::Text(cells)) if row < cells.len() => Ok(cells[row].as_deref()),
            _ => Err(self.unlike("a text", row, at)),
        }
    }

    fn unlike(&self, wanted: &str, row: usize, at: usize) -> Error {
        Error::Answer(format!(
            "expected {wanted} in row {} and column {} of {} rows and {} columns",
            row + 1,
            at + 1,
            self.rows,
            self.columns.len()
        ))
    }

    /// The rows as a frame.
    ///
    /// # Errors
    /// When columns have one name.
    pub fn frame(self) -> Result<DataFrame, Error> {
        let columns = self.names.iter().zip(self.columns);
        let columns = columns.map(|(name, column)| {
            let name = name.as_str().into();
            match column {
                Column::Integer(cells) => FrameColumn::new(name, cells),
                Column::Number(cells) => FrameColumn::new(name, cells),
                Column::Boolean(cells) => FrameColumn::new(name, cells),
                Column::Text(cells) => FrameColumn::new(name, cells),
            }
        });
        let mut frame = DataFrame::new(self.rows, columns.collect())
            .map_err(|error| Error::Answer(error.to_string()))?;
        frame.rechunk_mut();
        Ok(frame)
    }
}

fn column<'a>(arrays: impl Iterator<Item = &'a dyn Array>) -> Result<Column, Error> {
    let mut whole: Option<Column> = None;
    for array in arrays {
        let part = part(array)?;
        match (&mut whole, part) {
            (None, part) => whole = Some(part),
            (Some(Column::Integer(all)), Column::Integer(more)) => all.extend(more),
            (Some(Column::Number(all)), Column::Number(more)) => all.extend(more),
            (Some(Column::Boolean(all)), Column::Boolean(more)) => all.extend(more),
            (Some(Column::Text(all)), Column::Text(more)) => all.extend(more),
            _ => return Err(Error::Answer("one column has two types".to_string())),
        }
    }
    Ok(whole.unwrap_or(Column::Integer(Vec::new())))
}

fn part(array: &dyn Array) -> Result<Column, Error> {
    let as_type = |wanted: &DataType| {
        cast(array, wanted).map_err(|_| {
            Error::Answer(format!(
                "a column of {} is none that can be taken",
                array.data_type()
            ))
        })
    };
    Ok(match array.data_type() {
        it if it.is_integer() => {
            let array = as_type(&DataType::Int64)?;
            Column::Integer(array.as_primitive::<Int64Type>().iter().collect())
        }
        it if it.is_numeric() => {
            let array = as_type(&DataType::Float64)?;
            Column::Number(array.as_primitive::<Float64Type>().iter().collect())
        }
        DataType::Boolean => Column::Boolean(array.as_boolean().iter().collect()),
        _ => {
            let array = as_type(&DataType::Utf8)?;
            let texts = array.as_string::<i32>().iter();
            Column::Text(texts.map(|text| text.map(str::to_string)).collect())
        }
    })
}
