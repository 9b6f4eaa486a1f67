//! Versions over time: each with its score, interval and rows, and who was the champion when.

use crate::model_types::{Outcome, RunId, VersionNumber};
use serde::{Deserialize, Serialize};

use crate::clock::rfc3339;
use crate::evaluate::Metric;
use crate::pipeline::{Env, Error, SideScore};
use crate::registry::{Action, Operation, ScoreRow, VersionRow, VersionState};

/// Versions that are shown at most; the newest.
pub const MOST_VERSIONS: i64 = 100;

/// A version as a point of the chart.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct VersionPoint {
    /// Its number.
    pub version: VersionNumber,
    /// `ready`, `building`, `abandoned` or `removed`.
    pub state: VersionState,
    /// When its number was taken.
    pub at: String,
    /// The run that made it.
    pub run: RunId,
    /// The gate's verdict.
    pub verdict: Option<Outcome>,
    /// Its newest score by the model's metric.
    pub score: Option<f64>,
    /// Its interval.
    pub interval: Option<(f64, f64)>,
    /// Test rows of that score.
    pub rows: Option<u64>,
    /// Hash of them: scores on other rows are not compared.
    pub rows_hash: Option<String>,
    /// Whether it is the champion.
    pub is_champion: bool,
}

/// A stretch of time in which one version was the champion.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Champions {
    /// The version.
    pub version: VersionNumber,
    /// Since when.
    pub from: String,
    /// Until when; nothing for the present one.
    pub until: Option<String>,
    /// `promote`, `rollback` or `pin`: what made it the champion.
    pub action: Action,
    /// Who.
    pub by: String,
    /// Why.
    pub reason: String,
}

/// A model's versions over time.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct History {
    /// The metric that the scores are by.
    pub metric: Metric,
    /// The newest versions, newest first.
    pub versions: Vec<VersionPoint>,
    /// Who was the champion when, newest first.
    pub champions: Vec<Champions>,
    /// Versions that were judged by the test rows of the newest score: with enough attempts one passes by chance.
    pub attempts_on_these_rows: usize,
}

/// A model's versions over time.
///
/// # Errors
/// When the registry cannot be reached.
pub async fn history(env: &Env) -> Result<History, Error> {
    let (model, registry) = (&env.config.name, &env.registry);
    let heads = registry.version_heads(model, MOST_VERSIONS).await?;
    let first = heads.last().map(|head| head.number).unwrap_or_default();
    let scores = registry.scores_from(model, first).await?;
    let champion = registry.champion(model).await?.map(|it| it.version);
    let operations = registry.operations(model).await?;
    let newest = scores.iter().max_by_key(|score| score.at_ms);
    let metric = newest.map_or(env.config.metric, |it| env.config.metric_of(&it.record));
    let attempts = newest.map_or(0, |newest| {
        let mut on_these: Vec<VersionNumber> = scores
            .iter()
            .filter(|score| score.rows_hash == newest.rows_hash)
            .map(|score| score.version)
            .collect();
        on_these.dedup();
        on_these.len()
    });
    Ok(History {
        metric,
        versions: heads
            .into_iter()
            .map(|head| {
                let score = scores.iter().rfind(|score| score.version == head.number);
                point(head, score, champion, metric)
            })
            .collect(),
        champions: champions(&operations),
        attempts_on_these_rows: attempts,
    })
}

fn point(
    head: VersionRow,
    score: Option<&ScoreRow>,
    champion: Option<VersionNumber>,
    metric: Metric,
) -> VersionPoint {
    let side = score.and_then(|score| SideScore::deserialize(&score.record).ok());
    let interval = side.as_ref().and_then(|side| {
        let mut intervals = side.intervals.iter();
        let found = intervals.find(|it| it.metric == metric)?;
        Some((found.interval.low, found.interval.high))
    });
    VersionPoint {
        version: head.number,
        state: head.state,
        at: rfc3339(head.created_ms),
        run: head.run,
        verdict: head.verdict,
        score: side.as_ref().and_then(|side| side.scores.get(metric)),
        interval,
        rows: side.as_ref().and_then(rows_of),
        rows_hash: score.map(|score| score.rows_hash.clone()),
        is_champion: champion == Some(head.number),
    }
}

/// Test rows of a score: of classes, the confusion matrix has them.
pub fn rows_of(side: &SideScore) -> Option<u64> {
    let counted: u64 = side.scores.confusion.iter().flatten().sum();
    side.rows.or((counted > 0).then_some(counted))
}

/// Who was the champion when, newest first, out of the operations, newest first.
fn champions(operations: &[Operation]) -> Vec<Champions> {
    let mut spans: Vec<Champions> = Vec::new();
    let mut until = None;
    let moves = operations
        .iter()
        .filter(|it| it.action != Action::Unpin && it.version != it.previous);
    for operation in moves {
        let Some(version) = operation.version else {
            continue;
        };
        let from = rfc3339(operation.at_ms);
        spans.push(Champions {
            version,
            from: from.clone(),
            until: until.replace(from),
            action: operation.action,
            by: operation.actor.clone(),
            reason: operation.reason.clone(),
        });
    }
    spans
}

#[cfg(test)]
mod tests {
    use super::*;

    fn operation(
        action: Action,
        version: VersionNumber,
        previous: Option<VersionNumber>,
        at_ms: i64,
    ) -> Operation {
        Operation {
            action,
            version: Some(version),
            previous,
            reason: "so".to_string(),
            actor: "ann".to_string(),
            run: None,
            at_ms,
        }
    }

    #[test]
    fn champions_follow_each_other_and_a_pin_of_the_champion_is_no_new_one() {
        let operations = [
            operation(
                Action::Rollback,
                VersionNumber::new(1),
                Some(VersionNumber::new(2)),
                4000,
            ),
            operation(
                Action::Pin,
                VersionNumber::new(2),
                Some(VersionNumber::new(2)),
                3000,
            ),
            operation(
                Action::Promote,
                VersionNumber::new(2),
                Some(VersionNumber::new(1)),
                2000,
            ),
            operation(Action::Promote, VersionNumber::new(1), None, 1000),
        ];
        let spans = champions(&operations);
        let told: Vec<_> = spans
            .iter()
            .map(|it| (it.version, it.from.as_str(), it.until.as_deref()))
            .collect();
        assert_eq!(
            told,
            [
                (VersionNumber::new(1), "1970-01-01T00:00:04Z", None),
                (
                    VersionNumber::new(2),
                    "1970-01-01T00:00:02Z",
                    Some("1970-01-01T00:00:04Z")
                ),
                (
                    VersionNumber::new(1),
                    "1970-01-01T00:00:01Z",
                    Some("1970-01-01T00:00:02Z")
                ),
            ]
        );
    }
}
