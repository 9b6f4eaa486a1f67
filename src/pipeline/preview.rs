//! What can be known of a run before it: from the headers and the first rows of the files, without writing anything.
//! `config check` tells all of it; a run looks at its test data in this way before it trains.

use std::path::Path;

use super::dataset::{Dataset, quarantine_line};
use super::derive::with_derived;
use super::error::{Error, did_you_mean};
use super::ingest::{heads_of_tables, missing_columns, read_options};
use super::labels::{labels_of, target_of};
use super::wanted::{Wanted, wanted};
use super::{Env, decision};
use crate::checks::{IdentifierRows, identifiers};
use crate::config::features::Encode;
use crate::config::{ModelConfig, Related};
use crate::data::{self, ColumnSummary, FolderRead, OnBadFile, ReadOptions, Scan, Schema};
use crate::features::Dropped;
use crate::relate;
use crate::text::causes;

/// Bytes of each file that are looked at, and most files.
const HEAD: u64 = 1 << 20;
const MOST_FILES: usize = 64;

/// What was seen.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Preview {
    /// What a run would fail for, each as the end of "failed to …".
    pub problems: Vec<String>,
    /// What it would go on with, and what somebody should know.
    pub notes: Vec<String>,
}

/// The first rows of a folder's files.
struct Head {
    read: FolderRead,
    /// Whether that is all there is.
    is_whole: bool,
}

/// Looks at the files of a model.
pub fn preview(config: &ModelConfig) -> Preview {
    let mut seen = Preview::default();
    let (input_folder, test_folder) = (config.input_folder.here(), config.test_folder.here());
    let (Ok(input), test) = (data::scan(&input_folder), data::scan(&test_folder)) else {
        return seen;
    };
    // Nothing is wrong with a project that has no files yet.
    if input.files.is_empty() {
        return seen;
    }
    if let Some(related) = &config.related {
        let folders = [(&input_folder, Ok(input)), (&test_folder, test)];
        for ((folder, scan), place) in folders.into_iter().zip(["", "test data: "]) {
            look_at_tables(config, related, (folder, scan), place, &mut seen);
        }
        return seen;
    }
    if let Err(error) = look(config, &input, test, &mut seen) {
        seen.problem(&error);
    }
    seen
}

/// Looks whether the tables and columns that `related` names are there: tables are rows only once they were put together, so
/// what is in them is not asked.
fn look_at_tables(
    config: &ModelConfig,
    related: &Related,
    (folder, scan): (&Path, Result<Scan, data::Error>),
    place: &str,
    seen: &mut Preview,
) {
    let read = scan.map_err(Error::Data).and_then(|mut scan| {
        scan.files.truncate(MOST_FILES);
        heads_of_tables(config, related, folder, &scan, HEAD)
    });
    let read = match read {
        Ok(read) => read,
        Err(error) => return seen.problem(&error),
    };
    let left_out = read.record.quarantined.iter().map(quarantine_line);
    let remarks = read.record.remarks.into_iter().map(|it| it.says);
    let notes = left_out.chain(remarks).chain(read.record.notes);
    seen.notes
        .extend(notes.map(|note| format!("{place}{note}")));
    if let Err(error) = relate::plan(related, &read.tables) {
        let mut told = Preview::default();
        told.problem(&error.into());
        let problems = told.problems.into_iter();
        seen.problems.extend(problems.map(|problem| {
            if place.is_empty() {
                problem
            } else {
                format!("{problem} (in the test data)")
            }
        }));
    }
}

impl Preview {
    fn problem(&mut self, error: &Error) {
        let mut parts = vec![error.to_string()];
        parts.extend(causes(error));
        let problem = parts.join(": ");
        if !self.problems.contains(&problem) {
            self.problems.push(problem);
        }
    }
}

