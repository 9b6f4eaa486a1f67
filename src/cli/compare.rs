//! `compare`: two versions beside each other, for a terminal, a program, or a pull request.

use clap::{Args, ValueEnum};

use super::{Failure, Global, context, failure, output};
use crate::overview::{self, Comparison};
use crate::pipeline;

#[derive(Debug, Args)]
pub struct CompareArgs {
    /// The one: a number, `champion` or `latest`
    #[arg(value_name = "A")]
    a: String,
    /// The other
    #[arg(value_name = "B")]
    b: String,
    /// How it is written
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "text")]
    format: Format,
}

/// How it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Tables for people
    Text,
    /// One JSON object
    Json,
    /// Tables for a pull request or a wiki
    Markdown,
}

pub async fn compare(global: &Global, args: &CompareArgs) -> Result<u8, Failure> {
    let env = context::open(global, &[]).await?;
    let a = pipeline::pick_version(&env, &args.a).await?;
    let b = pipeline::pick_version(&env, &args.b).await?;
    let found = overview::compare(&env, &a, &b).await?;
    env.registry.close().await;
    match (global.json, args.format) {
        (true, _) | (_, Format::Json) => output::line(&found),
        (_, Format::Text) => output::say(&written(&found, false)),
        (_, Format::Markdown) => output::say(&written(&found, true)),
    }
    Ok(failure::DONE)
}

/// Sections with a table each.
fn written(found: &Comparison, is_markdown: bool) -> String {
    let mut parts = Vec::new();
    let mut section = |title: &str, rows: Vec<Vec<String>>| {
        parts.push(if is_markdown {
            format!("### {title}\n\n{}", piped(&rows))
        } else {
            format!("{title}\n{}", output::table(&rows))
        });
    };
    let (a, b) = (found.a.version, found.b.version);
    let head = |first: &str| {
        let names = [
            first.to_string(),
            format!("version {a}"),
            format!("version {b}"),
        ];
        names.to_vec()
    };
    let with_interval = |value: Option<f64>, interval: Option<(f64, f64)>| match (value, interval) {
        (None, _) => "-".to_string(),
        (Some(value), None) => format!("{value:.4}"),
        (Some(value), Some((low, high))) => format!("{value:.4} ({low:.4} to {high:.4})"),
    };
    let mut rows = vec![[head("metric"), vec!["difference".to_string()]].concat()];
    for pair in &found.metrics {
        let mark = if pair.decides { " (primary)" } else { "" };
        rows.push(vec![
            format!("{}{mark}", pair.metric.name()),
            with_interval(pair.a, pair.a_interval),
            with_interval(pair.b, pair.b_interval),
            pair.difference
                .map_or("-".to_string(), |it| format!("{it:+.4}")),
        ]);
    }
    let same = if found.same_rows {
        "on the same test rows"
    } else {
        "not on the same test rows"
    };
    section(
        &format!("{}: version {a} and {b}, {same}", found.model),
        rows,
    );
    if let Some(flips) = &found.flips {
        let counts = [
            ("test rows", flips.rows),
            ("both right", flips.both_right),
            ("only the first right", flips.only_a_right),
            ("only the second right", flips.only_b_right),
            ("both wrong, differently", flips.both_wrong_otherwise),
        ];
        let mut rows = vec![vec!["rows".to_string(), "count".to_string()]];
        rows.extend(counts.map(|(name, count)| vec![name.to_string(), count.to_string()]));
        section("Where they differ", rows);
    }
    if !found.slices.is_empty() {
        let mut rows = vec![
            [
                vec!["group".to_string(), "rows".to_string()],
                head("")[1..].to_vec(),
            ]
            .concat(),
        ];
        rows.extend(found.slices.iter().map(|it| {
            let group = format!("{} = {}", it.column, output::plain(&it.group));
            let value = |value: Option<f64>| value.map_or("-".to_string(), |it| format!("{it:.4}"));
            vec![group, it.rows.to_string(), value(it.a), value(it.b)]
        }));
        section("By group", rows);
    }
    let mut rows = vec![head("what")];
    rows.extend(
        found
            .differences
            .iter()
            .map(|(what, a, b)| vec![what.clone(), output::plain(a), output::plain(b)]),
    );
    match rows.len() {
        1 => parts.push("Both were made of the same data and settings.".to_string()),
        _ => section("Data and settings", rows),
    }
    parts.join("\n\n")
}

/// A table of Markdown; the first row is the header.
fn piped(rows: &[Vec<String>]) -> String {
    let line = |row: &Vec<String>| {
        let cells: Vec<String> = row.iter().map(|cell| cell.replace('|', "\\|")).collect();
        format!("| {} |", cells.join(" | "))
    };
    let mut lines: Vec<String> = rows.iter().map(line).collect();
    let columns = rows.first().map_or(0, Vec::len);
    lines.insert(1.min(lines.len()), format!("|{}", "---|".repeat(columns)));
    lines.join("\n")
}
