//! All files of a scanned folder to one frame.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use polars::prelude::DataFrame;
use serde::{Deserialize, Serialize};

use super::Error;
use super::csv_again::lines_of_rows;
use super::cut::is_cut;
use super::dedupe::dedupe;
use super::formats::read_table;
use super::loaded::FileRead;
use super::loaded::{Loaded, column_plans};
use super::numbers::{self, NumberForm, Source};
use super::options::{OnBadFile, ReadOptions, text_columns};
use super::partitions::Partitions;
use super::plan::{ColumnPlan, ReadingPlan};
use super::remark::Remark;
use super::remarks;
use super::rows::row_hashes;
use super::rules::{self, Applied, Rejected};
use super::scan::{Scan, ScannedFile, is_unchanged};
use super::schema::{Kind, Schema};
use super::schema_merge::{agree, column_of};
use super::source::{self, Format};
use super::stack::stack;
use super::table::{Bad, Table, TableError};
use crate::model_types::Sha256;

/// A file that was left out, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quarantined {
    /// Relative to the folder.
    pub path: String,
    /// Of the content.
    pub sha256: Sha256,
    /// Physical line, the header is line 1.
    pub line: Option<u64>,
    /// Name of the column.
    pub column: Option<String>,
    /// What is wrong, without a value of the data.
    pub reason: String,
}

/// A folder as one frame, and what happened on the way.
#[derive(Debug, Clone)]
pub struct FolderRead {
    /// One chunk per column; no columns when no file could be used and none were expected.
    pub frame: DataFrame,
    /// Of the frame.
    pub schema: Schema,
    /// In path order, which is the order of the rows.
    pub files: Vec<FileRead>,
    /// In path order.
    pub quarantined: Vec<Quarantined>,
    /// Files that changed since the scan or during it: for the next run.
    pub unsettled: Vec<String>,
    /// Rows in `files`.
    pub rows_read: u64,
    /// Rows that were equal to an earlier one.
    pub duplicates_dropped: u64,
    /// Per column with any: cells that were ±inf or NaN and are now missing (duplicates count).
    pub non_finite: Vec<(String, u64)>,
    /// What broke the rules, and the number of rows that were left out for it.
    pub rejected: (Vec<Rejected>, u64),
    /// What a reader of the report should know, one sentence each.
    pub notes: Vec<String>,
    /// Remarks; all of them but those on how things are written are in `notes`, too.
    pub remarks: Vec<Remark>,
    /// How the files and columns were read.
    pub plan: ReadingPlan,
    /// Of the frame's rows, over all columns in order.
    pub row_hashes: Vec<u128>,
}

/// Reads all files of a scan of `root` into one frame.
///
/// `expected` fixes the columns and their kinds (an integer column may turn out one of numbers); without it the files
/// decide among themselves. The table in [`super`] says what becomes of each kind of bad input.
///
/// # Errors
/// When a file cannot be read from the disk, and with [`OnBadFile::Fail`] for the first bad file by path.
pub fn read(
    root: &Path,
    scan: &Scan,
    options: &ReadOptions,
    expected: Option<&Schema>,
) -> Result<FolderRead, Error> {
    let as_text = options.text_columns(expected);
    let paths = scan.files.iter().map(|file| file.path.as_str());
    let mut reader = Reader {
        root,
        options,
        partitions: Partitions::of(paths, options, &as_text),
        cut: Vec::new(),
        as_text,
        quarantined: Vec::new(),
        unsettled: scan.unsettled.clone(),
        forms: BTreeMap::new(),
    };
    let mut loaded = Vec::new();
    for file in &scan.files {
        loaded.extend(reader.load(file)?);
    }
    let (loaded, columns, found) = reader.settle(loaded);
    let (loaded, schema) = reader.keep_fitting(loaded, expected);
    let mixed = remarks::of_mixed(
        loaded.iter().map(|it| (it.file.path.as_str(), &it.table)),
        &schema,
        &reader.as_text,
    );
    let loaded = reader.rewrite_numbers(loaded, &schema)?;
    let Reader {
        mut quarantined,
        mut unsettled,
        cut,
        ..
    } = reader;
    quarantined.sort_by(|a, b| a.path.cmp(&b.path));
    unsettled.sort();
    if options.on_bad_file == OnBadFile::Fail && !quarantined.is_empty() {
        return Err(into_error(quarantined.swap_remove(0)));
    }

    let files: Vec<FileRead> = loaded.iter().map(Loaded::record).collect();
    let dropped: u64 = loaded.iter().map(|loaded| loaded.table.dropped).sum();
    let non_finite = count_non_finite(&loaded, &schema);
    let plan = ReadingPlan {
        files: loaded
            .iter()
            .map(|loaded| loaded.plan(root, options))
            .collect(),
        columns: column_plans(&schema, columns),
    };
    let mut notes: Vec<String> = cut;
    notes.extend(remarks::of_scan(scan));
    let of_files = loaded
        .iter()
        .flat_map(|loaded| loaded.remarks(root, options));
    let mut remarks: Vec<Remark> = of_files.collect();
    remarks.extend(found);
    remarks.extend(mixed);
    notes.extend(remarks.iter().map(|remark| remark.says.clone()));
    remarks.extend(remarks::of_forms(&plan));
    let frame = stack(
        loaded.into_iter().map(|loaded| loaded.table).collect(),
        &schema,
    )?;
    for column in frame.columns() {
        let is_dropped = options.drop.iter().any(|name| column.name() == name);
        if !column.is_empty() && column.null_count() == column.len() && !is_dropped {
            notes.push(format!(
                "column `{}` has no value in any file",
                column.name()
            ));
        }
    }
    let Applied {
        frame,
        rejected,
        left_out,
    } = rules::apply(frame, &options.rules)?;
    let hashes = row_hashes(&frame, &schema.names())?;
    let (frame, row_hashes, duplicates_dropped) = if options.dedupe {
        dedupe(frame, hashes)
    } else {
        (frame, hashes, 0)
    };
    Ok(FolderRead {
        frame,
        schema,
        rows_read: files.iter().map(|file| file.rows).sum(),
        files,
        quarantined,
        unsettled,
        duplicates_dropped: duplicates_dropped + dropped,
        non_finite,
        rejected: (rejected, left_out),
        notes,
        remarks,
        plan,
        row_hashes,
    })
}

