//! A frame as CSV and JSON text, the bytes that polars' own writers make: those would bring its lazy and CSV engines along.
//! A missing cell is nothing in CSV and `null` in JSON; an empty text is `""` in both, hence no writer that knows only texts.

use std::io::{self, Write};

use polars::prelude::{
    BooleanChunked, Column, DataFrame, Float64Chunked, Int64Chunked, StringChunked,
};
use rayon::prelude::*;

use super::derive::write_number;

/// Rows that become text on one core at a time.
const ROWS: usize = 8192;
/// Stretches of rows that are held as text at once.
const AT_ONCE: usize = 16;

/// How rows become text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// A line of names, then a line per row, with this byte between cells.
    Separated(u8),
    /// A list of objects.
    Json,
    /// An object per line.
    JsonLines,
}

/// Cells that are read row by row.
enum ColumnCells<'a> {
    Integer(&'a Int64Chunked),
    Number(&'a Float64Chunked),
    Boolean(&'a BooleanChunked),
    Text(&'a StringChunked),
}

/// Writes a frame of the four kinds.
///
/// # Errors
/// When the disk fails, or a column is of another type.
pub fn write(frame: &DataFrame, form: Form, file: &mut impl Write) -> io::Result<()> {
    let columns: Vec<(&str, ColumnCells<'_>)> = frame
        .columns()
        .iter()
        .map(|column| Ok((column.name().as_str(), cells(column)?)))
        .collect::<io::Result<_>>()?;
    match form {
        Form::Separated(separator) => {
            let mut header = Vec::new();
            for (at, (name, _)) in columns.iter().enumerate() {
                if at > 0 {
                    header.push(separator);
                }
                quoted(&mut header, name, separator);
            }
            header.push(b'\n');
            file.write_all(&header)?;
        }
        Form::Json => file.write_all(b"[")?,
        Form::JsonLines => {}
    }
    let keys: Vec<String> = columns.iter().map(|(name, _)| key(name)).collect();
    let starts: Vec<usize> = (0..frame.height()).step_by(ROWS).collect();
    for starts in starts.chunks(AT_ONCE) {
        let texts: Vec<Vec<u8>> = starts
            .par_iter()
            .map(|&start| {
                let mut text = Vec::new();
                for row in start..(start + ROWS).min(frame.height()) {
                    match form {
                        Form::Separated(separator) => line(&mut text, &columns, row, separator),
                        Form::Json | Form::JsonLines => {
                            if form == Form::Json && row > 0 {
                                text.push(b',');
                            }
                            object(&mut text, &keys, &columns, row);
                            if form == Form::JsonLines {
                                text.push(b'\n');
                            }
                        }
                    }
                }
                text
            })
            .collect();
        for text in texts {
            file.write_all(&text)?;
        }
    }
    match form {
        Form::Json => file.write_all(b"]"),
        _ => Ok(()),
    }
}

fn cells(column: &Column) -> io::Result<ColumnCells<'_>> {
    if let Ok(cells) = column.i64() {
        Ok(ColumnCells::Integer(cells))
    } else if let Ok(cells) = column.f64() {
        Ok(ColumnCells::Number(cells))
    } else if let Ok(cells) = column.bool() {
        Ok(ColumnCells::Boolean(cells))
    } else if let Ok(cells) = column.str() {
        Ok(ColumnCells::Text(cells))
    } else {
        let (name, dtype) = (column.name(), column.dtype());
        Err(io::Error::other(format!(
            "column `{name}` is of type {dtype}"
        )))
    }
}

fn line(text: &mut Vec<u8>, columns: &[(&str, ColumnCells<'_>)], row: usize, separator: u8) {
    for (at, (_, cells)) in columns.iter().enumerate() {
        if at > 0 {
            text.push(separator);
        }
        match cells {
            ColumnCells::Text(cells) => {
                if let Some(cell) = cells.get(row) {
                    quoted(text, cell, separator);
                }
            }
            cells => {
                plain(text, cells, row, true);
            }
        }
    }
    text.push(b'\n');
}

/// A cell of CSV, in quotes where it would be taken for something else.
fn quoted(text: &mut Vec<u8>, cell: &str, separator: u8) {
    let bytes = cell.as_bytes();
    let is_special = |byte: &u8| matches!(*byte, b'"' | b'\n' | b'\r') || *byte == separator;
    if !bytes.is_empty() && !bytes.iter().any(is_special) {
        return text.extend_from_slice(bytes);
    }
    text.push(b'"');
    for &byte in bytes {
        if byte == b'"' {
            text.push(b'"');
        }
        text.push(byte);
    }
    text.push(b'"');
}

fn object(text: &mut Vec<u8>, keys: &[String], columns: &[(&str, ColumnCells<'_>)], row: usize) {
    text.push(b'{');
    for (at, ((_, cells), key)) in columns.iter().zip(keys).enumerate() {
        if at > 0 {
            text.push(b',');
        }
        text.extend_from_slice(key.as_bytes());
        let is_there = match cells {
            ColumnCells::Text(cells) => cells.get(row).map(|cell| {
                text.extend_from_slice(serde_json::Value::from(cell).to_string().as_bytes());
            }),
            cells => plain(text, cells, row, false),
        };
        if is_there.is_none() {
            text.extend_from_slice(b"null");
        }
    }
    text.push(b'}');
}

fn key(name: &str) -> String {
    format!("{}:", serde_json::Value::from(name))
}

/// A number or truth value; none where it is missing, or where JSON has no such number.
fn plain(
    text: &mut Vec<u8>,
    cells: &ColumnCells<'_>,
    row: usize,
    with_infinite: bool,
) -> Option<()> {
    match cells {
        ColumnCells::Integer(cells) => write!(text, "{}", cells.get(row)?).ok(),
        ColumnCells::Number(cells) => {
            let number = cells.get(row)?;
            let is_written = with_infinite || number.is_finite();
            is_written.then(|| write_number(text, number))
        }
        ColumnCells::Boolean(cells) => {
            let flag = cells.get(row)?;
            text.extend_from_slice(if flag { b"true" } else { b"false" });
            Some(())
        }
        ColumnCells::Text(_) => None,
    }
}
