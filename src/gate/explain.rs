//! A decision in words: plain text for a terminal, Markdown for the model card.

use crate::evaluate::{Scores, Task};

use super::compare::difference;
use super::evidence_table;
use super::wording::{p_value, percent, score};
use super::{Decision, Rule, RuleGroup};
use crate::text::counted;

/// What `gate explain` prints: the verdict, the reasons, every rule, the comparison and both confusion matrices. Aligned
/// plain text that ends with a newline.
pub fn text(decision: &Decision) -> String {
    let mut out = format!("verdict: {}\n", decision.verdict.name());
    for reason in &decision.reasons {
        out += &format!("  - {}\n", one_line(reason));
    }
    out += &format!("\nrules (require: {})\n", decision.policy.require.name());
    out += &indent(&aligned(&rule_table(decision)));
    if let Some(rows) = comparison_table(decision) {
        out += "\ncomparison\n";
        out += &indent(&aligned(&rows));
    }
    if let Some(rows) = evidence_table::table(decision) {
        out += "\nevidence\n";
        out += &indent(&aligned(&rows));
        for note in evidence_table::notes(decision) {
            out += &format!("  - {note}\n");
        }
    }
    if let Some(calibration) = decision.facts.calibration {
        out += &format!(
            "\ncalibration of the challenger's probabilities\n  {}\n",
            calibration.says()
        );
    }
    for (whose, scores) in matrices(decision) {
        out += &format!(
            "\nconfusion matrix of the {whose} (row: true class, column: predicted class)\n"
        );
        out += &indent(&aligned(&matrix_table(decision, scores)));
    }
    out += &format!(
        "\n{}, hash {}\n",
        counted(decision.rows, "test row"),
        one_line(&decision.rows_hash)
    );
    out
}

/// The same as Markdown, to be put under a heading of the model card. Ends with a newline.
pub fn markdown(decision: &Decision) -> String {
    let mut out = format!("**Verdict: {}**\n\n", decision.verdict.name());
    for reason in &decision.reasons {
        out += &format!("- {}\n", escaped(reason));
    }
    out += &format!(
        "\nRules (`require`: `{}`):\n\n",
        decision.policy.require.name()
    );
    out += &piped(&rule_table(decision));
    if let Some(rows) = comparison_table(decision) {
        out += "\nComparison on the same rows:\n\n";
        out += &piped(&rows);
    }
    if let Some(rows) = evidence_table::table(decision) {
        out += "\nEvidence:\n\n";
        out += &piped(&rows);
        out.push('\n');
        for note in evidence_table::notes(decision) {
            out += &format!("- {}\n", escaped(&note));
        }
    }
    if let Some(calibration) = decision.facts.calibration {
        out += &format!(
            "\nCalibration of the challenger's probabilities: {}.\n",
            calibration.says()
        );
    }
    for (whose, scores) in matrices(decision) {
        out += &format!(
            "\nConfusion matrix of the {whose} (row: true class, column: predicted class):\n\n"
        );
        out += &piped(&matrix_table(decision, scores));
    }
    out += &format!(
        "\n{}, hash `{}`.\n",
        counted(decision.rows, "test row"),
        one_line(&decision.rows_hash)
    );
    out
}

type Table = Vec<Vec<String>>;

fn rule_table(decision: &Decision) -> Table {
    let written = |rule: &Rule, value: Option<f64>| match (value, rule.group) {
        (None, _) => "-".to_owned(),
        (Some(rows), RuleGroup::Evidence) => format!("{rows:.0}"),
        (Some(value), _) => score(value),
    };
    let row = |rule: &Rule| {
        let cells = [
            &rule.name,
            rule.outcome.name(),
            &written(rule, rule.value),
            &written(rule, rule.bound),
            &rule.reason,
        ];
        cells.map(one_line).to_vec()
    };
    let head = ["rule", "outcome", "value", "bound", "reason"]
        .map(str::to_owned)
        .to_vec();
    std::iter::once(head)
        .chain(decision.rules.iter().map(row))
        .collect()
}

