//! A verdict in words.

use super::column::Measure;
use super::compare::Compared;
use super::judged::{ColumnDrift, Verdict};
use crate::text::counted;

/// Change of a share that is worth a word.
const WORTH: f64 = 0.01;
/// Columns that are named.
const NAMED: usize = 5;

/// Why a column has its verdict.
pub fn of_column(
    drift: &ColumnDrift,
    compared: &Compared,
    is_absent: bool,
    is_ignored: bool,
) -> String {
    if is_absent {
        return "the column is not there".to_string();
    }
    if compared.rows == 0 {
        return "no row was counted".to_string();
    }
    if compared.is_empty {
        return if compared.shares[0].missing >= 1.0 {
            "no row has a value, as in the reference".to_string()
        } else {
            format!(
                "no row has a value; in the reference {} had none",
                percent(compared.shares[0].missing)
            )
        };
    }
    let change = changes(drift, compared);
    let sizes = format!(
        "PSI {:.2}, of which {:.2} beyond chance",
        drift.psi, drift.effect
    );
    match drift.verdict {
        Verdict::Ok if is_ignored && drift.is_found => {
            format!("ignored by `drift.columns`: {change}")
        }
        Verdict::Ok if compared.is_constant => "one value, as in the reference".to_string(),
        Verdict::Ok => "as in the reference".to_string(),
        Verdict::Unknown => format!(
            "{} are too few to tell; chance alone makes a PSI of {:.2}",
            counted(compared.rows, "row"),
            compared.by_chance
        ),
        Verdict::Warn => format!("{change} ({sizes}), in this window and not in the two before"),
        Verdict::Drift => format!("{change} ({sizes})"),
    }
}

/// What has changed, the most telling first.
fn changes(drift: &ColumnDrift, compared: &Compared) -> String {
    let [then, now] = compared.shares;
    let mut parts = Vec::new();
    if (now.missing - then.missing).abs() >= WORTH {
        parts.push(format!(
            "missing in {}, in the reference in {}",
            percent(now.missing),
            percent(then.missing)
        ));
    }
    if now.new >= WORTH {
        parts.push(format!(
            "{} have a category that the reference has not",
            percent(now.new)
        ));
    }
    for (share, side) in [
        (now.below, "below its smallest"),
        (now.above, "above its largest"),
    ] {
        if share >= WORTH {
            parts.push(format!("{} are {side} value", percent(share)));
        }
    }
    if let Some([then, now]) = compared.medians {
        let what = match drift.kind {
            Measure::Length => "the median length",
            Measure::UnknownWords => "the median share of unknown words",
            Measure::Number | Measure::Category => "the median",
        };
        if short(then) == short(now) {
            parts.push("the values are spread differently".to_string());
        } else {
            parts.push(format!(
                "{what} moved from about {} to {}",
                short(then),
                short(now)
            ));
        }
    } else if parts.is_empty() {
        let moved = compared.total_variation.unwrap_or(0.0);
        parts.push(format!(
            "{} of the rows are of other categories",
            percent(moved)
        ));
    }
    parts.join("; ")
}

/// Why the whole has its verdict.
pub fn overall(
    verdict: Verdict,
    rows: u64,
    features: &[ColumnDrift],
    prediction: Option<&ColumnDrift>,
) -> String {
    let is = |verdict: Verdict| move |it: &&ColumnDrift| it.verdict == verdict;
    let drifting: Vec<&ColumnDrift> = features.iter().filter(is(Verdict::Drift)).collect();
    let warned: Vec<&ColumnDrift> = features.iter().filter(is(Verdict::Warn)).collect();
    let predictions = prediction.filter(is(Verdict::Drift));
    match verdict {
        Verdict::Drift if predictions.is_some() && drifting.is_empty() => {
            "the predictions differ from those on rows held back in training, and no column explains it".to_string()
        }
        Verdict::Drift => {
            let also = match predictions {
                Some(_) => ", and so do the predictions",
                None => "",
            };
            let (names, s) = named(&drifting);
            format!("{names} differ{s} from what the model was trained on{also}")
        }
        Verdict::Warn if !drifting.is_empty() => {
            let (names, s) = named(&drifting);
            format!("{names} differ{s} from what the model was trained on, but hardly matter{s} to it")
        }
        Verdict::Warn if warned.is_empty() => {
            "the predictions differ in this window, and not in the two before".to_string()
        }
        Verdict::Warn => {
            let (names, s) = named(&warned);
            format!("{names} differ{s} in this window, and not in the two before")
        }
        Verdict::Unknown if rows == 0 => "no data: there are no rows".to_string(),
        Verdict::Unknown => format!("{} are too few to tell", counted(rows, "row")),
        Verdict::Ok => "as in the rows that the model was trained on".to_string(),
    }
}

/// The names of columns in a sentence, and what the verb after them ends in.
fn named(columns: &[&ColumnDrift]) -> (String, &'static str) {
    let mut names: Vec<&str> = Vec::new();
    for column in columns {
        if !names.contains(&column.name.as_str()) {
            names.push(&column.name);
        }
    }
    let n = names.len();
    names.truncate(NAMED);
    let listed: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    let rest = if n > NAMED {
        format!(" and {} more", n - NAMED)
    } else {
        String::new()
    };
    let ending = if n == 1 { "s" } else { "" };
    (format!("{}{rest}", listed.join(", ")), ending)
}

fn percent(share: f64) -> String {
    format!("{:.1} %", 100.0 * share)
}

/// Three digits that count.
fn short(number: f64) -> String {
    if number == 0.0 {
        return "0".to_string();
    }
    let digits = 2 - number.abs().log10().floor() as i32;
    format!("{number:.*}", digits.clamp(0, 8) as usize)
}
