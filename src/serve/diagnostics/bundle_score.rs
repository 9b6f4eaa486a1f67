//! The score of a bundle without its project.

use std::sync::Arc;

use super::reported_score::ReportedScore;
use crate::diagnose::ChampionScore;
use crate::evaluate::Scores;
use crate::serve::{Code, Problem, Served, Source};
use crate::serving::source::latest_score;

/// A bundle without its project has no test rows, but the copy of a champion brings along what it scored.
pub async fn of_bundle(source: &Source, served: &Served) -> Result<ReportedScore, Problem> {
    let score = match source {
        Source::Folder { folder, .. } => latest_score(folder).await,
        Source::Store(stored) => stored.score().await,
        Source::Project(_) => return Err(no_champion()),
    };
    let Some(score) = score else {
        let why = "this server has a bundle and no test data, and no score came with the bundle; serve the project to have one";
        return Err(Problem::new(Code::NotFound, why));
    };
    let score = ChampionScore {
        model: served.model.clone(),
        version: served.version,
        metric: served.bundle.metric,
        score: Some(score),
        interval: None,
        scores: Scores::default(),
        intervals: Vec::new(),
        rows: 0,
        rows_hash: String::new(),
        scored_at: String::new(),
    };
    let problem = "a bundle is served without test data; this is the score that came with it";
    Ok(ReportedScore {
        score: Arc::new(score),
        fresh: false,
        problem: Some(problem.to_string()),
    })
}

/// Nothing answers yet.
pub fn no_champion() -> Problem {
    let why = "the model has no version in production yet; `unseat run` makes one";
    Problem::new(Code::Unavailable, why).retry(5)
}
