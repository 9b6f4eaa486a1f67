//! The report as one page that needs nothing beside itself: no script, no request, pictures inside.

use super::found::{checks, leaderboard};
use super::limits::limits;
use super::page_parts::section;
use super::page_parts::{STYLE, facts, list, paragraph, table};
use super::pictures::pictures;
use super::words::{self, counted, grouped, maybe_number, metric_name, score};
use super::{ReportInput, ScoredModel};
use crate::evaluate::{Metric, Task};
use crate::gate::Decision;
use crate::text::escape_html;

/// Writes the page; `plots` are file names and PNG bytes, as [`plots`](super::plots) gives them.
pub fn html(input: &ReportInput, plots: &[(&str, &[u8])]) -> String {
    let title = format!("{} version {}", input.model, input.version);
    let mut page = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n",
        escape_html(&title),
    );
    page.push_str(&head(input, &title));
    page.push_str(&scores(input));
    if !plots.is_empty() {
        page.push_str(&section("Pictures", &pictures(input, plots)));
    }
    page.push_str(&decision(input));
    page.push_str(&leaderboard(input));
    page.push_str(&importance(input));
    page.push_str(&checks(input));
    page.push_str(&section("Limits", &list(&limits(input))));
    page.push_str(&data(input));
    page.push_str(&model(input));
    page.push_str(&format!(
        "<footer>Written by unseat {} for run {}. This page is complete in itself.</footer>\n</main>\n</body>\n</html>\n",
        escape_html(&input.program_version),
        escape_html(&input.run),
    ));
    page
}

/// The name and the one thing that matters.
fn head(input: &ReportInput, title: &str) -> String {
    let class = input
        .decision
        .as_ref()
        .map_or("none", |decision| words::verdict(decision.verdict));
    let reasons = input
        .decision
        .as_ref()
        .map_or(String::new(), |decision| list(&decision.reasons));
    format!(
        "<header>\n<h1>{}</h1>\n<p class=\"sub\">{} predicts {} · run {} · {}</p>\n\
         <div class=\"verdict {class}\"><strong>{}</strong>{reasons}</div>\n</header>\n",
        escape_html(title),
        escape_html(&input.learner),
        escape_html(&input.target),
        escape_html(&input.run),
        escape_html(&input.created),
        escape_html(&words::decision_sentence(input)),
    )
}

fn scores(input: &ReportInput) -> String {
    let rows: Vec<Vec<String>> = Metric::of(input.task)
        .iter()
        .map(|&metric| score_row(input, metric))
        .collect();
    let challenger = ("Challenger", true);
    let mut heads = vec![("Metric", false), challenger, ("Interval", true)];
    if input.champion.is_some() {
        heads.extend([("Champion", true), ("Interval", true), ("Difference", true)]);
    }
    let rows_read = counted(input.data.test_rows, "test row");
    let version = input.version;
    let caption = match &input.champion {
        Some(old) => format!(
            "On the same {rows_read}. Challenger: version {version}. Champion: version {}.",
            old.version
        ),
        None => format!("On {rows_read}. Challenger: version {version}. There is no champion."),
    };
    let note = paragraph(&format!(
        "The model is kept good by {}. For {} smaller is better; for all others, larger. \
         A dash means: not defined on these rows.",
        metric_name(input.metric),
        words::smaller_is_better(input.task),
    ));
    section("Scores", &(table(&caption, &heads, &rows) + &note))
}

fn score_row(input: &ReportInput, metric: Metric) -> Vec<String> {
    let of = |model: &ScoredModel| {
        [
            score(model.scores.get(metric)),
            words::interval(words::interval_of(model, metric)),
        ]
    };
    let mark = if metric == input.metric {
        " (decides)"
    } else {
        ""
    };
    let mut row = vec![format!("{}{mark}", metric_name(metric))];
    row.extend(of(&input.challenger));
    if let Some(champion) = &input.champion {
        row.extend(of(champion));
        let pair = input
            .challenger
            .scores
            .get(metric)
            .zip(champion.scores.get(metric));
        row.push(pair.map_or_else(|| "–".to_owned(), |(new, old)| words::difference(new - old)));
    }
    row
}

fn decision(input: &ReportInput) -> String {
    let Some(decision) = &input.decision else {
        return section(
            "Decision",
            &paragraph("This version has not been put before the gate."),
        );
    };
    let mut body = paragraph(&words::decision_sentence(input));
    body.extend(words::comparison_sentence(decision).map(|text| paragraph(&text)));
    let rows: Vec<Vec<String>> = decision
        .rules
        .iter()
        .map(|rule| {
            vec![
                rule.name.clone(),
                words::group(rule.group).to_owned(),
                words::outcome(rule.outcome).to_owned(),
                maybe_number(rule.value),
                maybe_number(rule.bound),
                rule.reason.clone(),
            ]
        })
        .collect();
    let heads = [
        ("Rule", false),
        ("Part", false),
        ("Outcome", false),
        ("Value", true),
        ("Required", true),
        ("Reason", false),
    ];
    body.push_str(&table("Every rule of the policy, in order.", &heads, &rows));
    body.push_str(&baselines(decision));
    section("Decision", &body)
}

fn baselines(decision: &Decision) -> String {
    if decision.baselines.is_empty() {
        return String::new();
    }
    let beside = match decision.metric.task() {
        Task::Classification => Metric::Accuracy,
        Task::Regression => Metric::Mae,
    };
    let row = |(name, scores): &(String, crate::evaluate::Scores)| {
        vec![
            name.clone(),
            score(scores.get(decision.metric)),
            score(scores.get(beside)),
        ]
    };
    let rows: Vec<Vec<String>> = decision.baselines.iter().map(row).collect();
    let heads = [
        ("Baseline", false),
        (metric_name(decision.metric), true),
        (metric_name(beside), true),
    ];
    table(
        "What could be had without a model, on the same rows.",
        &heads,
        &rows,
    )
}

