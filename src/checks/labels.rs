//! The labels of a target, as they stand in the files.

use crate::data::Kind;

/// The target of a data set, counted.
#[derive(Debug, Clone, Copy)]
pub struct Labels<'a> {
    /// Its name.
    pub target: &'a str,
    /// What its column holds.
    pub kind: Kind,
    /// Distinct labels without blanks around them, and the rows of each; sorted.
    pub counts: &'a [(String, u64)],
    /// All rows.
    pub rows: u64,
    /// Whether its values are classes rather than numbers.
    pub is_class: bool,
    /// Whether there are several files, and some class ends, in the order of the rows, before another begins.
    pub is_parted: bool,
    /// Files that were left out for what their target holds, and why.
    pub left_out: &'a [(String, String)],
}

/// What one file's target holds, as it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileLabels {
    /// Relative to the input folder.
    pub path: String,
    /// Distinct labels without blanks around them, and where each stands first: "line 7" or "row 6", if known.
    pub labels: Vec<(String, Option<String>)>,
    /// The rows of each.
    pub rows: Vec<u64>,
}

/// A text of the target that counts as missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NullWord {
    /// As it is written, without blanks around it.
    pub word: String,
    /// Cells that hold it.
    pub cells: u64,
    /// The first file with one.
    pub path: String,
}

/// ` in a.csv, b.csv`, or nothing where it is not known.
pub(super) fn inside(files: &[String]) -> String {
    if files.is_empty() {
        String::new()
    } else {
        format!(" in {}", listed(files, MOST_FILES))
    }
}

/// `a.csv, line 7`: where a label stands first.
pub(super) fn place_of(files: &[FileLabels], label: &str) -> Option<String> {
    files.iter().find_map(|file| {
        let (_, place) = file.labels.iter().find(|(own, _)| own == label)?;
        Some(match place {
            Some(place) => format!("{}, {place}", file.path),
            None => file.path.clone(),
        })
    })
}

pub(super) const MOST_FILES: usize = 2;

/// `a`, `b` and 3 more.
pub(super) fn listed(items: &[String], most: usize) -> String {
    let (shown, rest) = items.split_at(items.len().min(most));
    match rest.len() {
        0 => shown.join(", "),
        n => format!("{} and {n} more", shown.join(", ")),
    }
}
