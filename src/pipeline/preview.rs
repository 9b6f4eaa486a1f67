//! What can be known of a run before it: from the headers and the first rows of the files, without writing anything.
//! `config check` shows all of it; a run looks at its test data in this way before it trains.

mod head;
mod test_data;
mod times;

use std::path::Path;

use self::head::{HEAD, Head, MOST_FILES, head};
use self::test_data::{TestRowFacts, test_data};
use self::times::times_in_doubt;
use super::dataset::{Dataset, quarantine_line};
use super::derive::with_derived;
use super::error::Error;
use super::ingest::{heads_of_tables, missing_columns, read_options};
use super::labels::target_of;
use super::target::{Target, read_target};
use super::{Env, decision, target_cells};
use crate::checks::{Finding, IdentifierRows, identifiers};
use crate::config::{ModelConfig, Related, Severity};
use crate::data::{self, Scan, Schema};
use crate::features::Dropped;
use crate::joins;
use crate::text::causes;

/// What was seen.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Preview {
    /// What a run would fail for, each as the end of "failed to …".
    pub problems: Vec<String>,
    /// Notes that do not stop it.
    pub notes: Vec<String>,
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
    if let Err(error) = joins::plan(related, &read.tables) {
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
    /// What the checks would report, and what they would end a run for.
    fn findings(&mut self, place: &str, found: &[Finding]) {
        for finding in found {
            let line = format!("{place}check `{}`: {}", finding.check.name(), finding.says);
            match finding.severity {
                Severity::Off => {}
                Severity::Block => self.problems.push(line),
                _ => self.notes.push(line),
            }
        }
    }

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
    let quarantined = read.quarantined.clone();
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
    let wanted = match read_target(config, &frame, &target) {
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
        let line = |it: &Dropped| format!("`{}` is {}, and not used", it.column, it.reason);
        seen.notes.extend(named.iter().map(line));
    }
    let left_out = quarantined.iter();
    let left_out = left_out.map(|file| (&file.path, file.column.as_deref(), &file.reason));
    let of_target = target_cells::Seen {
        frame: &frame,
        files,
        left_out: target_cells::left_out_for(&target, left_out),
        is_class: !matches!(wanted, Some(Target::Numbers(_))),
    };
    // Large files are not read for it.
    let few = || {
        let files = input.files.iter().filter(|_| is_whole);
        files.cloned().collect()
    };
    let of_target = target_cells::findings_of(config, &of_target, &target, few)?;
    seen.findings("", &of_target);
    for error in times_in_doubt(config, &frame) {
        if is_whole {
            seen.problem(&error);
        } else {
            let line = std::iter::once(error.to_string()).chain(causes(&error));
            let line = line.collect::<Vec<_>>().join(": ");
            seen.notes.push(format!("of the first rows, {line}"));
        }
    }
    let known = TestRowFacts {
        is_whole,
        schema: &Schema::of(&frame),
        profile: &data::summarise(&frame),
        named: &named,
        target: &target,
        wanted: wanted.as_ref(),
    };
    let scan = test.map_err(Error::Data)?;
    let of_test = test_data(config, &scan, &known)?;
    seen.findings("test data: ", &of_test);
    Ok(())
}

/// Looks at a run's test data before it trains: without rows, labels or columns there, nothing could be judged by it.
///
/// # Errors
/// As scoring would report after the training.
pub fn before_training(env: &Env, dataset: &Dataset, scan: &Scan) -> Result<(), Error> {
    let (config, frame) = (&env.config, &dataset.frame);
    if config.related.is_some() {
        return Ok(());
    }
    let target = target_of(config, frame)?;
    // What is wrong with the target is reported by the training, with what its labels show.
    let Ok(wanted) = read_target(config, frame, &target) else {
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
    test_data(config, scan, &known).map(|_| ())
}
