//! Folders with several tables: files to tables by where they stand, and tables to the flat rows that everything after takes for
//! any other data set.
//!
//! A file belongs to the table whose name it has (`referral.csv`) or that the first folder above it has
//! (`referral/2025/may.csv`). Any other JSON file holds tables itself: an object of table name → list of records.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;

use polars::prelude::DataFrame;

use super::read_options;
use crate::config::{ModelConfig, Related};
use crate::data::{
    self, FileRead, NumberForm, OnBadFile, Quarantined, Remark, Scan, ScannedFile, TimeForm,
};
use crate::joins::{self, RelatedPlan, Rows, Tables};
use crate::model_types::Sha256;
use crate::pipeline::dataset::{DatasetRecord, Parts, other_notes, quarantine_line};
use crate::pipeline::error::Error;
use crate::pipeline::{Env, Event};

/// The tables of a folder, and what happened on the way.
pub struct TablesRead {
    /// By name; one that no file belongs to is not among them.
    pub tables: Tables,
    /// Table → how the numbers of its columns are written, where they are not plain.
    pub reading: BTreeMap<String, BTreeMap<String, NumberForm>>,
    /// How they came about; its rows are records of all tables.
    pub record: DatasetRecord,
}

/// The tables of the input folder as the parts of a data set, with the plan by which they became rows.
pub fn flat_parts(env: &Env, related: &Related, scan: &Scan) -> Result<Parts, Error> {
    let folder = &env.config.input_folder.here();
    let TablesRead {
        tables,
        reading,
        mut record,
    } = read_tables(&env.config, related, folder, scan, None)?;
    if tables.is_empty() {
        // Nothing could be read, which is said elsewhere.
        return Ok(Parts {
            frame: DataFrame::default(),
            row_hashes: Vec::new(),
            record,
        });
    }
    let flat = joins::plan(related, &tables)
        .map(|mut plan| {
            plan.form = TimeForm {
                formats: env.config.ingest.date_formats.clone(),
                unit: env.config.ingest.epoch_unit.unwrap_or_default(),
            };
            for (name, reading) in reading {
                if let Some(table) = plan.tables.get_mut(&name) {
                    table.reading = reading;
                }
            }
            plan
        })
        .and_then(|plan| Ok((joins::flatten(&plan, &tables, Rows::WithTarget)?, plan)));
    let (flat, plan) = flat.inspect_err(|_| {
        // A file that was left out may well be why.
        let lines = record.quarantined.iter().map(quarantine_line);
        lines.for_each(|line| env.tell(Event::Warning(line)));
    })?;
    if flat.frame.height() == 0 {
        return Err(Error::NoInput {
            folder: env.config.input_folder.shown(),
            why: format!(
                "no record of `{}` becomes a row: {}",
                related.base,
                if flat.notes.is_empty() {
                    "the table holds none".to_string()
                } else {
                    flat.notes.join("; ")
                }
            ),
        });
    }
    record.duplicates = flat.duplicates;
    record.notes.extend(flat.notes);
    record.related = Some(plan);
    let schema = data::Schema::of(&flat.frame);
    Ok(Parts {
        row_hashes: data::row_hashes(&flat.frame, &schema.names())?,
        frame: flat.frame,
        record,
    })
}

/// Reads the tables of a folder. With a plan, columns are read as the kinds that they had in training.
///
/// # Errors
/// When a file cannot be read, or its cells are not of these kinds.
pub fn read_tables(
    config: &ModelConfig,
    related: &Related,
    root: &Path,
    scan: &Scan,
    plan: Option<&RelatedPlan>,
) -> Result<TablesRead, Error> {
    read_as(
        config,
        related,
        root,
        (scan, plan),
        &read_options(config, false),
    )
}

/// The beginnings of the tables of a folder, this many bytes of each file, whatever is wrong with some.
pub fn heads_of_tables(
    config: &ModelConfig,
    related: &Related,
    root: &Path,
    scan: &Scan,
    bytes: u64,
) -> Result<TablesRead, Error> {
    let options = data::ReadOptions {
        head: Some(bytes),
        on_bad_file: OnBadFile::Quarantine,
        ..read_options(config, false)
    };
    read_as(config, related, root, (scan, None), &options)
}

