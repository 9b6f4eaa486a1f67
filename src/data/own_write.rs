//! A file's own rows written again, with columns beside them.

use std::io::Write;

use polars::prelude::{self as pl, Column, DataFrame, IntoColumn as _, NewChunkedArray as _};

use super::Error;
use super::own::{OwnCell, OwnKind, OwnRows};

/// The form in which rows are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OwnForm {
    /// CSV with this separator.
    Csv(u8),
    /// A list of records.
    Json,
    /// A record a line.
    Ndjson,
}

/// Writes the rows, those of `keep` where it is given, and beside each the cells of `added`: columns of texts, numbers or flags,
/// as long as the file.
///
/// # Errors
/// When the file cannot be read again or nothing can be written.
pub fn write_own(
    own: &OwnRows,
    added: &[Column],
    keep: Option<&[bool]>,
    form: OwnForm,
    out: &mut dyn Write,
) -> Result<(), Error> {
    let added: Vec<Added<'_>> = added.iter().map(Added::of).collect::<Result<_, _>>()?;
    match form {
        OwnForm::Csv(separator) => write_csv(own, &added, keep, separator, out),
        OwnForm::Json | OwnForm::Ndjson => write_json(own, &added, keep, form, out),
    }
}

/// A column beside the file's own.
enum Added<'a> {
    Texts(&'a str, &'a pl::StringChunked),
    Numbers(&'a str, &'a pl::Float64Chunked),
    Flags(&'a str, &'a pl::BooleanChunked),
}

impl<'a> Added<'a> {
    fn of(column: &'a Column) -> Result<Added<'a>, Error> {
        let name = column.name().as_str();
        match (column.str(), column.bool()) {
            (Ok(texts), _) => Ok(Added::Texts(name, texts)),
            (_, Ok(flags)) => Ok(Added::Flags(name, flags)),
            _ => Ok(Added::Numbers(name, column.f64()?)),
        }
    }

    fn name(&self) -> &'a str {
        match self {
            Added::Texts(name, _) | Added::Numbers(name, _) | Added::Flags(name, _) => name,
        }
    }

    fn text(&self, row: usize) -> String {
        match self {
            Added::Texts(_, texts) => texts.get(row).unwrap_or_default().to_string(),
            Added::Numbers(_, numbers) => numbers
                .get(row)
                .map_or_else(String::new, |it| format!("{it:?}")),
            Added::Flags(_, flags) => flags.get(row).map_or_else(String::new, |it| it.to_string()),
        }
    }

    fn json(&self, row: usize) -> String {
        match self {
            Added::Texts(_, texts) => texts.get(row).map_or_else(|| "null".to_string(), quoted),
            Added::Numbers(_, numbers) => {
                let finite = numbers.get(row).filter(|it| it.is_finite());
                finite.map_or_else(|| "null".to_string(), |it| format!("{it:?}"))
            }
            Added::Flags(_, flags) => {
                let flag = flags.get(row);
                flag.map_or_else(|| "null".to_string(), |it| it.to_string())
            }
        }
    }
}

/// A text as JSON.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn cannot_write(source: std::io::Error) -> Error {
    Error::File {
        action: "write",
        path: "the result".into(),
        source,
    }
}

