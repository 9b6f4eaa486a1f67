//! Whether a model is stale: not trained, not promoted, or fallen for longer or further than the settings allow. The rule is
//! pure; it looks at the registry's facts and bounds, and at no file.

use serde::Serialize;

use crate::config::{Health, ModelConfig};
use crate::evaluate::Metric;
use crate::registry::{Action, Champion, Error, Operation, Registry, ScoreRow, VersionState};

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
}

impl StaleReason {
    /// All of them.
    pub const ALL: [StaleReason; 3] = [
        StaleReason::Untrained,
        StaleReason::Unpromoted,
        StaleReason::Fall,
    ];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            StaleReason::Untrained => "untrained",
            StaleReason::Unpromoted => "unpromoted",
            StaleReason::Fall => "fall",
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
    /// The same in words, to stand behind the model's name.
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
    aged.chain(fall(facts, bounds, metric)).collect()
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

/// Asks the registry for the facts about a model, and holds them against its bounds.
///
/// # Errors
/// When the registry cannot answer.
pub async fn staleness(
    registry: &Registry,
    config: &ModelConfig,
    now_ms: i64,
) -> Result<Vec<Stale>, Error> {
    let model = &config.name;
    let versions = registry.versions(model).await?;
    let whole = versions
        .iter()
        .filter(|version| [VersionState::Ready, VersionState::Removed].contains(&version.state));
    let operations = registry.operations(model).await?;
    let is_promotion = |operation: &&Operation| operation.action == Action::Promote;
    let champion = registry.champion(model).await?;
    let scores = registry.scores(model).await?;
    let newest = scores.last().map(|score| config.metric_of(&score.record));
    let metric = newest.unwrap_or(config.metric);
    let facts = StaleFacts {
        first_run_ms: registry.first_run_ms(model).await?,
        trained_ms: whole.map(|version| version.created_ms).max(),
        promoted_ms: operations.iter().find(is_promotion).map(|it| it.at_ms),
        scores: champion
            .as_ref()
            .and_then(|champion| then_and_now(champion, &scores, metric)),
        champion,
    };
    Ok(stale(&facts, &config.health, metric, now_ms))
}

/// The champion's metric at its promotion and now. Scores on the same rows replace each other; where that of the promotion
/// was replaced, the oldest that is left stands for it.
fn then_and_now(champion: &Champion, scores: &[ScoreRow], metric: Metric) -> Option<(f64, f64)> {
    let own: Vec<&ScoreRow> = scores
        .iter()
        .filter(|score| score.version == champion.version)
        .collect();
    let value = |row: &ScoreRow| match &row.record[metric.name()] {
        serde_json::Value::Null => Some(f64::NAN),
        value => value.as_f64(),
    };
    let before = own.iter().rfind(|score| score.at_ms <= champion.since_ms);
    let then = before.or(own.first())?;
    Some((value(then)?, value(own.last()?)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_800_000_000_000;

    fn days_ago(days: f64) -> Option<i64> {
        Some(NOW - (days * DAY_MS) as i64)
    }

    fn champion(pinned: bool) -> Option<Champion> {
        Some(Champion {
            version: 3,
            since_ms: NOW - 5,
            pinned,
        })
    }

    fn bounds() -> Health {
        Health {
            max_days_untrained: Some(7.0),
            max_days_unpromoted: Some(30.0),
            max_fall: Some(0.1),
        }
    }

    fn reasons(facts: &StaleFacts, bounds: &Health, metric: Metric) -> Vec<&'static str> {
        let found = stale(facts, bounds, metric, NOW);
        found.iter().map(|stale| stale.reason.name()).collect()
    }

    #[test]
    fn each_bound_has_its_reason() {
        let well = StaleFacts {
            first_run_ms: days_ago(100.0),
            trained_ms: days_ago(6.9),
            promoted_ms: days_ago(29.9),
            champion: champion(false),
            scores: Some((0.8, 0.75)),
        };
        let old = StaleFacts {
            trained_ms: days_ago(7.1),
            promoted_ms: days_ago(30.1),
            ..well.clone()
        };
        let pinned = StaleFacts {
            champion: champion(true),
            ..old.clone()
        };
        let fallen = StaleFacts {
            scores: Some((0.8, 0.65)),
            ..well.clone()
        };
        let never = StaleFacts {
            trained_ms: None,
            promoted_ms: None,
            champion: None,
            scores: None,
            ..well.clone()
        };
        let nan = StaleFacts {
            scores: Some((0.8, f64::NAN)),
            ..well.clone()
        };
        let cases: [(&str, &StaleFacts, &[&str]); 7] = [
            ("all is well", &well, &[]),
            ("old", &old, &["untrained", "unpromoted"]),
            ("pinned on purpose", &pinned, &["untrained"]),
            ("fallen", &fallen, &["fall"]),
            ("a score that is none", &nan, &["fall"]),
            ("runs, but no version", &never, &["untrained", "unpromoted"]),
            ("nothing at all", &StaleFacts::default(), &[]),
        ];
        for (name, facts, expected) in cases {
            assert_eq!(reasons(facts, &bounds(), Metric::F1), expected, "{name}");
        }
        let none = Health {
            max_days_untrained: None,
            max_days_unpromoted: None,
            max_fall: None,
        };
        for (name, facts, _) in cases {
            let found = reasons(facts, &none, Metric::F1);
            assert!(found.is_empty(), "{name}: {found:?}");
        }
    }

    #[test]
    fn a_loss_falls_by_growing() {
        let facts = |now| StaleFacts {
            champion: champion(false),
            scores: Some((0.3, now)),
            ..StaleFacts::default()
        };
        assert_eq!(reasons(&facts(0.1), &bounds(), Metric::LogLoss).len(), 0);
        assert_eq!(reasons(&facts(0.5), &bounds(), Metric::LogLoss), ["fall"]);
    }

    #[test]
    fn an_error_in_the_targets_unit_falls_by_its_share() {
        let facts = |then, now| StaleFacts {
            champion: champion(false),
            scores: Some((then, now)),
            ..StaleFacts::default()
        };
        let of = |then, now| reasons(&facts(then, now), &bounds(), Metric::Rmse);
        assert_eq!(of(5000.0, 5400.0).len(), 0, "8 % more");
        assert_eq!(of(5000.0, 5600.0), ["fall"], "12 % more");
        assert_eq!(of(5000.0, 10.0).len(), 0, "less is better");
        assert_eq!(of(0.0, 0.0).len(), 0);
        assert_eq!(of(0.0, 1e-9), ["fall"]);
    }
}
