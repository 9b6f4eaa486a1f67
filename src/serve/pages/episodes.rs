//! What is beside the statistics of a comparison, and drift as something that begins and ends.

use maud::{Markup, html};

use super::kit::{table, when};
use crate::overview::short;
use crate::pipeline::drift::{DriftCheck, EpisodeView};

/// Episodes that are listed.
const LISTED: usize = 20;

/// Columns that are not what they were, and what an earlier champion's reference says.
pub fn changes(check: &DriftCheck) -> Markup {
    if check.schema.is_empty() && check.slow.is_none() && check.joint.is_none() {
        return html! {};
    }
    html! {
        section class="card" aria-label="Changes" {
            h2 { "Beside the statistics" }
            @for change in &check.schema { p { b { (change.column) } " (" (change.change) "): " (change.reason) } }
            @if let Some(joint) = &check.joint {
                p {
                    "All columns together: "
                    @match joint.auc.zip(joint.p_value) {
                        Some((auc, p)) => { "a classifier separates the rows from those of training with an area under the ROC curve of " (short(auc)) " (½ is chance), p " (format!("{p:.4}")) }
                        None => { "unknown, " (joint.reason) }
                    }
                }
            }
            @if let Some(slow) = &check.slow {
                p { "Against version " (slow.version) ", since which no drift was reported: " b { (slow.verdict.name()) } ": " (slow.reason) }
            }
        }
    }
}

/// Drift from its beginning to its end.
pub fn episodes(episodes: &[EpisodeView]) -> Markup {
    let row = |it: &EpisodeView| {
        vec![
            html! { (it.kind) },
            when(&it.began),
            it.ended
                .as_deref()
                .map_or_else(|| html! { b class="warn" { "ongoing" } }, when),
            html! { (it.action) },
            html! { (it.done.as_deref().unwrap_or_default()) },
            html! { (it.evidence["reason"].as_str().unwrap_or_default()) },
        ]
    };
    let rows: Vec<Vec<Markup>> = episodes.iter().take(LISTED).map(row).collect();
    html! {
        section class="card" aria-label="Episodes" {
            h2 { "Drift from its beginning to its end" }
            @if rows.is_empty() { p class="soft" { "There was none." } }
            @else { (table("Newest first", &["rows", "began", "ended", "action", "what was done", "why"], &rows)) }
        }
    }
}
