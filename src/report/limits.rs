//! What limits a score, said from the facts: few rows, wide intervals, leakage, warnings, gaps in the data.

use super::ReportInput;
use super::words::{counted, grouped, interval, interval_of, metric_name};
use crate::evaluate::Metric;
use crate::gate::RuleOutcome;

/// Test rows below which a score says little.
const FEW_ROWS: u64 = 100;
/// Test rows of one class below which its precision and recall say little.
const FEW_OF_A_CLASS: u64 = 30;
/// Width of an interval from which it is called wide.
const WIDE: f64 = 0.10;

/// What limits the scores and the model, each a sentence that follows from the facts.
pub(super) fn limits(input: &ReportInput) -> Vec<String> {
    let mut limits = Vec::new();
    evidence_limits(input, &mut limits);
    interval_limits(input, &mut limits);
    decision_limits(input, &mut limits);
    data_limits(input, &mut limits);
    limits.extend(input.data.notes.iter().cloned());
    if limits.is_empty() {
        limits.push(
            "Nothing in the facts of this run limits the scores beyond their intervals.".to_owned(),
        );
    }
    limits
}

fn evidence_limits(input: &ReportInput, limits: &mut Vec<String>) {
    let rows = input.data.test_rows;
    if rows == 0 {
        limits.push(
            "There are no test rows: nothing is known about how good this version is.".to_owned(),
        );
    } else if rows < FEW_ROWS {
        limits.push(format!(
            "The scores rest on {} only.",
            counted(rows, "test row")
        ));
    }
    for (class, rows) in input.classes.iter().zip(input.class_rows()).take(40) {
        if rows < FEW_OF_A_CLASS && input.data.test_rows > 0 {
            let many = if rows == 0 {
                "No test row is".to_owned()
            } else {
                format!("Only {} of the test set", counted(rows, "row"))
            };
            let verb = if rows == 0 {
                ""
            } else if rows == 1 {
                " is"
            } else {
                " are"
            };
            limits.push(format!(
                "{many}{verb} of class {class}: its precision and recall are uncertain."
            ));
        }
    }
}

fn interval_limits(input: &ReportInput, limits: &mut Vec<String>) {
    match interval_of(&input.challenger, input.metric) {
        Some(found) if found.high - found.low > WIDE && input.metric.is_without_unit() => limits.push(format!(
            "The interval of {} is wide ({}): smaller differences between versions cannot be seen on these rows.",
            metric_name(input.metric),
            interval(Some(found)),
        )),
        _ => {}
    }
    let undefined: Vec<&str> = Metric::of(input.task)
        .iter()
        .copied()
        .filter(|&metric| input.challenger.scores.get(metric).is_none())
        .map(metric_name)
        .collect();
    if !undefined.is_empty() {
        limits.push(format!(
            "Not defined on these rows: {}.",
            undefined.join("; ")
        ));
    }
}

fn decision_limits(input: &ReportInput, limits: &mut Vec<String>) {
    let Some(decision) = &input.decision else {
        return;
    };
    if decision.facts.leaked_rows > 0 {
        limits.push(format!(
            "The test set shares {} with the training rows: its scores may look better than they are.",
            counted(decision.facts.leaked_rows, "row"),
        ));
    }
    let warned = decision
        .rules
        .iter()
        .filter(|rule| rule.outcome == RuleOutcome::Warn);
    limits
        .extend(warned.map(|rule| format!("Warning of the gate ({}): {}", rule.name, rule.reason)));
}

fn data_limits(input: &ReportInput, limits: &mut Vec<String>) {
    let data = &input.data;
    if !data.quarantined.is_empty() {
        let entries = data.quarantined.len() as u64;
        let noun = if entries == 1 {
            "file or line was"
        } else {
            "files or lines were"
        };
        limits.push(format!(
            "{} {noun} quarantined and {} not in the data.",
            grouped(entries),
            if entries == 1 { "is" } else { "are" }
        ));
    }
    let sparse: Vec<&str> = data
        .columns
        .iter()
        .filter(|column| column.missing_share > 0.2)
        .map(|column| column.name.as_str())
        .collect();
    if !sparse.is_empty() {
        limits.push(format!(
            "More than a fifth of the values are missing in: {}.",
            sparse.join(", ")
        ));
    }
}
