//! The model card: what a version is, what it was made from, how good it is, and where to be careful.

use super::limits::limits;
use super::ranking::tables;
use super::words::{self, behind, counted, grouped, metric_name, score};
use super::{Candidate, ReportInput, ScoredModel};
use crate::checks::Finding;
use crate::evaluate::{Metric, Task};

/// Writes the card in Markdown.
pub fn card(input: &ReportInput) -> String {
    let sections = [
        format!(
            "# {} version {}\n\n{}\n",
            text(&input.model),
            input.version,
            text(&words::decision_sentence(input))
        ),
        details(input),
        intended_use(input),
        factors(input),
        metrics(input),
        ranking(input),
        data(input),
        decision(input),
        candidates(input),
        checks(input),
        section("Limits and caveats", &bullets(limits(input))),
        reproduce(input),
    ];
    let has_text = |section: &&String| !section.is_empty();
    let sections: Vec<&str> = sections
        .iter()
        .filter(has_text)
        .map(String::as_str)
        .collect();
    sections.join("\n")
}

fn section(heading: &str, body: &str) -> String {
    format!("## {heading}\n\n{body}")
}

/// A text in one line in which nothing is markup.
fn text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '#' | '~' => out.extend(['\\', character]),
            other if other.is_control() => out.push(' '),
            other => out.push(other),
        }
    }
    out
}

fn bullets(items: impl IntoIterator<Item = String>) -> String {
    items
        .into_iter()
        .map(|item| format!("- {}\n", text(&item)))
        .collect()
}

fn table(heads: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
    let mut out = line(heads.iter().map(|head| text(head)).collect());
    out.push_str(&line(heads.iter().map(|_| "---".to_owned()).collect()));
    out.extend(
        rows.into_iter()
            .map(|row| line(row.iter().map(|cell| text(cell)).collect())),
    );
    out
}

fn details(input: &ReportInput) -> String {
    let facts = words::model_facts(input)
        .into_iter()
        .map(|(name, value)| format!("{name}: {value}"));
    let params = input
        .params
        .iter()
        .map(|(name, value)| format!("Setting {name}: {value}"));
    section("Model details", &bullets(facts.chain(params)))
}

fn intended_use(input: &ReportInput) -> String {
    let answer = match (&input.positive, input.threshold) {
        (Some(class), Some(threshold)) => format!(
            "A row is called {class} when its probability of {class} reaches {}.",
            threshold
        ),
        _ if input.task == Task::Regression => {
            let flagged = input.decided_by.as_ref();
            let flagged = flagged.map_or(String::new(), |how| {
                format!(" A row with {how} is flagged.")
            });
            format!(
                "A row is given a number, on the scale of the column {}.{flagged}",
                input.target
            )
        }
        _ => match &input.decided_by {
            Some(how) => format!("A row is given a class by {how}."),
            None => "A row is given the class with the highest probability.".to_owned(),
        },
    };
    let answer = match (&input.positive, &input.decided_by) {
        (Some(_), Some(how)) => format!("{answer} That threshold is {how}."),
        _ => answer,
    };
    let body = bullets([
        format!("It predicts the column {} of rows that have the columns of the training data.", input.target),
        answer,
        "Use it for rows that come about in the same way as the data below. It shows what goes together with what; it \
         does not show causes."
            .to_owned(),
        "Rows from elsewhere, decisions about single people without review, and columns whose meaning has changed are \
         outside of what was measured."
            .to_owned(),
    ]);
    section("Intended use", &body)
}

fn factors(input: &ReportInput) -> String {
    let mut items: Vec<String> = input
        .classes
        .iter()
        .zip(input.class_rows())
        .take(50)
        .map(|(class, rows)| format!("Class {class}: {}", counted(rows, "test row")))
        .collect();
    let slices = input
        .decision
        .iter()
        .flat_map(|decision| &decision.policy.slices);
    items.extend(
        slices.map(|slice| format!("Groups of column {} are guarded by the gate.", slice.column)),
    );
    let guarded = input
        .decision
        .as_ref()
        .is_some_and(|decision| !decision.policy.slices.is_empty());
    if !guarded {
        items.push("No column is configured whose groups are scored apart.".to_owned());
    }
    section("Factors", &bullets(items))
}

fn metrics(input: &ReportInput) -> String {
    let of = |model: &ScoredModel, metric| {
        [
            score(model.scores.get(metric)),
            words::interval(words::interval_of(model, metric)),
        ]
    };
    let row = |metric: Metric| {
        let mut row = vec![metric_name(metric).to_owned()];
        row.extend(of(&input.challenger, metric));
        row.extend(
            input
                .champion
                .iter()
                .flat_map(|champion| of(champion, metric)),
        );
        row
    };
    let this = format!("Version {}", input.version);
    let other = input
        .champion
        .as_ref()
        .map(|champion| format!("Champion, version {}", champion.version));
    let mut heads = vec!["Metric", &this, "Interval"];
    heads.extend(other.iter().flat_map(|name| [name.as_str(), "Interval"]));
    let intro = format!(
        "On {}. The primary metric is {}. For {} smaller is better.\n\n",
        counted(input.data.test_rows, "test row"),
        metric_name(input.metric),
        words::smaller_is_better(input.task),
    );
    section(
        "Metrics",
        &(intro + &table(&heads, Metric::of(input.task).iter().copied().map(row))),
    )
}