fn read_as(
    config: &ModelConfig,
    related: &Related,
    root: &Path,
    (scan, plan): (&Scan, Option<&RelatedPlan>),
    options: &data::ReadOptions,
) -> Result<TablesRead, Error> {
    let mut record = DatasetRecord::default();
    record.unsettled.clone_from(&scan.unsettled);
    let mut by_table: BTreeMap<&str, Vec<ScannedFile>> = BTreeMap::new();
    let mut several: Vec<&ScannedFile> = Vec::new();
    for file in &scan.files {
        match place_of(related, &file.path) {
            FileRole::Table(name) => by_table.entry(name).or_default().push(file.clone()),
            FileRole::Several => several.push(file),
            FileRole::Nowhere => record.notes.push(format!(
                "{} belongs to no table of `related` by its name or folder; it is passed over",
                file.path
            )),
        }
    }
    let mut parts: BTreeMap<String, Vec<DataFrame>> = BTreeMap::new();
    let mut reading = BTreeMap::new();
    for (name, files) in by_table {
        let own = Scan {
            files,
            ..Scan::default()
        };
        let options = data::ReadOptions {
            kinds: kinds(config, name, plan),
            reading: plan.map_or_else(BTreeMap::new, |plan| plan.reading_of(name)),
            ..options.clone()
        };
        let read = data::read(root, &own, &options, None)?;
        let forms = read.plan.frozen();
        if !forms.is_empty() {
            reading.insert(name.to_string(), forms);
        }
        record.files.extend(read.files);
        record.quarantined.extend(read.quarantined);
        record.unsettled.extend(read.unsettled);
        record.rows_read += read.rows_read;
        let of_table = |column: String| format!("{name}.{column}");
        let non_finite = read.non_finite.into_iter();
        record
            .non_finite
            .extend(non_finite.map(|(column, n)| (of_table(column), n)));
        let notes = other_notes(read.notes, &read.remarks).into_iter();
        record
            .notes
            .extend(notes.map(|note| format!("table `{name}`: {note}")));
        record
            .remarks
            .extend(read.remarks.into_iter().map(|remark| Remark {
                says: format!("table `{name}`: {}", remark.says),
                column: remark.column.map(of_table),
                ..remark
            }));
        if read.frame.width() > 0 {
            parts.entry(name.to_string()).or_default().push(read.frame);
        }
    }
    for file in several {
        read_several(config, related, root, file, &mut parts, &mut record)?;
    }
    record.files.sort_by(|a, b| a.path.cmp(&b.path));
    record.quarantined.sort_by(|a, b| a.path.cmp(&b.path));
    record.unsettled.sort();
    let stacked = parts
        .into_iter()
        .map(|(name, parts)| Ok((name, joins::stack(parts)?)));
    Ok(TablesRead {
        tables: stacked.collect::<Result<_, Error>>()?,
        reading,
        record,
    })
}

/// Where a file's records belong.
#[derive(Debug, PartialEq, Eq)]
enum FileRole<'a> {
    Table(&'a str),
    Several,
    Nowhere,
}

fn place_of<'a>(related: &'a Related, path: &str) -> FileRole<'a> {
    let (first, rest) = path.split_once('/').unwrap_or((path, ""));
    let stem = match rest {
        "" => first.split_once('.').map_or(first, |(stem, _)| stem),
        _ => first,
    };
    let mut names = std::iter::once(&related.base).chain(related.tables.keys());
    // A table's name may have a dot in it.
    let is_named = |name: &&String| stem == **name || (rest.is_empty() && begins(first, name));
    if let Some(name) = names.find(is_named) {
        return FileRole::Table(name);
    }
    let file = path.rsplit('/').next().unwrap_or(path).to_lowercase();
    let plain = file.trim_end_matches(".gz").trim_end_matches(".zst");
    if plain.ends_with(".json") {
        FileRole::Several
    } else {
        FileRole::Nowhere
    }
}

fn begins(file: &str, name: &str) -> bool {
    file.strip_prefix(name)
        .is_some_and(|rest| rest.starts_with('.'))
}

