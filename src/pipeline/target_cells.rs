//! What the target's cells are in the files themselves: requested only where the data set makes one doubt its labels.

use std::collections::BTreeMap;

use polars::prelude::DataFrame;

use super::Env;
use super::dataset::Dataset;
use super::error::Error;
use super::ingest::read_options;
use super::labels::labels_of;
use crate::checks::{FileLabels, Finding, Labels, NullWord, look_at_target, needs_files};
use crate::config::ModelConfig;
use crate::data::{self, Kind, OnBadFile, ReadOptions, Scan, ScannedFile, Schema};
use crate::features::Encoded;

/// Most files that are asked.
const MOST_FILES: usize = 200;

/// What the checks say of the target of a data set. `is_class` is false where it is a number to predict.
pub fn findings(
    env: &Env,
    dataset: &Dataset,
    target: &str,
    is_class: bool,
) -> Result<Vec<Finding>, Error> {
    let record = &dataset.record;
    let left_out = record.quarantined.iter();
    let left_out = left_out.map(|file| (&file.path, file.column.as_deref(), &file.reason));
    let seen = Seen {
        frame: &dataset.frame,
        files: record.files.len(),
        left_out: left_out_for(target, left_out),
        is_class,
    };
    let same_files = || same_files(&env.config, dataset);
    findings_of(&env.config, &seen, target, same_files)
}

/// Rows with a target, as they were read.
pub struct Seen<'a> {
    /// The rows.
    pub frame: &'a DataFrame,
    /// How many files they come from.
    pub files: usize,
    /// Files that were left out for what their target holds, and why.
    pub left_out: Vec<(String, String)>,
    /// Whether its values are classes rather than numbers.
    pub is_class: bool,
}

/// Of files that were left out, with column and reason, those that were so for the kind of their target.
pub fn left_out_for<'a>(
    target: &str,
    files: impl Iterator<Item = (&'a String, Option<&'a str>, &'a String)>,
) -> Vec<(String, String)> {
    files
        .filter(|(_, column, reason)| *column == Some(target) && is_about_kinds(reason))
        .map(|(path, _, reason)| (path.clone(), reason.clone()))
        .collect()
}

/// What the checks say of the target of some rows. `files` are searched for where labels stand, and only where that is in doubt.
pub fn findings_of(
    config: &ModelConfig,
    seen: &Seen<'_>,
    target: &str,
    files: impl Fn() -> Vec<ScannedFile>,
) -> Result<Vec<Finding>, Error> {
    let encoded = labels_of(seen.frame, target, "the data set")?;
    let kind = Schema::of(seen.frame)
        .get(target)
        .map_or(Kind::Text, |it| it.kind);
    let counts = counts_of(&encoded);
    let labels = Labels {
        target,
        kind,
        counts: &counts,
        rows: seen.frame.height() as u64,
        is_class: seen.is_class,
        is_parted: seen.files > 1 && is_parted(&encoded),
        left_out: &seen.left_out,
    };
    let is_in_files = config.related.is_none() && config.derive.iter().all(|it| it.name != target);
    let missing = encoded.codes.iter().any(Option::is_none);
    let (mut told, mut nulls) = (Vec::new(), Vec::new());
    if is_in_files && (needs_files(&labels) || missing) {
        let files = files();
        if needs_files(&labels) {
            told = files
                .iter()
                .filter_map(|file| labels_in(config, file, target))
                .collect();
        }
        if missing {
            nulls = nulls_in(config, &files, target);
        }
    }
    Ok(look_at_target(&labels, &told, &nulls, &config.checks))
}

/// Whether some label ends, in the order of the rows, before another begins.
fn is_parted(labels: &Encoded) -> bool {
    let n = labels.distinct.len();
    let (mut first, mut last) = (vec![usize::MAX; n], vec![0; n]);
    for (row, code) in labels.codes.iter().enumerate() {
        if let Some(code) = code {
            let at = *code as usize;
            first[at] = first[at].min(row);
            last[at] = row;
        }
    }
    let earliest = last.iter().min();
    let latest = first.iter().filter(|row| **row != usize::MAX).max();
    matches!((earliest, latest), (Some(end), Some(begin)) if end < begin)
}

