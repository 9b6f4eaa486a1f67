//! Checks on the target's labels: spelled in several ways, of several kinds, numbers, markers, classes of one row, and
//! labels that count as missing. Names of classes and files are told, other cells are not.

use super::finding::{Check, Finding};
use super::labels::listed;
use super::labels::{FileLabels, Labels, NullWord, inside, place_of};
use super::spelling::{Numeric, Variants, is_marker, numeric, slips, variants};
use super::target_kinds::{numbers, other_classes, several_kinds};
use super::wording::percent;
use crate::config::checks::{Checks, Severity};
use crate::data::Kind;
use crate::text::counted;

/// Most groups of classes, classes of a group, and files that one sentence names.
const MOST_GROUPS: usize = 4;
const MOST_NAMES: usize = 4;
/// Beyond this many classes, those of one row are no classes.
const MOST_CLASSES: usize = 100;
/// So few labels are classes, however many rows each has.
const FEW_CLASSES: usize = 20;
/// Fewer labelled rows tell nothing of a class of one row; so few of them are told beside any number of others.
const FEWEST_ROWS: u64 = 10;
const FEW_LONE: usize = 3;

/// Whether the files have to be asked where labels are before [`look_at_target`] can name them.
pub fn needs_files(labels: &Labels<'_>) -> bool {
    let all = names(labels);
    let is_mixed = || {
        let of = |is: Numeric| all.iter().any(|label| numeric(label) == is);
        of(Numeric::Plain) && (of(Numeric::No) || of(Numeric::Local))
    };
    let is_text = labels.kind == Kind::Text;
    is_text && is_mixed()
        || !spelled_twice(labels).is_empty()
        || !lone_classes(labels).is_empty()
        || may_be_others(labels)
}

/// Whether files may have classes of their own: some end before others begin.
fn may_be_others(labels: &Labels<'_>) -> bool {
    labels.is_parted && labels.counts.len() > 2 && is_of_classes(labels)
}

/// The classes that are one by their spelling.
fn spelled_twice(labels: &Labels<'_>) -> Vec<Variants> {
    if labels.kind != Kind::Text || !is_of_classes(labels) {
        return Vec::new();
    }
    let mut groups = variants(&names(labels));
    let is_told = |label: &String| groups.iter().any(|group| group.labels.contains(label));
    let slips: Vec<Variants> = slips(labels.counts)
        .into_iter()
        .filter(|slip| !slip.labels.iter().any(is_told))
        .collect();
    groups.extend(slips);
    groups
}

/// Whether the labels name classes rather than rows: few, or two rows of each on average. Others are nobody's to be told.
fn is_of_classes(labels: &Labels<'_>) -> bool {
    let n = labels.counts.len();
    let rows: u64 = labels.counts.iter().map(|(_, rows)| rows).sum();
    labels.is_class && n <= MOST_CLASSES && (n <= FEW_CLASSES || rows >= 2 * n as u64)
}

/// Looks at the target's labels. `files` says where they stand, as far as that was asked; `nulls` which texts count as
/// missing.
pub fn look_at_target(
    labels: &Labels<'_>,
    files: &[FileLabels],
    nulls: &[NullWord],
    settings: &Checks,
) -> Vec<Finding> {
    let finding = |check, severity: Severity, value: f64, bound, says: Option<String>| {
        let says = says.filter(|_| severity != Severity::Off)?;
        Some(Finding {
            check,
            column: Some(labels.target.to_string()),
            severity,
            value,
            bound,
            says,
        })
    };
    let null_cells: u64 = nulls.iter().map(|null| null.cells).sum();
    let null_share = null_cells as f64 / labels.rows.max(1) as f64;
    let is_told = null_share > settings.target_nulls.bound;
    let groups = spelled_twice(labels);
    let spare: usize = groups.iter().map(|group| group.labels.len() - 1).sum();
    let lone = lone_classes(labels);
    let markers = marker_classes(labels);
    let spelled = numbers(labels, files);
    let kinds = several_kinds(labels, files).or_else(|| {
        let is_asked = groups.is_empty() && may_be_others(labels);
        is_asked.then(|| other_classes(labels, files)).flatten()
    });
    [
        finding(
            Check::TargetNulls,
            settings.target_nulls.severity,
            null_share,
            Some(settings.target_nulls.bound),
            is_told.then(|| says_nulls(labels, nulls, null_cells, null_share)),
        ),
        finding(
            Check::TargetSpelling,
            settings.target_spelling.severity,
            spare as f64,
            None,
            (!groups.is_empty()).then(|| says_variants(labels, &groups, spare, files)),
        ),
        finding(
            Check::TargetKinds,
            settings.target_kinds.severity,
            1.0,
            None,
            kinds,
        ),
        finding(
            Check::TargetNumbers,
            settings.target_numbers.severity,
            1.0,
            None,
            spelled,
        ),
        finding(
            Check::TargetMarkers,
            settings.target_markers.severity,
            markers.iter().map(|(_, rows)| *rows as f64).sum(),
            None,
            (!markers.is_empty()).then(|| says_markers(labels, &markers)),
        ),
        finding(
            Check::TargetSingleRows,
            settings.target_single_rows.severity,
            lone.len() as f64,
            None,
            (!lone.is_empty()).then(|| says_lone(labels, &lone, files)),
        ),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn names<'a>(labels: &Labels<'a>) -> Vec<&'a str> {
    labels
        .counts
        .iter()
        .map(|(label, _)| label.as_str())
        .collect()
}