fn ranking(input: &ReportInput) -> String {
    let Some(ranking) = &input.ranking else {
        return String::new();
    };
    let tables = tables(ranking).into_iter();
    let tables: Vec<String> = tables
        .map(|it| format!("{}\n\n{}", text(&it.caption), table(&it.heads, it.rows)))
        .collect();
    section("Ranking", &tables.join("\n"))
}

fn data(input: &ReportInput) -> String {
    let data = &input.data;
    let mut body = bullets([
        format!("Rows read: {}", grouped(data.rows_read)),
        format!("Exact duplicates left out: {}", grouped(data.duplicates)),
        format!("Rows used: {}", grouped(data.rows_used)),
        format!("Training rows: {}", grouped(data.train_rows)),
        match (&data.in_folds, input.threshold) {
            (Some(how), _) => format!("Chosen on: {how}"),
            (None, None) if input.task == Task::Regression && input.decided_by.is_some() => {
                format!(
                    "Validation rows, on which what is flagged was chosen: {}",
                    grouped(data.validation_rows)
                )
            }
            (None, Some(_)) => format!(
                "Validation rows, on which the threshold was chosen: {}",
                grouped(data.validation_rows)
            ),
            (None, None) => format!("Validation rows: {}", grouped(data.validation_rows)),
        },
        format!("Test rows: {}", grouped(data.test_rows)),
        format!("Fingerprint of the data: {}", data.data_fingerprint),
        format!("Hash of the test rows: {}", data.test_rows_hash),
        format!("Quarantined: {}", words::entries(data.quarantined.len())),
    ]);
    if !data.files.is_empty() {
        let row = |file: &super::FileFacts| {
            vec![file.name.clone(), grouped(file.rows), file.sha256.clone()]
        };
        body.push('\n');
        body.push_str(&table(
            &["File", "Rows", "SHA-256"],
            data.files.iter().map(row),
        ));
    }
    if !data.rules.is_empty() {
        let row = |(name, rule): &(String, String)| vec![name.clone(), rule.clone()];
        body.push('\n');
        body.push_str(&table(&["Column", "Rule"], data.rules.iter().map(row)));
    }
    if !data.dropped_columns.is_empty() {
        let row = |(name, why): &(String, String)| vec![name.clone(), why.clone()];
        body.push('\n');
        body.push_str(&table(
            &["Column not used", "Why"],
            data.dropped_columns.iter().map(row),
        ));
    }
    section("Training and evaluation data", &body)
}

fn decision(input: &ReportInput) -> String {
    let mut body = format!("{}\n", text(&words::decision_sentence(input)));
    if let Some(decision) = &input.decision {
        if !decision.reasons.is_empty() {
            body.push('\n');
            body.push_str(&bullets(decision.reasons.iter().cloned()));
        }
        if let Some(sentence) = words::comparison_sentence(decision) {
            body.push_str(&format!("\n{}\n", text(&sentence)));
        }
        let row = |rule: &crate::gate::Rule| {
            vec![
                rule.name.clone(),
                words::outcome(rule.outcome).to_owned(),
                rule.reason.clone(),
            ]
        };
        body.push('\n');
        body.push_str(&table(
            &["Rule", "Outcome", "Reason"],
            decision.rules.iter().map(row),
        ));
    }
    section("Decision", &body)
}

/// What the checks found in the data.
/// What `auto` compared; nothing where the learner was named.
fn candidates(input: &ReportInput) -> String {
    if input.leaderboard.is_empty() {
        return String::new();
    }
    let row = |entry: &Candidate| {
        vec![
            entry.name.clone(),
            score(entry.score),
            behind(entry),
            entry.failure.clone().unwrap_or_default(),
        ]
    };
    let heads = [
        "Candidate",
        metric_name(input.metric),
        "Behind the chosen one ± standard error",
        "Failure",
    ];
    section(
        "Candidates",
        &table(&heads, input.leaderboard.iter().map(row)),
    )
}

fn checks(input: &ReportInput) -> String {
    let row = |finding: &Finding| {
        vec![
            finding.check.name().to_owned(),
            finding.severity.name().to_owned(),
            finding.says.clone(),
        ]
    };
    let body = if input.findings.is_empty() {
        "No check found anything.\n".to_owned()
    } else {
        table(
            &["Check", "Severity", "Finding"],
            input.findings.iter().map(row),
        )
    };
    section("Checks", &body)
}

fn reproduce(input: &ReportInput) -> String {
    let body = format!(
        "The same program, data, config and seed give the same version, bit for bit.\n\n{}",
        bullets([
            format!("Program: unseat {}", input.program_version),
            format!("Fingerprint of the data: {}", input.data.data_fingerprint),
            format!("Fingerprint of the config: {}", input.data.config_fingerprint),
            format!("Seed: {}", input.seed),
            "Put the files listed above into the input folder of a new project with that config, then: unseat run".to_owned(),
        ])
    );
    section("How to reproduce", &body)
}
