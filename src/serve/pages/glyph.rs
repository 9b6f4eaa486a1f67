//! What came of a run as shape, colour and word, so that none of them alone carries the meaning.

use maud::{Markup, html};

use crate::overview::Outcome;

/// Name of the style of an outcome.
pub fn class(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Promoted => "promoted",
        Outcome::Waiting => "waiting",
        Outcome::Rejected => "rejected",
        Outcome::Retuned => "retuned",
        Outcome::Equivalent => "equivalent",
        Outcome::Inconclusive => "inconclusive",
        Outcome::NothingNew => "nothing_new",
        Outcome::Ran => "ran",
        Outcome::Running => "running",
        Outcome::Queued => "queued",
        Outcome::Skipped => "skipped",
        Outcome::Missed => "missed",
        Outcome::Cancelled => "cancelled",
        Outcome::Interrupted => "interrupted",
        Outcome::Failed => "failed",
        Outcome::DeadLettered => "dead_lettered",
    }
}

/// Colour of the word of an outcome.
pub fn tone(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Promoted | Outcome::Retuned => "good",
        Outcome::Waiting | Outcome::Equivalent | Outcome::Inconclusive => "info",
        Outcome::Rejected => "warn",
        Outcome::Running | Outcome::Queued => "live",
        outcome if outcome.is_bad() => "bad",
        _ => "quiet",
    }
}

/// The shape of an outcome, drawn on 14 × 14 in the colour of the text around it.
pub fn shape(outcome: Outcome) -> Markup {
    let path = match outcome {
        Outcome::Promoted => "M7 2 L13 12 L1 12 Z",
        Outcome::Waiting => "M3 1 H11 L8 7 L11 13 H3 L6 7 Z",
        Outcome::Rejected => {
            "M2 4 L4 2 L7 5 L10 2 L12 4 L9 7 L12 10 L10 12 L7 9 L4 12 L2 10 L5 7 Z"
        }
        Outcome::Retuned => "M6 1 H8 V4 H11 V7 H8 V13 H6 V7 H3 V4 H6 Z",
        Outcome::Equivalent => "M1 3.5 H13 V6 H1 Z M1 8 H13 V10.5 H1 Z",
        Outcome::Inconclusive => {
            "M4 5 A3 3 0 1 1 8.2 7.6 V9 H6.2 V6.6 A1.4 1.4 0 1 0 5.8 5 Z M6.2 10.5 H8.2 V12.5 H6.2 Z"
        }
        Outcome::NothingNew => "M5 7 A2 2 0 1 1 9 7 A2 2 0 1 1 5 7 Z",
        Outcome::Ran => "M2 6 H12 V8 H2 Z",
        Outcome::Running => "M3 1 L13 7 L3 13 Z",
        Outcome::Queued => "M1 6 H4 V8 H1 Z M5.5 6 H8.5 V8 H5.5 Z M10 6 H13 V8 H10 Z",
        Outcome::Skipped => "M1 2 L6 7 L1 12 Z M7 2 L12 7 L7 12 Z",
        Outcome::Missed => {
            "M7 1 A6 6 0 1 0 7 13 A6 6 0 1 0 7 1 Z M7 3 A4 4 0 1 1 7 11 A4 4 0 1 1 7 3 Z"
        }
        Outcome::Cancelled => "M2 2 H12 V12 H2 Z",
        Outcome::Interrupted => "M8 0 L3 8 H6 L5 14 L11 5 H8 Z",
        Outcome::Failed => "M6 1 H8 V9 H6 Z M6 11 H8 V13 H6 Z",
        Outcome::DeadLettered => "M6 0 H8 V4 H12 V6 H8 V14 H6 V6 H2 V4 H6 Z",
    };
    html! {
        svg viewBox="0 0 14 14" aria-hidden="true" focusable="false" {
            path d=(path) fill="currentColor" fill-rule="evenodd" {}
        }
    }
}

/// Shape and word together.
pub fn tag(outcome: Outcome) -> Markup {
    html! { span class={ "tag " (tone(outcome)) } { (shape(outcome)) (outcome.words()) } }
}

/// Every outcome, for the legend.
pub const ALL: [Outcome; 16] = [
    Outcome::Promoted,
    Outcome::Waiting,
    Outcome::Rejected,
    Outcome::Retuned,
    Outcome::Equivalent,
    Outcome::Inconclusive,
    Outcome::NothingNew,
    Outcome::Ran,
    Outcome::Running,
    Outcome::Queued,
    Outcome::Skipped,
    Outcome::Missed,
    Outcome::Cancelled,
    Outcome::Interrupted,
    Outcome::Failed,
    Outcome::DeadLettered,
];
