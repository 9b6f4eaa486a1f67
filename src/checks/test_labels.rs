//! Labels of test rows that are not a class of the data set: each such row is a mistake whatever the model says.

use super::finding::{Check, Finding};
use super::spelling::variants;
use crate::config::checks::{Checks, Severity};
use crate::text::counted;

/// Most labels that are named.
const MOST: usize = 5;

/// What is said of test labels that no training row has, with the class that each may be another spelling of.
pub fn unknown_labels(
    labels: &[(String, u64)],
    classes: &[String],
    target: &str,
    settings: &Checks,
) -> Option<Finding> {
    let severity = settings.test_labels.severity;
    if severity == Severity::Off || classes.is_empty() {
        return None;
    }
    let is_new = |label: &&(String, u64)| !classes.contains(&label.0);
    let mut new: Vec<&(String, u64)> = labels.iter().filter(is_new).collect();
    new.sort_by(|one, other| other.1.cmp(&one.1).then(one.0.cmp(&other.0)));
    let rows: u64 = new.iter().map(|(_, rows)| rows).sum();
    if rows == 0 {
        return None;
    }
    // Which class of the data set each may be another spelling of.
    let all: Vec<&str> = classes.iter().map(String::as_str).collect();
    let all: Vec<&str> = all
        .into_iter()
        .chain(new.iter().map(|(label, _)| label.as_str()))
        .collect();
    let groups = variants(&all);
    let like = |label: &String| {
        let group = groups.iter().find(|group| group.labels.contains(label))?;
        group.labels.iter().find(|it| classes.contains(it))
    };
    let named = new.iter().take(MOST).map(|(label, rows)| {
        let like =
            like(label).map_or_else(String::new, |class| format!(", `{class}` in the data set"));
        format!("`{label}` ({}{like})", counted(*rows, "row"))
    });
    let mut named = named.collect::<Vec<_>>().join(", ");
    if let Some(more) = new.len().checked_sub(MOST).filter(|more| *more > 0) {
        named += &format!(" and {}", counted(more as u64, "more label"));
    }
    let all: u64 = labels.iter().map(|(_, rows)| rows).sum();
    let says = format!(
        "{rows} of {} have a label in `{}` that no training row has: {named}; where they mean the same, spell them alike",
        counted(all, "test row"),
        target
    );
    Some(Finding {
        check: Check::TestLabels,
        column: Some(target.to_string()),
        severity,
        value: rows as f64 / all as f64,
        bound: None,
        says,
    })
}