fn comparison_table(decision: &Decision) -> Option<Table> {
    let numbers = decision.comparison.as_ref()?;
    let interval = match numbers.interval {
        Some(_) => format!(" ({} interval)", percent(numbers.level(&decision.policy))),
        None => String::new(),
    };
    let (by_challenger, by_champion, test) = match numbers.metric.task() {
        Task::Classification => (
            "rows only the challenger has right",
            "rows only the champion has right",
            "exact McNemar test",
        ),
        Task::Regression => (
            "rows to which the challenger comes nearer",
            "rows to which the champion comes nearer",
            "exact sign test",
        ),
    };
    let rows = [
        ("measure".to_owned(), "value".to_owned()),
        (
            format!("{} of the challenger", numbers.metric.title()),
            score(numbers.challenger),
        ),
        (
            format!("{} of the champion", numbers.metric.title()),
            score(numbers.champion),
        ),
        (
            format!("difference, above 0 is better{interval}"),
            difference(numbers),
        ),
        (
            "resamples in which the challenger is better".to_owned(),
            percent(numbers.p_better),
        ),
        (
            by_challenger.to_owned(),
            numbers.only_challenger_right.to_string(),
        ),
        (
            by_champion.to_owned(),
            numbers.only_champion_right.to_string(),
        ),
        (test.to_owned(), format!("p {}", p_value(numbers.mcnemar_p))),
    ];
    Some(
        rows.into_iter()
            .map(|(name, value)| vec![name, value])
            .collect(),
    )
}

fn matrices(decision: &Decision) -> impl Iterator<Item = (&'static str, &Scores)> {
    let challenger = std::iter::once(("challenger", &decision.challenger));
    let all = challenger.chain(
        decision
            .champion
            .as_ref()
            .map(|scores| ("champion", scores)),
    );
    all.filter(|(_, scores)| !scores.confusion.is_empty())
}

fn matrix_table(decision: &Decision, scores: &Scores) -> Table {
    let class = |index: usize| {
        decision
            .classes
            .get(index)
            .map_or_else(|| index.to_string(), |name| one_line(name))
    };
    let classes = scores.confusion.len();
    let head = std::iter::once("true \\ predicted".to_owned())
        .chain((0..classes).map(class))
        .collect();
    let row = |(index, counts): (usize, &Vec<u64>)| {
        std::iter::once(class(index))
            .chain(counts.iter().map(u64::to_string))
            .collect()
    };
    std::iter::once(head)
        .chain(scores.confusion.iter().enumerate().map(row))
        .collect()
}

/// Columns padded to their widest cell, numbers to the right; the last column is left as it is unless it is numeric.
fn aligned(table: &Table) -> String {
    let columns = table.iter().map(Vec::len).max().unwrap_or(0);
    let cell =
        |row: &[String], column: usize| row.get(column).map_or("", String::as_str).to_owned();
    let width = |column: usize| {
        table
            .iter()
            .map(|row| cell(row, column).chars().count())
            .max()
            .unwrap_or(0)
    };
    let numeric = |column: usize| {
        table
            .iter()
            .skip(1)
            .all(|row| cell(row, column).parse::<f64>().is_ok() || cell(row, column) == "-")
    };
    let layout: Vec<(usize, bool)> = (0..columns)
        .map(|column| (width(column), numeric(column)))
        .collect();
    let mut out = String::new();
    for row in table {
        let padded = layout
            .iter()
            .enumerate()
            .map(|(column, &(width, numeric))| {
                if numeric {
                    format!("{:>width$}", cell(row, column))
                } else {
                    format!("{:<width$}", cell(row, column))
                }
            });
        out += padded.collect::<Vec<_>>().join("  ").trim_end();
        out.push('\n');
    }
    out
}

fn piped(table: &Table) -> String {
    let mut out = String::new();
    for (index, row) in table.iter().enumerate() {
        let cells: Vec<String> = row.iter().map(|cell| escaped(cell)).collect();
        out += &format!("| {} |\n", cells.join(" | "));
        if index == 0 {
            out += &format!("|{}\n", "---|".repeat(row.len()));
        }
    }
    out
}

fn indent(text: &str) -> String {
    text.lines().map(|line| format!("  {line}\n")).collect()
}

/// Names come from people's data: no line break or other control character gets through.
fn one_line(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}

/// One line in which nothing is read as Markdown or HTML, but for the backticks of our own sentences.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    for c in one_line(text).chars() {
        match c {
            '|' | '\\' | '*' | '[' | ']' => out.extend(['\\', c]),
            '<' => out += "&lt;",
            '>' => out += "&gt;",
            '&' => out += "&amp;",
            _ => out.push(c),
        }
    }
    out
}