/// What the columns are worth, with how it was measured.
fn importance(input: &ReportInput) -> String {
    let Some(importance) = &input.importance else {
        return String::new();
    };
    let row = |(column, mean, deviation): &(String, Option<f64>, Option<f64>)| {
        vec![
            column.clone(),
            maybe_number(*mean),
            maybe_number(*deviation),
        ]
    };
    let rows: Vec<Vec<String>> = importance.columns.iter().map(row).collect();
    let metric = metric_name(input.metric);
    let caption = format!(
        "Fall of {metric} when a column's cells are dealt out anew among {}, {} times each.",
        counted(importance.rows, "test row"),
        importance.repeats
    );
    let heads = [("Column", false), ("Mean fall", true), ("Std", true)];
    let mut note =
        "Columns that say the same share what they are worth; a fall near 0 or below it is chance."
            .to_owned();
    if importance.left_out > 0 {
        let left_out = counted(importance.left_out, "column");
        note.push_str(&format!(
            " {left_out} with the smallest weights were not measured."
        ));
    }
    section(
        "What the columns are worth",
        &(table(&caption, &heads, &rows) + &paragraph(&note)),
    )
}

fn data(input: &ReportInput) -> String {
    let data = &input.data;
    let mut body = facts(&[
        ("Rows read", grouped(data.rows_read)),
        ("Exact duplicates left out", grouped(data.duplicates)),
        ("Rows used", grouped(data.rows_used)),
        ("Training rows", grouped(data.train_rows)),
        ("Validation rows", grouped(data.validation_rows)),
        ("Test rows", grouped(data.test_rows)),
        ("Fingerprint of the data", data.data_fingerprint.clone()),
        ("Fingerprint of the config", data.config_fingerprint.clone()),
        ("Hash of the test rows", data.test_rows_hash.clone()),
    ]);
    let files: Vec<Vec<String>> = data
        .files
        .iter()
        .map(|file| vec![file.name.clone(), grouped(file.rows), file.sha256.clone()])
        .collect();
    body.push_str(&table(
        "Files.",
        &[("File", false), ("Rows", true), ("SHA-256", false)],
        &files,
    ));
    body.push_str(&columns(input));
    if !data.rules.is_empty() {
        let row = |(name, rule): &(String, String)| vec![name.clone(), rule.clone()];
        let rows: Vec<Vec<String>> = data.rules.iter().map(row).collect();
        body.push_str(&table(
            "Rules of the columns; an inferred one says what was there and rejects nothing.",
            &[("Column", false), ("Rule", false)],
            &rows,
        ));
    }
    if !data.dropped_columns.is_empty() {
        let rows: Vec<Vec<String>> = data
            .dropped_columns
            .iter()
            .map(|(name, why)| vec![name.clone(), why.clone()])
            .collect();
        body.push_str(&table(
            "Columns that were not used.",
            &[("Column", false), ("Why", false)],
            &rows,
        ));
    }
    if data.quarantined.is_empty() {
        body.push_str(&paragraph("Nothing was set aside."));
    } else {
        let line = |line: Option<u64>| line.map_or_else(|| "–".to_owned(), grouped);
        let rows: Vec<Vec<String>> = data
            .quarantined
            .iter()
            .map(|one| vec![one.file.clone(), line(one.line), one.reason.clone()])
            .collect();
        body.push_str(&table(
            "Set aside (quarantine).",
            &[("File", false), ("Line", true), ("Why", false)],
            &rows,
        ));
    }
    section("Data", &body)
}

fn columns(input: &ReportInput) -> String {
    if input.data.columns.is_empty() {
        return String::new();
    }
    let rows: Vec<Vec<String>> = input
        .data
        .columns
        .iter()
        .map(|column| {
            vec![
                column.name.clone(),
                column.kind.clone(),
                words::percent(column.missing_share),
                maybe_number(column.mean),
                maybe_number(column.std),
                maybe_number(column.min),
                maybe_number(column.max),
                column.distinct.map_or_else(|| "–".to_owned(), grouped),
                column.note.clone(),
            ]
        })
        .collect();
    let heads = [
        ("Column", false),
        ("Kind", false),
        ("Missing", true),
        ("Mean", true),
        ("Std", true),
        ("Min", true),
        ("Max", true),
        ("Distinct", true),
        ("Note", false),
    ];
    table("Columns.", &heads, &rows)
}

fn model(input: &ReportInput) -> String {
    let mut body = facts(&words::model_facts(input));
    if !input.params.is_empty() {
        let rows: Vec<Vec<String>> = input
            .params
            .iter()
            .map(|(name, value)| vec![name.clone(), value.clone()])
            .collect();
        body.push_str(&table(
            "Settings of the learner.",
            &[("Setting", false), ("Value", false)],
            &rows,
        ));
    }
    if !input.timings_ms.is_empty() {
        let rows: Vec<Vec<String>> = input
            .timings_ms
            .iter()
            .map(|(stage, ms)| vec![stage.clone(), words::duration(*ms)])
            .collect();
        body.push_str(&table(
            "Time per stage.",
            &[("Stage", false), ("Time", true)],
            &rows,
        ));
    }
    section("Model and run", &body)
}
