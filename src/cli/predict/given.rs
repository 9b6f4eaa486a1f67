//! What `predict` is given: a file, stdin, or several tables; its rows for the model, and as they stand.

use std::io::{BufReader, Read, Seek, SeekFrom, Write};
use std::path::Path;

use polars::prelude::DataFrame;
use tempfile::NamedTempFile;

use super::format::Format;
use crate::bundle::Bundle;
use crate::cli::{Failure, Kind};
use crate::config::ModelConfig;
use crate::data::{self, Own, ReadOptions, own};
use crate::joins::{self, RelatedPlan, Rows, Tables};
use crate::pipeline::{self, read_options, read_tables};

/// What a model of several tables takes.
pub const TABLES: &str = "this model reads related tables: give a folder with a file for each, as the input folder has them, or a JSON file `{\"table\": [{column: value}, …], …}`";

/// The rows to predict.
pub struct Given {
    /// As it is called in messages.
    pub name: String,
    /// The rows as the model reads them.
    pub frame: DataFrame,
    /// The same rows as they stand.
    pub own: Own,
    /// Facts worth a line.
    pub notes: Vec<String>,
    /// Holds what came from stdin until it is written.
    _copy: Option<NamedTempFile>,
}

impl Given {
    /// Reads a file, or stdin for `-`.
    pub fn read(
        file: &Path,
        format: Option<Format>,
        config: &ModelConfig,
        bundle: &Bundle,
    ) -> Result<Given, Failure> {
        let is_stdin = file == Path::new("-");
        if format.is_some() && !is_stdin {
            return Err(Failure::usage(
                "use `--format`: it is for stdin; a file's ending says what it is",
            ));
        }
        let copy = is_stdin.then(|| stdin(format)).transpose()?;
        let path = copy.as_ref().map_or(file, |copy| copy.path());
        let name = if is_stdin {
            "stdin".to_string()
        } else {
            file.display().to_string()
        };
        if let Some(plan) = &bundle.related {
            return of_tables(name, path, config, plan);
        }
        // The rules are enforced on the rows, and an own column that the model does not read may hold anything.
        let mut options = ReadOptions {
            rules: Vec::new(),
            kinds: bundle
                .profile
                .iter()
                .map(|column| (column.name.clone(), column.kind))
                .collect(),
            reading: bundle.reading.clone(),
            ..read_options(config, false)
        };
        let own = match own(path, &options) {
            Ok(own) => own,
            // A reader that decides on whole columns says more of what is wrong.
            Err(error) => {
                let error = data::read_file_for_version(path, &options)
                    .err()
                    .unwrap_or(error);
                return Err(named(error, path, &name));
            }
        };
        let reads = bundle.transformer.reads(&bundle.reading);
        options.drop = own.names();
        options
            .drop
            .retain(|name| reads.iter().all(|read| read.name != *name));
        let frame = data::read_file_for_version(path, &options)
            .map_err(|error| named(error, path, &name))?;
        if frame.height() != own.rows() {
            let error = anyhow::anyhow!(
                "write the rows of {name}: it holds {} records, of which {} are rows",
                own.rows(),
                frame.height()
            );
            return Err(Failure::new(Kind::Data, error)
                .hint("remove the records that are not rows, such as a second header"));
        }
        let mut notes = Vec::new();
        if let Own::Rows(rows) = &own {
            notes.extend(rows.passed_over());
        }
        if let Own::Frame { unwritten, .. } = &own {
            notes.extend(unwritten.iter().map(|column| {
                format!(
                    "`{column}` holds values of a type that is not written again; it is left out"
                )
            }));
        }
        Ok(Given {
            name,
            frame,
            own,
            notes,
            _copy: copy,
        })
    }

    /// The line in which a row begins, where the file has lines for rows.
    pub fn line_of(&self, row: usize) -> Result<Option<u64>, Failure> {
        let Own::Rows(rows) = &self.own else {
            return Ok(None);
        };
        let (mut at, mut found) = (0, None);
        rows.each(&mut |line, _| {
            if at == row {
                found = line;
            }
            at += 1;
            Ok(())
        })?;
        Ok(found)
    }
}

/// An error that speaks of stdin where the file is a copy of it.
fn named(error: data::Error, path: &Path, name: &str) -> Failure {
    match error {
        data::Error::BadFile {
            path: at,
            line,
            column,
            reason,
        } if at == path.display().to_string() => data::Error::BadFile {
            path: name.to_string(),
            line,
            column,
            reason,
        }
        .into(),
        other => other.into(),
    }
}

