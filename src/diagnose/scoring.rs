//! The champion's score on the test rows as they are now.

use super::champion_score::{ChampionScore, ScoreInterval};
use crate::bundle::Bundle;
use crate::clock::rfc3339;
use crate::config::ModelConfig;
use crate::data;
use crate::model_types::{Sha256, VersionNumber};
use crate::pipeline::{Env, Error, Fresh, PresentScore, TestData, present_score};
use crate::registry::ScoreRow;

/// Scores a loaded version on the test rows as they are now, if `known` has no score of it on these rows. Reads and
/// computes; for a thread that may take long.
///
/// # Errors
/// When the test rows cannot be read or do not fit the version.
pub fn score_now(
    env: &Env,
    (version, sha256, bundle): (VersionNumber, &Sha256, &Bundle),
    (known, fresh): (&[ScoreRow], Fresh),
) -> Result<ChampionScore, Error> {
    let scan = data::scan(&env.config.test_folder.here())?;
    let test = TestData { scan, fresh };
    let present = present_score(env, (version, sha256, bundle), &test, known)?;
    Ok(of(&env.config, present))
}

/// The score of a version that was recorded last, on whatever rows those were.
pub fn last_score(
    config: &ModelConfig,
    version: VersionNumber,
    sha256: &Sha256,
    known: &[ScoreRow],
) -> Option<ChampionScore> {
    let last = PresentScore::last_recorded(version, sha256, known)?;
    Some(of(config, last))
}

fn of(config: &ModelConfig, present: PresentScore) -> ChampionScore {
    let PresentScore { side, .. } = present;
    let metric = config.metric_for(side.scores.task());
    let mut intervals = side.intervals.iter();
    let interval = intervals.find(|it| it.metric == metric);
    ChampionScore {
        model: config.name.clone(),
        version: side.version,
        metric,
        score: side.scores.get(metric),
        interval: interval.map(|it| ScoreInterval {
            low: it.interval.low,
            high: it.interval.high,
            confidence: config.score.confidence,
        }),
        scores: side.scores,
        intervals: side.intervals,
        rows: present.rows,
        rows_hash: present.rows_hash,
        scored_at: rfc3339(present.at_ms),
    }
}
