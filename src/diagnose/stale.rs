//! Whether a model is stale: not trained, not promoted, or fallen for longer or further than the settings allow. The rule is
//! pure; it looks at the registry's facts and bounds, and at no file.

use serde::Serialize;

use crate::config::{Health, ModelConfig};
use crate::evaluate::Metric;
use crate::live::Summary;
use crate::registry::{Champion, Error, Registry, ScoreRow};

/// Milliseconds of a day.
const DAY_MS: f64 = 86_400_000.0;

/// Why a model is stale.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StaleReason {
    /// No version was made for too long.
    Untrained,
    /// No version was promoted for too long.
    Unpromoted,
    /// The champion's score has fallen too far since its promotion.
    Fall,
    /// Its answers were not good enough, by the labels that came.
    LiveScore,
    /// No label has come for too long.
    Unlabelled,
}

impl StaleReason {
    /// All of them.
    pub const ALL: [StaleReason; 5] = [
        StaleReason::Untrained,
        StaleReason::Unpromoted,
        StaleReason::Fall,
        StaleReason::LiveScore,
        StaleReason::Unlabelled,
    ];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            StaleReason::Untrained => "untrained",
            StaleReason::Unpromoted => "unpromoted",
            StaleReason::Fall => "fall",
            StaleReason::LiveScore => "live_score",
            StaleReason::Unlabelled => "unlabelled",
        }
    }
}

/// One reason for which a model is stale.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Stale {
    /// Why.
    pub reason: StaleReason,
    /// Since when; for a fall, since the champion is the champion.
    pub since_ms: i64,
    /// The same in words, to be behind the model's name.
    pub says: String,
}

/// What is known of a model's age and score.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct StaleFacts {
    /// When its first run began; before, nothing is expected of it.
    pub first_run_ms: Option<i64>,
    /// When its newest version was made.
    pub trained_ms: Option<i64>,
    /// When a version was promoted last.
    pub promoted_ms: Option<i64>,
    /// The champion.
    pub champion: Option<Champion>,
    /// The metric that the champion had when it was promoted, and the newest.
    pub scores: Option<(f64, f64)>,
    /// How good the champion's newest answers were, where that was computed.
    pub live: Option<Summary>,
    /// When the oldest answer that is kept was given.
    pub first_answer_ms: Option<i64>,
    /// When the last label came.
    pub last_label_ms: Option<i64>,
}

/// Every reason for which a model is stale now.
pub fn stale(facts: &StaleFacts, bounds: &Health, metric: Metric, now_ms: i64) -> Vec<Stale> {
    let is_pinned = facts.champion.as_ref().is_some_and(|now| now.pinned);
    let unpromoted = bounds.max_days_unpromoted.filter(|_| !is_pinned);
    let ages = [
        (
            StaleReason::Untrained,
            "trained",
            facts.trained_ms,
            bounds.max_days_untrained,
        ),
        (
            StaleReason::Unpromoted,
            "promoted",
            facts.promoted_ms,
            unpromoted,
        ),
    ];
    let aged = ages
        .into_iter()
        .filter_map(|(reason, what, last_ms, days)| {
            let days = days?;
            let from_ms = last_ms.or(facts.first_run_ms)?;
            let since_ms = from_ms.saturating_add((days * DAY_MS) as i64);
            let age = now_ms.saturating_sub(from_ms) as f64 / DAY_MS;
            let says = match last_ms {
                Some(_) => {
                    format!("was not {what} again for {age:.1} days; {days} are allowed")
                }
                None => format!("was never {what} in {age:.1} days; {days} are allowed"),
            };
            (now_ms > since_ms).then_some(Stale {
                reason,
                since_ms,
                says,
            })
        });
    let live = [live_score(facts, bounds), unlabelled(facts, bounds, now_ms)];
    aged.chain(fall(facts, bounds, metric))
        .chain(live.into_iter().flatten())
        .collect()
}

/// Labels from which on a live score says something.
const FEWEST_LABELS: u64 = 30;

