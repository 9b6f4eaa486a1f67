//! A model's newest runs as squares, oldest first, and its next ones as outlines behind them.

use maud::{Markup, html};

use super::glyph;
use super::kit::{View, when};
use crate::overview::{Entry, Outcome, ScheduleStatus, fold};

/// Entries that are listed in words below the squares.
const TOLD: usize = 4;

/// The squares, and the newest of them in words.
pub fn squares(view: &View, timeline: &[Entry], schedule: &ScheduleStatus) -> Markup {
    html! {
        ol class="squares" aria-label="Newest runs, oldest first, and the next ones" {
            @for entry in timeline.iter().rev() { li { (square(view, entry)) } }
            @for at in &schedule.next {
                li { span class="sq next" title={ "next: " (at) } { span class="vh" { "next run " (at) } } }
            }
        }
        @if timeline.is_empty() { p class="soft" { "Nothing has run yet." } }
        @else { (words(view, timeline)) }
    }
}

/// One run.
fn square(view: &View, entry: &Entry) -> Markup {
    let says = says(entry);
    let class = format!("sq {}", glyph::class(entry.outcome));
    html! {
        @match &entry.run {
            Some(run) => {
                a class=(class) title=(says) href=(view.link(&format!("ui/runs/{run}"))) {
                    (glyph::shape(entry.outcome)) span class="vh" { (says) }
                }
            }
            None => { span class=(class) title=(says) { (glyph::shape(entry.outcome)) span class="vh" { (says) } } }
        }
    }
}

fn says(entry: &Entry) -> String {
    let version = entry
        .version
        .map_or(String::new(), |version| format!(", version {version}"));
    let why = if entry.why.is_empty() {
        String::new()
    } else {
        format!(": {}", entry.why)
    };
    format!(
        "{}{version}, {} by {}{why}",
        entry.outcome.words(),
        entry.at,
        entry.trigger
    )
}

/// The newest entries in words: what says the same is one line.
fn words(view: &View, timeline: &[Entry]) -> Markup {
    let folded = fold(timeline);
    html! {
        div class="wide" {
            table class="stack bare" {
                tbody {
                    @for (entry, more) in folded.into_iter().take(TOLD) { (line(view, entry, more)) }
                }
            }
        }
    }
}

/// A line of the timeline.
fn line(view: &View, entry: &Entry, more: usize) -> Markup {
    html! {
        tr {
            td {
                @match &entry.run {
                    Some(run) => { a href=(view.link(&format!("ui/runs/{run}"))) { (when(&entry.at)) } }
                    None => { (when(&entry.at)) }
                }
            }
            td { (glyph::tag(entry.outcome)) }
            td class="why" {
                (entry.why)
                @if more > 0 { span class="soft" { " (and " (times(more)) " before)" } }
                @if entry.quarantined > 0 { span class="bad" { " " (files(entry.quarantined)) " quarantined" } }
            }
        }
    }
}

/// `once`, `3 times`.
pub fn times(n: usize) -> String {
    match n {
        1 => "once".to_string(),
        n => format!("{n} times"),
    }
}

/// `1 file`, `2 files`.
pub fn files(n: usize) -> String {
    match n {
        1 => "1 file".to_string(),
        n => format!("{n} files"),
    }
}

/// What the shapes mean.
pub fn legend() -> Markup {
    html! {
        details {
            summary { "What the squares mean" }
            p class="legend" { @for outcome in glyph::ALL { (glyph::tag(outcome)) } span { "dashed: next runs" } }
        }
    }
}

/// Whether anything of a timeline is under way, so that a page follows it.
pub fn is_live(timeline: &[Entry]) -> bool {
    let open = |entry: &Entry| matches!(entry.outcome, Outcome::Running | Outcome::Queued);
    timeline.iter().any(open)
}
