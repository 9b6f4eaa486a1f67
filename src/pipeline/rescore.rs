//! What a run does when only the test data changed: the champion is scored again, and a fall starts a training.

use super::error::Error;
use super::fresh::TestData;
use super::run_report::{RunReport, ScorePair, nothing};
use super::score;
use super::scores::SideScore;
use super::{Env, Event, report};
use crate::model_types::{Outcome, RunId, VersionNumber};
use crate::registry::PastConclusion;

/// Scores the champion on changed test data. `None` when it fell so far that a challenger is to be trained.
///
/// # Errors
/// When the registry cannot be reached.
pub async fn rescore(
    env: &Env,
    id: &RunId,
    version: VersionNumber,
    test: &TestData,
    test_hash: &str,
    known: Option<&PastConclusion>,
) -> Result<Option<RunReport>, Error> {
    let model = &env.config.name;
    let last = last_score(env, version).await?;
    let side = score::score_champion(env, id, version, test).await?;
    let metric = env.config.metric_for(side.scores.task());
    let before = last.and_then(|last| report::value_of(&last, metric));
    let now = report::value_of(&side, metric);
    let fall = match (before, now) {
        (Some(before), Some(now)) => metric.fall(before, now),
        // An unknown score is no sign that all is well.
        _ => f64::INFINITY,
    };
    let show =
        |value: Option<f64>| value.map_or("undefined".to_string(), |value| format!("{value:.4}"));
    // After the registry was rebuilt, it is unknown on which test data it was.
    let why = match known {
        Some(known) if known.test_hash.is_empty() => "the first run since it was adopted",
        _ => "new test data",
    };
    let what = format!(
        "{why}: {} of the champion (version {version}) was {} and is {}",
        metric.name(),
        show(before),
        show(now)
    );
    if fall > env.config.score.max_fall {
        env.tell(Event::Warning(format!(
            "{what}; that is a fall by more than {}, so a challenger is trained",
            env.config.score.max_fall
        )));
        return Ok(None);
    }
    if let Some(known) = known {
        env.registry
            .conclude_test_rows(known, model, test_hash)
            .await?;
    }
    Ok(Some(RunReport {
        outcome: Outcome::Rescored,
        version: Some(version),
        reasons: vec![what],
        scores: ScorePair {
            metric,
            challenger: None,
            champion: Some(side),
        },
        ..nothing(env, id, Some(version), String::new())
    }))
}

/// The scores of a version when it was last scored.
async fn last_score(env: &Env, version: VersionNumber) -> Result<Option<SideScore>, Error> {
    let scores = env.registry.scores(&env.config.name).await?;
    let last = scores.into_iter().rfind(|score| score.version == version);
    Ok(last.and_then(|score| serde_json::from_value::<SideScore>(score.record).ok()))
}