fn live_score(facts: &StaleFacts, bounds: &Health) -> Option<Stale> {
    let (champion, live, least) = (
        facts.champion.as_ref()?,
        facts.live.as_ref()?,
        bounds.min_live_score?,
    );
    let labelled = live.labelled.as_ref()?;
    let score = labelled.score?;
    let is_judged = live.version == champion.version && labelled.labels >= FEWEST_LABELS;
    let is_well = if live.metric.larger_is_better() {
        score >= least
    } else {
        score <= least
    };
    let bound = if live.metric.larger_is_better() {
        "least"
    } else {
        "most"
    };
    (is_judged && !is_well).then(|| Stale {
        reason: StaleReason::LiveScore,
        since_ms: champion.since_ms,
        says: format!(
            "has {} {score:.4} by {} labels of the seven days up to {}; {least} is the {bound} that is allowed",
            live.metric.name(),
            labelled.labels,
            labelled.to
        ),
    })
}

fn unlabelled(facts: &StaleFacts, bounds: &Health, now_ms: i64) -> Option<Stale> {
    let days = bounds.max_label_age?;
    // Without answers no label is expected.
    let first_ms = facts.first_answer_ms?;
    let from_ms = facts.last_label_ms.unwrap_or(first_ms);
    let since_ms = from_ms.saturating_add((days * DAY_MS) as i64);
    let age = now_ms.saturating_sub(from_ms) as f64 / DAY_MS;
    let says = match facts.last_label_ms {
        Some(_) => format!("got no label for {age:.1} days; {days} are allowed"),
        None => format!("has answered for {age:.1} days and got no label; {days} are allowed"),
    };
    (now_ms > since_ms).then_some(Stale {
        reason: StaleReason::Unlabelled,
        since_ms,
        says,
    })
}

fn fall(facts: &StaleFacts, bounds: &Health, metric: Metric) -> Option<Stale> {
    let champion = facts.champion.as_ref()?;
    let (most, (then, now)) = (bounds.max_fall?, facts.scores?);
    let fall = metric.fall(then, now);
    let is_well = fall <= most;
    (!is_well).then(|| Stale {
        reason: StaleReason::Fall,
        since_ms: champion.since_ms,
        says: format!(
            "had {} {then:.4} when version {} was promoted and has {now:.4} now; a fall of {most} is allowed",
            metric.name(),
            champion.version
        ),
    })
}

/// Asks the registry for the facts about a model, and checks them against its bounds.
///
/// # Errors
/// When the registry cannot answer.
pub async fn staleness(
    registry: &Registry,
    config: &ModelConfig,
    now_ms: i64,
) -> Result<Vec<Stale>, Error> {
    let model = &config.name;
    let champion = registry.champion(model).await?;
    let newest = registry.last_score(model).await?;
    let newest = newest.map(|score| config.metric_of(&score.record));
    let metric = newest.unwrap_or(config.metric);
    let scores = match &champion {
        Some(champion) => registry.scores_of(model, champion.version).await?,
        None => Vec::new(),
    };
    let live = match (&champion, config.health.min_live_score) {
        (Some(champion), Some(_)) => registry.live_quality(model, champion.version).await?,
        _ => None,
    };
    let (mut first_answer_ms, mut last_label_ms) = (None, None);
    if config.health.max_label_age.is_some() {
        first_answer_ms = registry.first_answer_ms(model).await?;
        let totals = registry.label_totals(model).await?;
        last_label_ms = totals.iter().map(|it| it.last_ms).max();
    }
    let facts = StaleFacts {
        live: live.and_then(|(_, record)| serde_json::from_value(record).ok()),
        first_answer_ms,
        last_label_ms,
        first_run_ms: registry.first_run_ms(model).await?,
        trained_ms: registry.last_trained_ms(model).await?,
        promoted_ms: registry.last_promoted_ms(model).await?,
        scores: champion
            .as_ref()
            .and_then(|champion| then_and_now(champion, &scores, metric)),
        champion,
    };
    Ok(stale(&facts, &config.health, metric, now_ms))
}

/// The champion's metric at its promotion and now. Scores on the same rows replace each other; where that of the promotion
/// was replaced, the oldest that is left stands for it.
fn then_and_now(champion: &Champion, own: &[ScoreRow], metric: Metric) -> Option<(f64, f64)> {
    let value = |row: &ScoreRow| match &row.record[metric.name()] {
        serde_json::Value::Null => Some(f64::NAN),
        value => value.as_f64(),
    };
    let before = own.iter().rfind(|score| score.at_ms <= champion.since_ms);
    let then = before.or(own.first())?;
    Some((value(then)?, value(own.last()?)?))
}

#[cfg(test)]
mod tests;
