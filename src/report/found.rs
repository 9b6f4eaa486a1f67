//! What was found before a version was made: by the checks, and by `auto`.

use maud::Markup;

use super::page_parts::{paragraph, section, table};
use super::words::{behind, grouped, maybe_number, metric_name, score};
use super::{Candidate, ReportInput};
use crate::checks::Finding;

/// What the checks found in the data.
pub(super) fn checks(input: &ReportInput) -> Markup {
    if input.findings.is_empty() {
        return section("Checks", &paragraph("No check found anything."));
    }
    let row = |finding: &Finding| {
        vec![
            finding.check.name().to_owned(),
            finding.severity.name().to_owned(),
            finding.column.clone().unwrap_or_else(|| "–".to_owned()),
            maybe_number(Some(finding.value)),
            maybe_number(finding.bound),
            finding.says.clone(),
        ]
    };
    let rows: Vec<Vec<String>> = input.findings.iter().map(row).collect();
    let heads = [
        ("Check", false),
        ("Severity", false),
        ("Column", false),
        ("Value", true),
        ("Bound", true),
        ("Finding", false),
    ];
    let caption = "What was found in the data and the test rows, worst first.";
    section("Checks", &table(caption, &heads, &rows))
}

/// How the candidates of `auto` did; nothing where the learner was named.
pub(super) fn leaderboard(input: &ReportInput) -> Markup {
    if input.leaderboard.is_empty() {
        return Markup::default();
    }
    let row = |entry: &Candidate| {
        vec![
            entry.name.clone(),
            score(entry.score),
            maybe_number(Some(entry.deviation).filter(|_| entry.score.is_some())),
            behind(entry),
            grouped(entry.rows),
            grouped(u64::from(entry.fits)),
            entry.failure.clone().unwrap_or_default(),
        ]
    };
    let rows: Vec<Vec<String>> = input.leaderboard.iter().map(row).collect();
    let heads = [
        ("Candidate", false),
        (metric_name(input.metric), true),
        ("Deviation", true),
        ("Behind the chosen one ± standard error", true),
        ("Rows learned from", true),
        ("Fits", true),
        ("Failure", false),
    ];
    let caption = "What `auto` compared on held-back rows, the chosen one first. One that was compared on fewer rows was left behind there.";
    section("Candidates", &table(caption, &heads, &rows))
}