/// Whether a file was left out for the kind of its cells.
fn is_about_kinds(reason: &str) -> bool {
    reason.starts_with("expected ")
}

/// Distinct labels and their rows, sorted.
fn counts_of(encoded: &Encoded) -> Vec<(String, u64)> {
    let mut counts: Vec<(String, u64)> = encoded
        .distinct
        .iter()
        .cloned()
        .zip(encoded.counts())
        .collect();
    counts.sort();
    counts
}

/// The files of the data set that are still there with the content they had.
fn same_files(config: &ModelConfig, dataset: &Dataset) -> Vec<ScannedFile> {
    // What cannot be read any more cannot be named; the finding stands without.
    let Ok(scan) = data::scan(&config.input_folder.here()) else {
        return Vec::new();
    };
    let is_read = |file: &ScannedFile| {
        let mut files = dataset.record.files.iter();
        files.any(|read| read.sha256 == file.sha256)
    };
    let same = scan.files.into_iter().filter(is_read);
    same.take(MOST_FILES).collect()
}

/// The target of one file as it is written: its labels, row by row.
fn read_alone(
    config: &ModelConfig,
    file: &ScannedFile,
    target: &str,
    null_values: Vec<String>,
) -> Option<Encoded> {
    let mut options = ReadOptions {
        null_values,
        on_bad_file: OnBadFile::Quarantine,
        rules: Vec::new(),
        ..read_options(config, false)
    };
    options.kinds.insert(target.to_string(), Kind::Text);
    let scan = Scan {
        files: vec![file.clone()],
        ..Scan::default()
    };
    let read = data::read(&config.input_folder.here(), &scan, &options, None).ok()?;
    labels_of(&read.frame, target, "the file").ok()
}

/// Which labels a file holds, and where each stands first.
fn labels_in(config: &ModelConfig, file: &ScannedFile, target: &str) -> Option<FileLabels> {
    let encoded = read_alone(config, file, target, config.ingest.null_values.clone())?;
    let counts = encoded.counts();
    let place = |code: u32| {
        let row = encoded.codes.iter().position(|own| *own == Some(code))?;
        let line = data::line_of_row(
            &config.input_folder.here().join(&file.path),
            row as u64,
            encoded.codes.len() as u64,
        );
        Some(match line {
            Some(line) => format!("line {line}"),
            None => format!("row {}", row + 1),
        })
    };
    // Only for a lone label is it worth the search.
    let labels = encoded.distinct.iter().enumerate().map(|(code, label)| {
        let is_lone = counts[code] == 1;
        (
            label.clone(),
            if is_lone { place(code as u32) } else { None },
        )
    });
    Some(FileLabels {
        path: file.path.clone(),
        labels: labels.collect(),
        rows: counts.clone(),
    })
}

/// The texts of the target that count as missing, most cells first. Only CSV files have such texts.
fn nulls_in(config: &ModelConfig, files: &[ScannedFile], target: &str) -> Vec<NullWord> {
    let words: Vec<&str> = config
        .ingest
        .null_values
        .iter()
        .map(|word| word.trim())
        .collect();
    let mut found: BTreeMap<String, (u64, String)> = BTreeMap::new();
    for file in files {
        let Some(encoded) = read_alone(config, file, target, Vec::new()) else {
            continue;
        };
        for (label, cells) in encoded.distinct.iter().zip(encoded.counts()) {
            if !label.is_empty() && words.contains(&label.as_str()) {
                let entry = found.entry(label.clone()).or_insert((0, file.path.clone()));
                entry.0 += cells;
            }
        }
    }
    let mut nulls: Vec<NullWord> = found
        .into_iter()
        .map(|(word, (cells, path))| NullWord { word, cells, path })
        .collect();
    nulls.sort_by_key(|null| std::cmp::Reverse(null.cells));
    nulls
}