/// Rows made of several tables; what is beside the predictions is the base table.
fn of_tables(
    name: String,
    path: &Path,
    config: &ModelConfig,
    plan: &RelatedPlan,
) -> Result<Given, Failure> {
    let mut notes = Vec::new();
    let tables: Tables = if path.is_dir() {
        let scan = data::scan(path)?;
        let read = read_tables(config, &plan.settings, path, &scan, Some(plan))?;
        if let Some(file) = read.record.quarantined.first() {
            let error = data::Error::BadFile {
                path: file.path.clone(),
                line: file.line,
                column: file.column.clone(),
                reason: file.reason.clone(),
            };
            return Err(error.into());
        }
        notes.extend(read.record.notes);
        read.tables
    } else {
        let is_json = path.to_string_lossy().to_lowercase().ends_with(".json");
        if !is_json {
            let error = anyhow::anyhow!("predict {name}: one flat file is not enough");
            return Err(Failure::new(Kind::Data, error).hint(TABLES));
        }
        let bytes = std::fs::read(path).map_err(|source| data::Error::File {
            action: "read",
            path: path.to_path_buf(),
            source,
        })?;
        data::json_tables(&name, &bytes, usize::MAX)
            .map_err(|error| Failure::from(error).hint(TABLES))?
    };
    let flat = joins::flatten(plan, &tables, Rows::ToPredict).map_err(pipeline::Error::from)?;
    notes.extend(flat.notes);
    // The columns of the base table come first and under their own names.
    let base = tables.get(&plan.settings.base);
    let base = base
        .map(DataFrame::get_column_names_owned)
        .unwrap_or_default();
    let is_own = |column: &&polars::prelude::Column| base.contains(column.name());
    let own: Vec<_> = flat
        .frame
        .columns()
        .iter()
        .filter(is_own)
        .cloned()
        .collect();
    let own = DataFrame::new(flat.frame.height(), own).map_err(data::Error::from)?;
    Ok(Given {
        name,
        frame: flat.frame,
        own: Own::Frame {
            frame: own,
            unwritten: Vec::new(),
        },
        notes,
        _copy: None,
    })
}

/// Copies stdin to a file whose ending says what it is.
fn stdin(format: Option<Format>) -> Result<NamedTempFile, Failure> {
    let failed = |error: std::io::Error| {
        Failure::new(Kind::Data, anyhow::Error::from(error).context("read stdin"))
    };
    let mut input = BufReader::new(std::io::stdin().lock());
    let mut first = Vec::new();
    input
        .by_ref()
        .take(1 << 16)
        .read_to_end(&mut first)
        .map_err(failed)?;
    let ending = match format {
        Some(Format::Csv) => ".csv",
        Some(Format::Tsv) => ".tsv",
        Some(Format::Json) => ".json",
        Some(Format::Ndjson) => ".ndjson",
        Some(Format::Parquet) => ".parquet",
        None => "",
    };
    let ending = match format {
        None => by_content(&first),
        Some(_) => format!("{ending}{}", compression(&first)),
    };
    let mut copy = tempfile::Builder::new()
        .suffix(&ending)
        .tempfile()
        .map_err(failed)?;
    copy.write_all(&first).map_err(failed)?;
    std::io::copy(&mut input, copy.as_file_mut()).map_err(failed)?;
    copy.seek(SeekFrom::Start(0)).map_err(failed)?;
    Ok(copy)
}

fn compression(first: &[u8]) -> &'static str {
    match first {
        [0x1f, 0x8b, ..] => ".gz",
        [0x28, 0xb5, 0x2f, 0xfd, ..] => ".zst",
        _ => "",
    }
}

/// The ending that goes with the first bytes of a file.
fn by_content(first: &[u8]) -> String {
    let compression = compression(first);
    let mut text = Vec::new();
    // What was cut off is of no interest here.
    let _ = match compression {
        ".gz" => flate2::read::MultiGzDecoder::new(first)
            .take(1 << 10)
            .read_to_end(&mut text),
        ".zst" => zstd::stream::read::Decoder::new(first)
            .and_then(|reader| reader.take(1 << 10).read_to_end(&mut text)),
        _ => {
            text.extend_from_slice(first);
            Ok(0)
        }
    };
    let text = text
        .strip_prefix(b"\xEF\xBB\xBF")
        .unwrap_or(&text)
        .trim_ascii_start();
    let format = match text {
        [b'P', b'A', b'R', b'1', ..] => ".parquet",
        [b'[' | b'{', ..] => ".json",
        _ => ".csv",
    };
    format!("{format}{compression}")
}

#[cfg(test)]
mod tests {
    use super::by_content;

    #[test]
    fn the_first_bytes_say_what_stdin_is() {
        for (bytes, ending) in [
            (&b"a,b\n1,2\n"[..], ".csv"),
            (b"\xEF\xBB\xBF [{\"a\": 1}]", ".json"),
            (b"{\"a\": 1}\n{\"a\": 2}\n", ".json"),
            (b"PAR1\x15", ".parquet"),
            (b"", ".csv"),
            (b"\x28\xb5\x2f\xfd", ".csv.zst"),
        ] {
            assert_eq!(by_content(bytes), ending, "{bytes:?}");
        }
        let mut compressed =
            flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        std::io::Write::write_all(&mut compressed, b"[1]").expect("writes");
        assert_eq!(by_content(&compressed.finish().expect("ends")), ".json.gz");
    }
}
