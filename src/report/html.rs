//! The report as one page that needs nothing beside itself: no script, no request, images embedded.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::found::{checks, leaderboard};
use super::limits::limits;
use super::page_parts::section;
use super::page_parts::{STYLE, facts, list, paragraph, table};
use super::plots;
use super::ranking::ranking;
use super::words::{self, counted, grouped, maybe_number, metric_name, score};
use super::{FileFacts, Quarantined, ReportInput, ScoredModel};
use crate::evaluate::{Metric, Task};
use crate::gate::Decision;

/// Writes the page; `plots` are file names and PNG bytes, as [`plots`](super::plots) gives them.
pub fn html(input: &ReportInput, plots: &[(&str, &[u8])]) -> String {
    let title = format!("{} version {}", input.model, input.version);
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body { main {
                (head(input, &title))
                (scores(input))
                @if !plots.is_empty() {
                    (section("Plots", &plots::plots(input, plots)))
                }
                (ranking(input))
                (decision(input))
                (leaderboard(input))
                (importance(input))
                (checks(input))
                (section("Limits", &list(&limits(input))))
                (data(input))
                (model(input))
                footer {
                    "Written by unseat " (input.program_version) " for run " (input.run)
                    ". This page is complete in itself."
                }
            } }
        }
    };
    page.into_string()
}

/// The name and the one thing that matters.
fn head(input: &ReportInput, title: &str) -> Markup {
    let class = input
        .decision
        .as_ref()
        .map_or("none", |decision| words::verdict(decision.verdict));
    html! {
        header {
            h1 { (title) }
            p.sub {
                (input.learner) " predicts " (input.target) " · run " (input.run) " · " (input.created)
            }
            div.verdict.(class) {
                strong { (words::decision_sentence(input)) }
                @if let Some(decision) = &input.decision { (list(&decision.reasons)) }
            }
        }
    }
}

fn scores(input: &ReportInput) -> Markup {
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
        "The primary metric is {}. For {} smaller is better; for all others, larger. \
         A dash means: not defined on these rows.",
        metric_name(input.metric),
        words::smaller_is_better(input.task),
    ));
    section("Scores", &html! { (table(&caption, &heads, &rows)) (note) })
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

fn decision(input: &ReportInput) -> Markup {
    let Some(decision) = &input.decision else {
        return section(
            "Decision",
            &paragraph("This version has not been put before the gate."),
        );
    };
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
    let body = html! {
        (paragraph(&words::decision_sentence(input)))
        @if let Some(text) = words::comparison_sentence(decision) { (paragraph(&text)) }
        (table("Every rule of the policy, in order.", &heads, &rows))
        (baselines(decision))
    };
    section("Decision", &body)
}

fn baselines(decision: &Decision) -> Markup {
    if decision.baselines.is_empty() {
        return Markup::default();
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
        "Baselines: predictions without a model, on the same rows.",
        &heads,
        &rows,
    )
}

/// Permutation importance, with how it was measured.
fn importance(input: &ReportInput) -> Markup {
    let Some(importance) = &input.importance else {
        return Markup::default();
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
        "Fall of {metric} when a column's cells are shuffled among {}, {} times each.",
        counted(importance.rows, "test row"),
        importance.repeats
    );
    let heads = [("Column", false), ("Mean fall", true), ("Std", true)];
    let mut note =
        "Correlated columns share their importance; a fall near 0 or below it is chance."
            .to_owned();
    if importance.left_out > 0 {
        let left_out = counted(importance.left_out, "column");
        note.push_str(&format!(
            " {left_out} with the smallest weights were not measured."
        ));
    }
    section(
        "Permutation importance",
        &html! { (table(&caption, &heads, &rows)) (paragraph(&note)) },
    )
}

fn data(input: &ReportInput) -> Markup {
    let data = &input.data;
    let rows_and_hashes = [
        ("Rows read", grouped(data.rows_read)),
        ("Exact duplicates left out", grouped(data.duplicates)),
        ("Rows used", grouped(data.rows_used)),
        ("Training rows", grouped(data.train_rows)),
        match &data.in_folds {
            Some(how) => ("Chosen on", how.clone()),
            None => ("Validation rows", grouped(data.validation_rows)),
        },
        ("Test rows", grouped(data.test_rows)),
        ("Fingerprint of the data", data.data_fingerprint.clone()),
        ("Fingerprint of the config", data.config_fingerprint.clone()),
        ("Hash of the test rows", data.test_rows_hash.clone()),
    ];
    let file = |file: &FileFacts| vec![file.name.clone(), grouped(file.rows), file.sha256.clone()];
    let files: Vec<Vec<String>> = data.files.iter().map(file).collect();
    let body = html! {
        (facts(&rows_and_hashes))
        (table("Files.", &[("File", false), ("Rows", true), ("SHA-256", false)], &files))
        (columns(input))
        @if !data.rules.is_empty() {
            (table(
                "Rules of the columns; an inferred one says what was there and rejects nothing.",
                &[("Column", false), ("Rule", false)],
                &pairs(&data.rules),
            ))
        }
        @if !data.dropped_columns.is_empty() {
            (table(
                "Columns that were not used.",
                &[("Column", false), ("Why", false)],
                &pairs(&data.dropped_columns),
            ))
        }
        (quarantined(input))
    };
    section("Data", &body)
}

/// Rows of a table of names with a text each.
fn pairs(pairs: &[(String, String)]) -> Vec<Vec<String>> {
    let row = |(name, text): &(String, String)| vec![name.clone(), text.clone()];
    pairs.iter().map(row).collect()
}

fn quarantined(input: &ReportInput) -> Markup {
    let quarantined = &input.data.quarantined;
    if quarantined.is_empty() {
        return paragraph("Nothing was quarantined.");
    }
    let line = |line: Option<u64>| line.map_or_else(|| "–".to_owned(), grouped);
    let row = |one: &Quarantined| vec![one.file.clone(), line(one.line), one.reason.clone()];
    let rows: Vec<Vec<String>> = quarantined.iter().map(row).collect();
    let heads = [("File", false), ("Line", true), ("Why", false)];
    table("Quarantined.", &heads, &rows)
}

fn columns(input: &ReportInput) -> Markup {
    if input.data.columns.is_empty() {
        return Markup::default();
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

fn model(input: &ReportInput) -> Markup {
    let took = |(stage, ms): &(String, f64)| vec![stage.clone(), words::duration(*ms)];
    let timings: Vec<Vec<String>> = input.timings_ms.iter().map(took).collect();
    let body = html! {
        (facts(&words::model_facts(input)))
        @if !input.params.is_empty() {
            (table(
                "Settings of the learner.",
                &[("Setting", false), ("Value", false)],
                &pairs(&input.params),
            ))
        }
        @if !timings.is_empty() {
            (table("Time per stage.", &[("Stage", false), ("Time", true)], &timings))
        }
    };
    section("Model and run", &body)
}
