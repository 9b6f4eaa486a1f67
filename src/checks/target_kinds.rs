//! What kind of thing a target's labels are: the same in every file, and numbers that read as such.

use super::labels::{FileLabels, Labels, inside, listed, place_of};
use super::spelling::{Numeric, folded, numeric};
use crate::data::Kind;
use crate::text::counted;

/// Share of the labelled rows that are numbers from which on the others are told of.
const MOSTLY_NUMBERS: f64 = 0.8;

/// What a file's labels are.
fn kind_of(file: &FileLabels) -> Option<&'static str> {
    let of = |label: &str| match (numeric(label), label.to_lowercase().as_str()) {
        (Numeric::Plain, _) => "numbers",
        (_, "true" | "false") => "booleans",
        _ => "text",
    };
    let mut kinds: Vec<&str> = file.labels.iter().map(|(label, _)| of(label)).collect();
    kinds.sort_unstable();
    kinds.dedup();
    match kinds[..] {
        [] => None,
        ["numbers"] => Some("numbers"),
        ["booleans"] => Some("booleans"),
        _ => Some("text"),
    }
}

/// A target of several kinds, by the files that were left out for it, else by those that are in.
pub(super) fn several_kinds(labels: &Labels<'_>, files: &[FileLabels]) -> Option<String> {
    let target = labels.target;
    if let Some((path, why)) = labels.left_out.first() {
        let more = match labels.left_out.len() {
            1 => "is".to_string(),
            n => format!("and {} are", counted(n as u64 - 1, "more file")),
        };
        return Some(format!(
            "`{target}` is of another kind in some files: {path} {more} left out ({why}); write it the same way in every file, or set its kind in `schema`"
        ));
    }
    let mut kinds: Vec<(&str, Vec<String>)> = Vec::new();
    for file in files {
        let Some(kind) = kind_of(file) else { continue };
        match kinds.iter_mut().find(|(known, _)| *known == kind) {
            Some((_, paths)) => paths.push(file.path.clone()),
            None => kinds.push((kind, vec![file.path.clone()])),
        }
    }
    let told: Vec<String> = kinds
        .iter()
        .map(|(kind, paths)| format!("{kind}{}", inside(paths)))
        .collect();
    (kinds.len() > 1).then(|| {
        format!(
            "`{target}` is of several kinds: {}; write it the same way in every file",
            told.join(", ")
        )
    })
}

/// How unlikely it must be that a class is absent from a file by chance.
const CHANCE: f64 = 1e-6;
/// Most classes of a file that are named.
const MOST_CLASSES: usize = 4;

/// Two files of which each has a class that the other lacks, though it is frequent: they say the same in other words, or
/// number their classes otherwise. New classes come in one file only.
pub(super) fn other_classes(labels: &Labels<'_>, files: &[FileLabels]) -> Option<String> {
    let (one, other) = files.iter().enumerate().find_map(|(at, one)| {
        let mut later = files[at + 1..].iter();
        let other = later.find(|other| lacks(one, other) && lacks(other, one))?;
        Some((one, other))
    })?;
    let told = |file: &FileLabels| {
        let named: Vec<String> = file
            .labels
            .iter()
            .map(|(label, _)| format!("`{label}`"))
            .collect();
        format!(
            "{}{}",
            listed(&named, MOST_CLASSES),
            inside(std::slice::from_ref(&file.path))
        )
    };
    Some(format!(
        "`{}` has other classes in some files: {}; {}; where they mean the same, spell them alike, or compute the target in `derive`",
        labels.target,
        told(one),
        told(other),
    ))
}

/// Whether a file of several classes lacks one of another file, and not by chance.
fn lacks(file: &FileLabels, other: &FileLabels) -> bool {
    let all = |file: &FileLabels| file.rows.iter().sum::<u64>() as f64;
    let (rows, others) = (all(file), all(other));
    // As numbers, `1.0` and `1` are one class.
    let own: Vec<String> = file.labels.iter().map(|(own, _)| folded(own)).collect();
    let is_absent = |label: &str| !own.contains(&folded(label));
    let is_told = |n: u64| (1.0 - n as f64 / others).powf(rows) < CHANCE;
    let mut classes = other.labels.iter().zip(&other.rows);
    file.labels.len() > 1
        && other.labels.len() > 1
        && classes.any(|((label, _), n)| is_absent(label) && is_told(*n))
}

/// Classes that are numbers in another form, or numbers but for a few.
pub(super) fn numbers(labels: &Labels<'_>, files: &[FileLabels]) -> Option<String> {
    if labels.kind != Kind::Text {
        return None;
    }
    let rows = |is: Numeric| -> u64 {
        let of = labels
            .counts
            .iter()
            .filter(|(label, _)| numeric(label) == is);
        of.map(|(_, rows)| rows).sum()
    };
    let (plain, local, other) = (
        rows(Numeric::Plain),
        rows(Numeric::Local),
        rows(Numeric::No),
    );
    let all = plain + local + other;
    let is_mostly = (plain + local) as f64 >= MOSTLY_NUMBERS * all as f64;
    if !is_mostly || all == plain || all == 0 {
        return None;
    }
    let target = labels.target;
    if local > 0 {
        return Some(format!(
            "{local} of {} of `{target}` are numbers that do not read as such (a currency, a per cent sign, or separators of another country), so they count as classes; set `ingest.decimal`, `ingest.thousands` or `ingest.currency`, or write plain numbers",
            counted(all, "label"),
        ));
    }
    let first = labels
        .counts
        .iter()
        .find(|(label, _)| numeric(label) == Numeric::No);
    let place = first.and_then(|(label, _)| place_of(files, label));
    let place = place.map_or_else(String::new, |place| format!(", the first in {place}"));
    Some(format!(
        "{plain} of {} of `{target}` are numbers and {other} {} not{place}; if that is a marker of missing labels, add it to `ingest.null_values`, else fix the file",
        counted(all, "label"),
        if other == 1 { "is" } else { "are" },
    ))
}
