//! The champion's score on the test rows as they are now.

use serde::Serialize;

use crate::bundle::Bundle;
use crate::clock::rfc3339;
use crate::config::ModelConfig;
use crate::data;
use crate::evaluate::{Metric, MetricInterval, Scores};
use crate::pipeline::{Env, Error, Fresh, PresentScore, TestData, present_score};
use crate::registry::ScoreRow;

/// A version's score.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ChampionScore {
    /// The model.
    pub model: String,
    /// The version.
    pub version: i64,
    /// The primary metric.
    pub metric: Metric,
    /// Its value; `None` where it is undefined on these rows.
    pub score: Option<f64>,
    /// How far it may be off.
    pub interval: Option<ScoreInterval>,
    /// All metrics.
    pub scores: Scores,
    /// Intervals of all metrics.
    pub intervals: Vec<MetricInterval>,
    /// Number of test rows.
    pub rows: u64,
    /// Hash of them.
    pub rows_hash: String,
    /// When they were scored.
    pub scored_at: String,
}

/// A two-sided interval and how sure it is.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct ScoreInterval {
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// Share of such intervals that hold the true value.
    pub confidence: f64,
}

/// Scores a loaded version on the test rows as they are now, if `known` has no score of it on these rows. Reads and
/// computes; for a thread that may take long.
///
/// # Errors
/// When the test rows cannot be read or do not fit the version.
pub fn score_now(
    env: &Env,
    (version, sha256, bundle): (i64, &str, &Bundle),
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
    version: i64,
    sha256: &str,
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