/// What the reading of one folder needs at every file.
struct Reader<'a> {
    root: &'a Path,
    options: &'a ReadOptions,
    /// Columns that are kept as they are written.
    as_text: BTreeSet<String>,
    /// Columns in folder names.
    partitions: Partitions,
    /// What to say of files that end in the middle.
    cut: Vec<String>,
    quarantined: Vec<Quarantined>,
    unsettled: Vec<String>,
    /// Per file: the forms of its numbers where they are not as programs write them.
    forms: BTreeMap<String, BTreeMap<String, NumberForm>>,
}

impl<'a> Reader<'a> {
    /// Reads one file; nothing when it is bad or changed, which is then on record.
    fn load(&mut self, file: &'a ScannedFile) -> Result<Option<Loaded<'a>>, Error> {
        let path = self.root.join(&file.path);
        let format = source::format_of(&path).ok_or_else(|| Error::Extension {
            path: file.path.clone().into(),
        })?;
        let unchanged = is_unchanged(self.root, file);
        let read = unchanged.then(|| read_table(&path, format, self.options, &self.as_text));
        let Some(read) = read.filter(|_| is_unchanged(self.root, file)) else {
            self.unsettled.push(file.path.clone());
            return Ok(None);
        };
        match read {
            Ok(mut table) => {
                self.partitions.add(&mut table, &file.path, self.options);
                if let Some(forms) = self.forms.get(&file.path) {
                    numbers::apply(&mut table, forms);
                }
                Ok(Some(Loaded {
                    file,
                    format,
                    table,
                }))
            }
            Err(TableError::Bad(bad))
                if self.may_be_unfinished(file) && is_cut(&path, format, &bad) =>
            {
                let line = bad
                    .line
                    .map_or_else(String::new, |line| format!(" at line {line}"));
                let path = &file.path;
                self.cut
                    .push(format!("{path} ends in the middle{line}: {}; it was changed lately, so it may be unfinished", bad.reason));
                self.unsettled.push(path.clone());
                Ok(None)
            }
            Err(TableError::Bad(bad)) => {
                self.quarantined.push(quarantine(file, bad));
                Ok(None)
            }
            Err(TableError::Io(source)) => Err(Error::File {
                action: "read",
                path,
                source,
            }),
        }
    }

    /// Whether a file was changed so recently that it may still be being written.
    fn may_be_unfinished(&self, file: &ScannedFile) -> bool {
        self.options
            .young
            .as_ref()
            .is_some_and(|young| young.contains(&file.modified))
    }

    /// Finds out which columns hold numbers in a form of their own and turns them into numbers; how columns are read, and
    /// what is to be said of it.
    fn settle(
        &mut self,
        loaded: Vec<Loaded<'a>>,
    ) -> (Vec<Loaded<'a>>, BTreeMap<String, ColumnPlan>, Vec<Remark>) {
        let (root, options) = (self.root, self.options);
        let partitions = &self.partitions;
        // Where equal rows were left out while reading, rows are no longer those of the file.
        let facts = loaded.iter().map(|it| match it.table.dropped {
            0 => it.table.text.clone(),
            _ => None,
        });
        let facts: Vec<_> = facts.collect();
        let files: Vec<&ScannedFile> = loaded.iter().map(|it| it.file).collect();
        let sources = loaded.into_iter().map(|loaded| Source {
            path: &loaded.file.path,
            format: loaded.format,
            table: loaded.table,
        });
        let mut sources: Vec<Source<'_>> = sources.collect();
        let again = |at: usize, names: &BTreeSet<String>| {
            let file = files[at];
            let mut table = read_table(&root.join(&file.path), Format::Csv, options, names).ok()?;
            partitions.add(&mut table, &file.path, options);
            is_unchanged(root, file).then_some(table)
        };
        let line_of = |at: usize, row: usize| {
            let path = root.join(&files[at].path);
            lines_of_rows(&path, options, facts[at].as_ref()?, &[row as u64]).pop()
        };
        let settled = numbers::settle(&mut sources, options, &self.as_text, again, line_of);
        let paths = files.iter().map(|file| file.path.clone());
        self.forms = paths.zip(settled.forms).collect();
        let loaded = files.into_iter().zip(sources).map(|(file, source)| Loaded {
            file,
            format: source.format,
            table: source.table,
        });
        (loaded.collect(), settled.columns, settled.remarks)
    }

    /// The files that go together, and the schema they go together in.
    fn keep_fitting(
        &mut self,
        loaded: Vec<Loaded<'a>>,
        expected: Option<&Schema>,
    ) -> (Vec<Loaded<'a>>, Schema) {
        let tables: Vec<&Table> = loaded.iter().map(|loaded| &loaded.table).collect();
        let agreement = agree(&tables, expected, &self.options.kinds);
        let mut kept = Vec::new();
        for (loaded, misfit) in loaded.into_iter().zip(agreement.misfits) {
            let Some((bad, place)) = misfit else {
                kept.push(loaded);
                continue;
            };
            let path = self.root.join(&loaded.file.path);
            let line = place.and_then(|at| loaded.line_at(&path, at, self.options));
            let line = line.or(bad.line.filter(|_| loaded.format == Format::Csv));
            self.quarantined
                .push(quarantine(loaded.file, bad.line(line)));
        }
        (kept, agreement.schema)
    }

    /// Reads files again in which a column looks like numbers that is text in the whole: as they are written.
    fn rewrite_numbers(
        &mut self,
        loaded: Vec<Loaded<'a>>,
        schema: &Schema,
    ) -> Result<Vec<Loaded<'a>>, Error> {
        self.as_text = text_columns(Some(schema));
        let mut settled = Vec::new();
        for loaded in loaded {
            if loaded.format != Format::Parquet && has_other_than_text(&loaded.table, &self.as_text)
            {
                let file = loaded.file;
                drop(loaded);
                settled.extend(self.load(file)?);
            } else {
                settled.push(loaded);
            }
        }
        Ok(settled)
    }
}

/// True when a column of these names holds numbers or booleans.
fn has_other_than_text(table: &Table, names: &BTreeSet<String>) -> bool {
    let mut columns = table.columns.iter();
    columns.any(|own| names.contains(&own.name) && own.kind.is_some_and(|kind| kind != Kind::Text))
}

fn count_non_finite(loaded: &[Loaded<'_>], schema: &Schema) -> Vec<(String, u64)> {
    let columns = schema.columns.iter().enumerate().map(|(index, column)| {
        let own = loaded
            .iter()
            .filter_map(|loaded| column_of(&loaded.table, index, &column.name));
        (column.name.clone(), own.map(|own| own.non_finite).sum())
    });
    columns.filter(|(_, count)| *count > 0).collect()
}

fn quarantine(file: &ScannedFile, bad: Bad) -> Quarantined {
    let Bad {
        line,
        column,
        reason,
    } = bad;
    Quarantined {
        path: file.path.clone(),
        sha256: file.sha256.clone(),
        line,
        column,
        reason,
    }
}

fn into_error(bad: Quarantined) -> Error {
    Error::BadFile {
        path: bad.path,
        line: bad.line,
        column: bad.column,
        reason: bad.reason,
    }
}
