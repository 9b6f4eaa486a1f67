//! The rows with the predictions beside them, to a file or to stdout.

use std::fs::File;
use std::io::{BufWriter, ErrorKind, Write};
use std::path::Path;

use polars::prelude::{Column, DataFrame};

use crate::cli::{Failure, Kind};
use crate::data::{self, Own, OwnForm, own_frame, write_own};

/// What an ending asks for; nothing for Parquet.
fn form_of(path: &Path) -> Result<Option<OwnForm>, Failure> {
    let extension = path
        .extension()
        .map(|it| it.to_string_lossy().to_lowercase());
    Ok(match extension.as_deref() {
        Some("csv") => Some(OwnForm::Csv(b',')),
        Some("tsv") => Some(OwnForm::Csv(b'\t')),
        Some("json") => Some(OwnForm::Json),
        Some("ndjson" | "jsonl") => Some(OwnForm::Ndjson),
        Some("parquet") => None,
        _ => {
            let path = path.to_path_buf();
            return Err(data::Error::Extension { path }.into());
        }
    })
}

/// Says at once when an ending cannot be written.
pub fn check(path: &Path) -> Result<(), Failure> {
    form_of(path).map(|_| ())
}

/// Writes the file's own columns and `added`, of the rows of `keep` where it is given.
pub fn write(
    own: &Own,
    added: &[Column],
    keep: Option<&[bool]>,
    path: Option<&Path>,
    as_json: bool,
) -> Result<(), Failure> {
    let Some(path) = path else {
        let form = if as_json {
            OwnForm::Ndjson
        } else {
            OwnForm::Csv(b',')
        };
        return print(own, added, keep, form);
    };
    let form = form_of(path)?;
    match (own, form) {
        (Own::Rows(rows), Some(form)) => {
            let failed = |source| data::Error::File {
                action: "write",
                path: path.to_path_buf(),
                source,
            };
            let mut file = BufWriter::with_capacity(1 << 18, File::create(path).map_err(failed)?);
            write_own(rows, added, keep, form, &mut file).map_err(|error| match error {
                data::Error::File {
                    action: "write",
                    source,
                    ..
                } => failed(source),
                other => other,
            })?;
            file.flush().map_err(failed)?;
            file.get_ref().sync_all().map_err(failed)?;
            Ok(())
        }
        (Own::Rows(rows), None) => {
            let mut frame = beside(own_frame(rows)?, added, keep)?;
            Ok(data::write_file(&mut frame, path)?)
        }
        (Own::Frame { frame, .. }, _) => {
            let mut frame = beside(frame.clone(), added, keep)?;
            Ok(data::write_file(&mut frame, path)?)
        }
    }
}

fn beside(
    mut frame: DataFrame,
    added: &[Column],
    keep: Option<&[bool]>,
) -> Result<DataFrame, Failure> {
    for column in added {
        frame
            .with_column(column.clone())
            .map_err(data::Error::from)?;
    }
    match keep {
        None => Ok(frame),
        Some(keep) => super::filtered(&frame, keep),
    }
}

fn print(own: &Own, added: &[Column], keep: Option<&[bool]>, form: OwnForm) -> Result<(), Failure> {
    let store = |error: std::io::Error| {
        let error = anyhow::Error::from(error).context("write the result");
        Failure::new(Kind::Store, error)
    };
    let mut stdout = BufWriter::with_capacity(1 << 16, std::io::stdout().lock());
    let frame = match own {
        Own::Rows(rows) => {
            return match write_own(rows, added, keep, form, &mut stdout) {
                // A reader that has seen enough closes the pipe; that is not a failure.
                Err(data::Error::File {
                    action: "write",
                    source,
                    ..
                }) if source.kind() == ErrorKind::BrokenPipe => Ok(()),
                Err(data::Error::File {
                    action: "write",
                    source,
                    ..
                }) => Err(store(source)),
                other => Ok(other?),
            };
        }
        Own::Frame { frame, .. } => frame,
    };
    let mut frame = beside(frame.clone(), added, keep)?;
    let ending = if form == OwnForm::Ndjson {
        ".ndjson"
    } else {
        ".csv"
    };
    let file = tempfile::Builder::new()
        .suffix(ending)
        .tempfile()
        .map_err(store)?;
    data::write_file(&mut frame, file.path())?;
    let mut written = File::open(file.path()).map_err(store)?;
    let _ = std::io::copy(&mut written, &mut stdout).and_then(|_| stdout.flush());
    Ok(())
}