fn look(
    config: &ModelConfig,
    input: &Scan,
    test: Result<Scan, data::Error>,
    seen: &mut Preview,
) -> Result<(), Error> {
    let Head { read, is_whole } = head(
        config,
        input,
        &config.input_folder.here(),
        read_options(config, false),
    )?;
    let left_out = read.quarantined.iter().map(quarantine_line);
    seen.notes
        .extend(left_out.chain(read.notes.iter().cloned()));
    if read.frame.height() == 0 {
        let why = if read.quarantined.is_empty() {
            "the files have headers but no rows"
        } else {
            "every file is left out, as said above"
        };
        return Err(Error::NoInput {
            folder: config.input_folder.shown(),
            why: why.to_string(),
        });
    }
    let files = read.files.len();
    let frame = with_derived(config, read.frame)?;
    let missing = missing_columns(config, &frame);
    missing.iter().for_each(|error| seen.problem(error));
    let target = target_of(config, &frame)?;
    if Schema::of(&frame).get(&target).is_none() {
        return Ok(());
    }
    let wanted = match wanted(config, &frame, &target) {
        Ok(wanted) => Some(wanted),
        // Later rows may hold another class.
        Err(error @ Error::Target { .. }) if !is_whole => {
            seen.notes.push(format!("of the first rows, {error}"));
            None
        }
        Err(error) => {
            seen.problem(&error);
            None
        }
    };
    let mut named = Vec::new();
    if let Some(wanted) = &wanted {
        if let Err(error) = decision::check(
            &config.learner_for(wanted.task()),
            &target,
            wanted.n_classes(),
        ) {
            seen.problem(&error);
        }
        named = identifiers(&IdentifierRows {
            frame: &frame,
            files,
            excluded: &config.excluded(&target),
            target: wanted.checked(),
            settings: &config.features,
        });
        let line = |it: &Dropped| format!("`{}` is {}, and not learned from", it.column, it.reason);
        seen.notes.extend(named.iter().map(line));
    }
    let known = TestRowFacts {
        is_whole,
        schema: &Schema::of(&frame),
        profile: &data::summarise(&frame),
        named: &named,
        target: &target,
        wanted: wanted.as_ref(),
    };
    match test {
        Ok(scan) => test_data(config, &scan, &known),
        Err(error) => Err(Error::Data(error)),
    }
}

/// The first rows of the first files.
fn head(
    config: &ModelConfig,
    scan: &Scan,
    folder: &std::path::Path,
    options: ReadOptions,
) -> Result<Head, Error> {
    let options = ReadOptions {
        on_bad_file: OnBadFile::Quarantine,
        head: Some(HEAD),
        rules: Vec::new(),
        kinds: options.kinds,
        ..read_options(config, false)
    };
    let mut few = scan.clone();
    few.files.truncate(MOST_FILES);
    let is_small = |file: &data::ScannedFile| file.bytes < HEAD && !is_compressed(&file.path);
    let is_whole = few.files.len() == scan.files.len() && scan.files.iter().all(is_small);
    let read = data::read(folder, &few, &options, None)?;
    Ok(Head { read, is_whole })
}

fn is_compressed(path: &str) -> bool {
    path.ends_with(".gz") || path.ends_with(".zst")
}

/// What the data set says of test rows.
struct TestRowFacts<'a> {
    /// Whether all of its rows were seen.
    is_whole: bool,
    schema: &'a Schema,
    profile: &'a [ColumnSummary],
    named: &'a [Dropped],
    target: &'a str,
    wanted: Option<&'a Wanted>,
}

/// Looks at a run's test data before it trains: without rows, labels or columns there, nothing could be judged by it.
///
/// # Errors
/// As scoring would tell after the training.
pub fn before_training(env: &Env, dataset: &Dataset, scan: &Scan) -> Result<(), Error> {
    let (config, frame) = (&env.config, &dataset.frame);
    if config.related.is_some() {
        return Ok(());
    }
    let target = target_of(config, frame)?;
    // What is wrong with the target is told by the training, with what its labels show.
    let Ok(wanted) = wanted(config, frame, &target) else {
        return Ok(());
    };
    let named = identifiers(&IdentifierRows {
        frame,
        files: dataset.record.files.len(),
        excluded: &config.excluded(&target),
        target: wanted.checked(),
        settings: &config.features,
    });
    let known = TestRowFacts {
        is_whole: true,
        schema: &Schema::of(frame),
        profile: &dataset.profile,
        named: &named,
        target: &target,
        wanted: Some(&wanted),
    };
    test_data(config, scan, &known)
}