fn write_csv(
    own: &OwnRows,
    added: &[Added<'_>],
    keep: Option<&[bool]>,
    separator: u8,
    out: &mut dyn Write,
) -> Result<(), Error> {
    let failed = |error: csv::Error| match error.into_kind() {
        csv::ErrorKind::Io(error) => cannot_write(error),
        _ => cannot_write(std::io::ErrorKind::InvalidData.into()),
    };
    let mut writer = csv::WriterBuilder::new()
        .delimiter(separator)
        .from_writer(out);
    let names = own.names.iter().map(String::as_str);
    writer
        .write_record(names.chain(added.iter().map(Added::name)))
        .map_err(failed)?;
    let mut row = 0;
    own.each(&mut |_, cells| {
        let at = row;
        row += 1;
        if keep.is_some_and(|keep| !keep[at]) {
            return Ok(());
        }
        for cell in cells {
            let text = match cell {
                OwnCell::Absent | OwnCell::Json("null") => "",
                OwnCell::Text(text) | OwnCell::Json(text) => text,
            };
            writer.write_field(text).map_err(failed)?;
        }
        for column in added {
            writer.write_field(column.text(at)).map_err(failed)?;
        }
        writer.write_record(None::<&[u8]>).map_err(failed)
    })?;
    writer.flush().map_err(cannot_write)
}

fn write_json(
    own: &OwnRows,
    added: &[Added<'_>],
    keep: Option<&[bool]>,
    form: OwnForm,
    out: &mut dyn Write,
) -> Result<(), Error> {
    let names: Vec<String> = own.names.iter().map(|name| quoted(name)).collect();
    let (mut row, mut written) = (0, 0_u64);
    let mut line = String::new();
    let is_list = form == OwnForm::Json;
    if is_list {
        out.write_all(b"[").map_err(cannot_write)?;
    }
    own.each(&mut |_, cells| {
        let at = row;
        row += 1;
        if keep.is_some_and(|keep| !keep[at]) {
            return Ok(());
        }
        line.clear();
        if is_list && written > 0 {
            line.push_str(",\n");
        }
        written += 1;
        line.push('{');
        let mut put = |name: &str, value: &str| {
            if !line.ends_with('{') {
                line.push(',');
            }
            line.push_str(name);
            line.push(':');
            line.push_str(value);
        };
        for ((name, cell), kind) in names.iter().zip(cells).zip(&own.kinds) {
            match cell {
                OwnCell::Absent => {}
                OwnCell::Json(json) => put(name, json),
                OwnCell::Text(text) if own.is_json() => put(name, &quoted(text)),
                OwnCell::Text("") => put(name, "null"),
                OwnCell::Text(text) => match kind {
                    OwnKind::Texts => put(name, &quoted(text)),
                    _ if own.is_missing(text) => put(name, "null"),
                    _ => put(name, text),
                },
            }
        }
        for column in added {
            put(&quoted(column.name()), &column.json(at));
        }
        line.push('}');
        if !is_list {
            line.push('\n');
        }
        out.write_all(line.as_bytes()).map_err(cannot_write)
    })?;
    if is_list {
        out.write_all(b"]\n").map_err(cannot_write)?;
    }
    out.flush().map_err(cannot_write)
}

/// The file's own rows as a frame, for Parquet: a column whose cells are all numbers or truth values is one of these, every
/// other one is text as it stands.
///
/// # Errors
/// When the file cannot be read again.
pub fn own_frame(own: &OwnRows) -> Result<DataFrame, Error> {
    let mut texts: Vec<Vec<Option<String>>> = own
        .names
        .iter()
        .map(|_| Vec::with_capacity(own.rows))
        .collect();
    let mut is_json_number = vec![true; own.names.len()];
    let mut has_text = vec![false; own.names.len()];
    own.each(&mut |_, cells| {
        for (at, (column, cell)) in texts.iter_mut().zip(cells).enumerate() {
            column.push(match cell {
                OwnCell::Absent | OwnCell::Json("null") | OwnCell::Text("") => None,
                OwnCell::Text(text) => {
                    has_text[at] = true;
                    Some((*text).to_string())
                }
                OwnCell::Json(json) => {
                    is_json_number[at] &= !json.starts_with(['{', '[', 't', 'f']);
                    Some((*json).to_string())
                }
            });
        }
        Ok(())
    })?;
    let mut columns = Vec::with_capacity(texts.len());
    for (at, cells) in texts.into_iter().enumerate() {
        let name: pl::PlSmallStr = own.names[at].as_str().into();
        let kind = match (own.is_json(), has_text[at]) {
            // Numbers and strings of JSON are not of one kind, whatever the strings hold.
            (true, true) => OwnKind::Texts,
            (true, false) if is_json_number[at] => OwnKind::Numbers,
            (true, false) => OwnKind::Booleans,
            (false, _) => own.kinds[at],
        };
        columns.push(typed(name, cells, kind, own));
    }
    Ok(DataFrame::new(own.rows, columns)?)
}

fn typed(name: pl::PlSmallStr, cells: Vec<Option<String>>, kind: OwnKind, own: &OwnRows) -> Column {
    let present = || {
        cells
            .iter()
            .map(|cell| cell.as_deref().filter(|text| !own.is_missing(text)))
    };
    let is_all = |is: &dyn Fn(&str) -> bool| present().flatten().all(is);
    match kind {
        OwnKind::Integers | OwnKind::Numbers if is_all(&|text| text.parse::<i64>().is_ok()) => {
            let numbers = present().map(|text| text?.parse().ok());
            pl::Int64Chunked::from_iter_options(name, numbers).into_column()
        }
        OwnKind::Integers | OwnKind::Numbers if is_all(&|text| text.parse::<f64>().is_ok()) => {
            let numbers = present().map(|text| text?.parse().ok());
            pl::Float64Chunked::from_iter_options(name, numbers).into_column()
        }
        OwnKind::Booleans if is_all(&|text| matches!(text, "true" | "false")) => {
            let flags = present().map(|text| Some(text? == "true"));
            pl::BooleanChunked::from_iter_options(name, flags).into_column()
        }
        _ => pl::StringChunked::from_iter_options(name, cells.into_iter()).into_column(),
    }
}
