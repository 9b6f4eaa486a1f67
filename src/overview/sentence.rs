//! The status in a sentence, the first thing that a person reads.

use super::age::span;
use super::queue::QueueStatus;
use super::records::ModelStatus;
use crate::evaluate::Interval;
use crate::live::Summary;

/// A project in a sentence.
pub fn of_project(models: &[ModelStatus], queue: &QueueStatus) -> String {
    let mut needs: usize = models.iter().map(|model| model.needs.len()).sum();
    needs += usize::from(queue.dead > 0);
    let serving = models.iter().filter(|it| it.champion.is_some()).count();
    let models = match models.len() {
        1 if serving == 1 => "The model has a champion.".to_string(),
        1 => "The model has no champion yet.".to_string(),
        all if all == serving => format!("All {all} models have a champion."),
        all => format!("{serving} of {all} models have a champion."),
    };
    let needs = match needs {
        0 => "Nothing needs you.".to_string(),
        1 => "1 thing needs you.".to_string(),
        n => format!("{n} things need you."),
    };
    format!("{needs} {models}")
}

/// A model in a sentence.
pub fn of_model(status: &ModelStatus) -> String {
    let Some(champion) = &status.champion else {
        return "No version is in production yet.".to_string();
    };
    let pinned = if champion.pinned {
        " and is pinned"
    } else {
        ""
    };
    let mut says = format!(
        "Version {} has been the champion for {}{pinned}",
        champion.version,
        span(champion.age_seconds)
    );
    if let Some(score) = &status.score
        && let Some(value) = score.value
    {
        says.push_str(&format!("; {} {}", score.metric.title(), short(value)));
        if let Some((low, high)) = score.interval {
            says.push_str(&format!(" ({} to {})", short(low), short(high)));
        }
        if let Some(rows) = score.rows {
            says.push_str(&format!(" on {rows} test rows"));
        }
    }
    if let Some(live) = &status.live {
        says.push_str(&of_live(live));
    }
    if let Some(data) = &status.data {
        says.push_str(&format!("; its data is {} old", span(data.age_seconds)));
    }
    says.push('.');
    says
}

/// How good the newest answers were, by labels and estimated.
fn of_live(live: &Summary) -> String {
    let mut says = String::new();
    let bounds = |found: Option<Interval>| {
        found.map_or(String::new(), |it| {
            format!(" ({} to {})", short(it.low), short(it.high))
        })
    };
    if let Some(span) = &live.labelled
        && let Some(score) = span.score
    {
        says += &format!(
            "; by {} labels of answers {}{}",
            span.labels,
            short(score),
            bounds(span.interval)
        );
    }
    if let Some(value) = live.estimated {
        says += &format!(
            "; estimated on the last {} answers {}{}",
            live.answers,
            short(value),
            bounds(live.estimated_interval)
        );
    }
    says
}

/// A score in as many digits as people compare.
pub fn short(value: f64) -> String {
    match value.abs() {
        size if size >= 1000.0 => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.2}"),
        _ => format!("{value:.3}"),
    }
}