fn test_data(config: &ModelConfig, scan: &Scan, known: &TestRowFacts<'_>) -> Result<(), Error> {
    let nothing = |why: String| Error::NoTestData {
        folder: config.test_folder.shown(),
        why,
    };
    if scan.files.is_empty() {
        return Err(nothing(
            "the folder has no data file; put labelled rows there that are never trained on"
                .to_string(),
        ));
    }
    let mut options = read_options(config, false);
    for column in &known.schema.columns {
        options
            .kinds
            .entry(column.name.clone())
            .or_insert(column.kind);
    }
    let Head { read, is_whole } = head(config, scan, &config.test_folder.here(), options)?;
    // Of the first rows alone a column may look like another kind than it is in the whole.
    let is_whole = is_whole && known.is_whole;
    if read.frame.height() == 0 && is_whole {
        let bad = read
            .quarantined
            .first()
            .map(|file| format!("test file {}", quarantine_line(file)));
        return Err(nothing(bad.unwrap_or_else(|| {
            "the files have headers but no rows".to_string()
        })));
    }
    if read.frame.width() == 0 {
        return Ok(());
    }
    // A column that a derived one reads may be missing, which scoring tells with all that are.
    let Ok(frame) = with_derived(config, read.frame) else {
        return Ok(());
    };
    let labels = labels_of(&frame, known.target, "the test data")?;
    if labels.distinct.is_empty() && is_whole && frame.height() > 0 {
        return Err(nothing(format!("no row has a value in `{}`", known.target)));
    }
    if let Some(wanted @ Wanted::Classes { classes, .. }) = known.wanted
        && is_whole
        && !labels.distinct.is_empty()
        && !labels.distinct.iter().any(|label| classes.contains(label))
    {
        let shown = |names: &[String]| {
            let few: Vec<String> = names
                .iter()
                .take(5)
                .map(|name| format!("`{name}`"))
                .collect();
            few.join(", ")
        };
        let n = wanted.n_classes().unwrap_or(0);
        return Err(nothing(format!(
            "no label there is one of the {n} classes of the data set: `{}` is {} there and {} here; spell them alike",
            known.target,
            shown(&labels.distinct),
            shown(classes)
        )));
    }
    let schema = Schema::of(&frame);
    let slices = config.gate.slices.iter().map(|slice| &slice.column);
    if let Some(column) = slices.into_iter().find(|name| schema.get(name).is_none()) {
        return Err(Error::NoColumn {
            column: column.clone(),
            role: "`gate.slices`",
            place: "the test data".to_string(),
            hint: did_you_mean(column, schema.names().into_iter()),
        });
    }
    let is_needed = |column: &&ColumnSummary| {
        let own = config.features.columns.get(&column.name);
        let is_dropped = own.is_some_and(|own| own.encode == Some(Encode::Drop));
        let is_text = column.kind == data::Kind::Text;
        let names_rows = is_text && column.distinct * 4 > column.rows;
        let is_named = known
            .named
            .iter()
            .any(|dropped| dropped.column == column.name);
        let is_excluded = config.excluded(known.target).contains(&column.name);
        !(is_excluded || is_dropped || names_rows || is_named || column.distinct < 2)
    };
    let needed = known.profile.iter().filter(is_needed);
    match needed
        .map(|it| &it.name)
        .find(|name| schema.get(name).is_none())
    {
        Some(column) => Err(Error::NoColumn {
            column: column.clone(),
            role: "learned from",
            place: "the test data".to_string(),
            hint: did_you_mean(column, schema.names().into_iter()),
        }),
        None => Ok(()),
    }
}