/// The kinds that columns of a table are read as: as in training, and where the settings say so, for `column` in every table or
/// for `table.column`.
fn kinds(
    config: &ModelConfig,
    table: &str,
    plan: Option<&RelatedPlan>,
) -> BTreeMap<String, data::Kind> {
    let mut kinds = plan.map_or_else(BTreeMap::new, |plan| plan.kinds_of(table));
    kinds.extend(
        config
            .schema
            .iter()
            .filter_map(|(name, rule)| Some((name.clone(), rule.kind()?))),
    );
    for (name, rule) in &config.schema {
        let own = name.strip_prefix(table).and_then(|it| it.strip_prefix('.'));
        if let Some((own, kind)) = own.zip(rule.kind()) {
            kinds.insert(own.to_string(), kind);
        }
    }
    kinds
}

/// Reads a JSON file that holds several tables.
fn read_several(
    config: &ModelConfig,
    related: &Related,
    root: &Path,
    file: &ScannedFile,
    parts: &mut BTreeMap<String, Vec<DataFrame>>,
    record: &mut DatasetRecord,
) -> Result<(), Error> {
    let path = root.join(&file.path);
    let bytes = std::fs::read(&path).map_err(|source| data::Error::File {
        action: "read",
        path: path.clone(),
        source,
    })?;
    if Sha256::of(&bytes) != file.sha256 {
        record.unsettled.push(file.path.clone());
        return Ok(());
    }
    let read = unpacked(&file.path, bytes)
        .and_then(|bytes| data::json_tables(&file.path, &bytes, usize::MAX));
    let tables = match (read, config.ingest.on_bad_file) {
        (Ok(tables), _) => tables,
        (
            Err(data::Error::BadFile {
                line,
                column,
                reason,
                ..
            }),
            OnBadFile::Quarantine,
        ) => {
            record.quarantined.push(Quarantined {
                path: file.path.clone(),
                sha256: file.sha256.clone(),
                line,
                column,
                reason,
            });
            return Ok(());
        }
        (Err(error), _) => return Err(error.into()),
    };
    let mut rows = 0;
    for (name, frame) in tables {
        if name != related.base && !related.tables.contains_key(&name) {
            record.notes.push(format!(
                "{} holds a table that `related` does not name; it is passed over",
                file.path
            ));
            continue;
        }
        rows += frame.height() as u64;
        parts.entry(name).or_default().push(frame);
    }
    record.rows_read += rows;
    record.files.push(FileRead {
        path: file.path.clone(),
        sha256: file.sha256.clone(),
        bytes: file.bytes,
        rows,
    });
    Ok(())
}

/// The bytes of a file without its compression.
fn unpacked(path: &str, bytes: Vec<u8>) -> Result<Vec<u8>, data::Error> {
    let lower = path.to_lowercase();
    let mut plain = Vec::new();
    let done = if lower.ends_with(".gz") {
        flate2::read::MultiGzDecoder::new(&bytes[..]).read_to_end(&mut plain)
    } else if lower.ends_with(".zst") {
        zstd::stream::read::Decoder::new(&bytes[..])
            .and_then(|mut reader| reader.read_to_end(&mut plain))
    } else {
        return Ok(bytes);
    };
    match done {
        Ok(_) => Ok(plain),
        Err(_) => Err(data::Error::BadFile {
            path: path.to_string(),
            line: None,
            column: None,
            reason: "the compressed data is damaged or cut off".to_string(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_belongs_where_its_name_or_its_folder_says() {
        let related = serde_json::json!({
            "base": "referral", "key": "id",
            "tables": {
                "client": {"on": "c", "relation": "many_to_one"},
                "v1.notes": {"on": "id", "relation": "one_to_many"},
            },
        });
        let related: Related = serde_json::from_value(related).expect("settings");
        for (path, expected) in [
            ("referral.csv", FileRole::Table("referral")),
            ("client.parquet", FileRole::Table("client")),
            ("client.csv.gz", FileRole::Table("client")),
            ("referral/2025/may.csv", FileRole::Table("referral")),
            ("v1.notes.csv", FileRole::Table("v1.notes")),
            ("v1.notes/a.csv", FileRole::Table("v1.notes")),
            ("referral.json", FileRole::Table("referral")),
            ("export.json", FileRole::Several),
            ("2025/export.JSON.gz", FileRole::Several),
            ("other.csv", FileRole::Nowhere),
            ("referrals.csv", FileRole::Nowhere),
        ] {
            assert_eq!(place_of(&related, path), expected, "{path}");
        }
    }
}