/// The files that hold a label.
fn files_with(files: &[FileLabels], label: &str) -> Vec<String> {
    let has = |file: &&FileLabels| file.labels.iter().any(|(own, _)| own == label);
    files
        .iter()
        .filter(has)
        .map(|file| file.path.clone())
        .collect()
}

fn says_nulls(labels: &Labels<'_>, nulls: &[NullWord], cells: u64, share: f64) -> String {
    let words: Vec<String> = nulls
        .iter()
        .map(|null| format!("{} `{}`", counted(null.cells, "cell"), null.word))
        .collect();
    let paths = inside(
        &nulls
            .first()
            .map(|null| null.path.clone())
            .into_iter()
            .collect::<Vec<_>>(),
    );
    let (count, them) = match cells {
        1 => ("counts", "it is"),
        _ => ("count", "they are"),
    };
    format!(
        "{} of `{}` ({} of the rows, the first{paths}) {count} as missing by `ingest.null_values`, and such rows are not learned from; if {them} a class, take the text out of `ingest.null_values`",
        words.join(", "),
        labels.target,
        percent(share),
    )
}

fn says_variants(
    labels: &Labels<'_>,
    groups: &[Variants],
    spare: usize,
    files: &[FileLabels],
) -> String {
    let all: Vec<&String> = groups.iter().flat_map(|group| &group.labels).collect();
    let places: Vec<Vec<String>> = all.iter().map(|label| files_with(files, label)).collect();
    let is_same = places.iter().all(|place| *place == places[0]);
    let told = |group: &Variants| {
        let named = |label: &String| {
            if is_same {
                format!("`{label}`")
            } else {
                format!("`{label}`{}", inside(&files_with(files, label)))
            }
        };
        let named: Vec<String> = group.labels.iter().map(named).collect();
        listed(&named, MOST_NAMES).replacen(", ", " beside ", 1)
    };
    let told: Vec<String> = groups.iter().map(told).collect();
    let mut differ: Vec<&str> = Vec::new();
    for name in groups
        .iter()
        .flat_map(|group| &group.differ)
        .map(|it| it.name())
    {
        if !differ.contains(&name) {
            differ.push(name);
        }
    }
    let place = if is_same {
        inside(&places[0])
    } else {
        String::new()
    };
    let n = labels.counts.len();
    format!(
        "classes of `{}` differ in {} only: {}{place}; {n} classes where {} are meant, so spell them alike, or compute the target in `derive`",
        labels.target,
        differ.join(" and "),
        told[..told.len().min(MOST_GROUPS)].join("; "),
        n - spare,
    )
}

fn marker_classes<'a>(labels: &Labels<'a>) -> Vec<(&'a str, u64)> {
    let is_class = is_of_classes(labels);
    let of = labels
        .counts
        .iter()
        .filter(|(label, _)| is_class && is_marker(label));
    of.map(|(label, rows)| (label.as_str(), *rows)).collect()
}

fn says_markers(labels: &Labels<'_>, markers: &[(&str, u64)]) -> String {
    let named: Vec<String> = markers
        .iter()
        .map(|(label, rows)| format!("`{label}` ({})", counted(*rows, "row")))
        .collect();
    let is = match markers.len() {
        1 => "is a class of",
        _ => "are classes of",
    };
    format!(
        "{} {is} `{}` and {} like a marker of a missing label; if so, add it to `ingest.null_values`",
        listed(&named, MOST_NAMES),
        labels.target,
        if markers.len() == 1 { "looks" } else { "look" },
    )
}

fn lone_classes<'a>(labels: &Labels<'a>) -> Vec<&'a str> {
    let rows: u64 = labels.counts.iter().map(|(_, rows)| rows).sum();
    let lone = labels.counts.iter().filter(|(_, rows)| *rows == 1);
    let lone: Vec<&str> = lone.map(|(label, _)| label.as_str()).collect();
    // Of a handful of rows each is a class of its own; where most classes are of one row, they are no classes.
    let is_told =
        rows >= FEWEST_ROWS && (lone.len() <= FEW_LONE || lone.len() * 2 <= labels.counts.len());
    if is_told && is_of_classes(labels) && labels.counts.len() > 1 {
        lone
    } else {
        Vec::new()
    }
}

fn says_lone(labels: &Labels<'_>, lone: &[&str], files: &[FileLabels]) -> String {
    let named = |label: &&str| match place_of(files, label) {
        Some(place) => format!("`{label}` ({place})"),
        None => format!("`{label}`"),
    };
    let named: Vec<String> = lone.iter().map(named).collect();
    let what = match lone.len() {
        1 => "a class of one row",
        _ => "classes of one row each",
    };
    format!(
        "{} {} {what} in `{}`: a row that is no data, a slip of the pen, or too few to learn it; remove or fix {}",
        listed(&named, MOST_NAMES),
        if lone.len() == 1 { "is" } else { "are" },
        labels.target,
        if lone.len() == 1 { "it" } else { "them" },
    )
}
