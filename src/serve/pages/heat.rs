//! A heat map: what was found of each column in each window, oldest first.

use maud::{Markup, html};

use crate::drift::Verdict;
use crate::overview::short;
use crate::pipeline::drift::HistoryEntry;

/// Windows that are drawn, at most.
pub const MOST_WINDOWS: usize = 48;
/// Columns that are drawn, at most.
pub const MOST_COLUMNS: usize = 60;

/// Columns × windows. `columns` are in the order of the rows, `windows` newest first; `link` leads to a window.
pub fn heat_map(
    columns: &[String],
    windows: &[&HistoryEntry],
    link: impl Fn(&HistoryEntry) -> String,
) -> Markup {
    let shown: Vec<&&HistoryEntry> = windows.iter().take(MOST_WINDOWS).rev().collect();
    html! {
        p class="soft small" { "Oldest window first; the shade is PSI beyond chance." }
        // It begins at its end, where it is wider than the page: there the newest windows are.
        div class="wide newest" tabindex="0" role="region" aria-label="Columns by window" {
            table class="heat" {
                caption class="vh" { "Columns by window" }
                thead {
                    tr {
                        th scope="col" { "column" }
                        @for window in &shown {
                            th scope="col" { a href=(link(window)) title=(words(window)) { (place(window)) } }
                        }
                    }
                }
                tbody {
                    @for column in columns.iter().take(MOST_COLUMNS) {
                        tr {
                            th scope="row" { (column) }
                            @for window in &shown { (cell(column, window)) }
                        }
                    }
                }
            }
        }
        @if columns.len() > MOST_COLUMNS {
            p class="soft small" { "The " (MOST_COLUMNS) " most severe of " (columns.len()) " columns." }
        }
        p class="legend" {
            @for (class, says) in SHADES { span { span class={ "key " (class) } {} " " (says) } }
            span { b { "▲" } " drift" }
            span { b { "!" } " warning" }
            span { span class="key un" {} " unknown: too few rows to call them alike" }
        }
    }
}

/// Shades of the effect, with what each means.
const SHADES: [(&str, &str); 5] = [
    ("m0", "below 0.05"),
    ("m1", "to 0.1"),
    ("m2", "to 0.25"),
    ("m3", "to 0.5"),
    ("m4", "above"),
];

fn shade(effect: f64) -> &'static str {
    let bounds = [0.05, 0.1, 0.25, 0.5];
    SHADES[bounds.iter().filter(|bound| effect >= **bound).count()].0
}

fn cell(column: &str, window: &HistoryEntry) -> Markup {
    let (Some(effect), Some(verdict)) = (window.effects.get(column), window.verdicts.get(column))
    else {
        return html! { td class="none" title="not compared" {} };
    };
    let class = match verdict {
        Verdict::Unknown => "un",
        Verdict::Ok | Verdict::Warn | Verdict::Drift => shade(*effect),
    };
    let says = format!(
        "{column}: {}, PSI beyond chance {}",
        verdict.name(),
        short(*effect)
    );
    html! {
        td class=(class) title=(says) {
            @match verdict {
                Verdict::Drift => { "▲" span class="vh" { " drift" } }
                Verdict::Warn => { "!" span class="vh" { " warning" } }
                Verdict::Unknown => { span class="vh" { "unknown" } }
                Verdict::Ok => { span class="vh" { "ok" } }
            }
        }
    }
}

/// Begin of a window as it is above its cells: month and day, or the hour of one that begins within a day. What was compared
/// as a whole has its day.
fn place(window: &HistoryEntry) -> String {
    let from = &window.from;
    if window.to == *from {
        return from.get(5..10).unwrap_or(from).to_string();
    }
    match (from.get(5..10), from.get(11..16)) {
        (Some(day), Some("00:00")) => day.to_string(),
        (Some(_), Some(hour)) => hour.to_string(),
        _ => from.clone(),
    }
}

fn words(window: &HistoryEntry) -> String {
    format!(
        "{} to {}: {}, {} rows. {}",
        window.from, window.to, window.verdict, window.rows, window.reason
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model_types::VersionNumber;

    #[test]
    fn every_verdict_is_told_by_more_than_its_colour() {
        let columns: Vec<String> = ["a", "b", "c", "d"].map(str::to_string).to_vec();
        let verdicts = [Verdict::Drift, Verdict::Warn, Verdict::Unknown, Verdict::Ok];
        let entry = HistoryEntry {
            kind: "requests".to_string(),
            source: String::new(),
            version: VersionNumber::new(1),
            from: "2026-11-29T10:00:00Z".to_string(),
            to: "2026-11-29T11:00:00Z".to_string(),
            rows: 10,
            verdict: "drift".to_string(),
            reason: "<b>".to_string(),
            effects: columns.iter().map(|it| (it.clone(), 0.3)).collect(),
            verdicts: columns.iter().cloned().zip(verdicts).collect(),
        };
        let drawn = heat_map(&columns, &[&entry], |_| "x".to_string()).into_string();
        for word in ["▲", "!", "unknown", ">ok<", "10:00", "&lt;b&gt;"] {
            assert!(drawn.contains(word), "{word}: {drawn}");
        }
        let whole = HistoryEntry {
            to: entry.from.clone(),
            ..entry
        };
        assert_eq!(place(&whole), "11-29");
        assert_eq!(drawn.matches("<td class=\"m3\"").count(), 3, "{drawn}");
        assert_eq!(shade(0.0), "m0");
        assert_eq!(shade(0.5), "m4");
    }
}
