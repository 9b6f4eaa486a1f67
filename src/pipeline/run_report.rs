//! What is required of a run, and what came of it.

use serde::Serialize;
use serde_json::json;

use super::drift::DriftLine;
use super::harvest::Harvest;
use super::scores::SideScore;
use super::trained::Trained;
use super::{DatasetRecord, Env, Stage};
use crate::checks::Finding;
use crate::evaluate::Metric;
use crate::model_types::{Outcome, RunId, VersionNumber};

/// What a caller may ask of a run.
#[derive(Debug, Clone, Default)]
pub struct RunOptions {
    /// What started it.
    pub trigger: String,
    /// Train even when the same work was concluded before.
    pub force: bool,
    /// Its id, when who requested it had to know it before it began; has the form that [`super::is_run_id`] wants.
    pub id: Option<RunId>,
}

/// The metric of challenger and champion, for one line.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ScorePair {
    /// The primary metric.
    pub metric: Metric,
    /// All of the challenger's scores.
    pub challenger: Option<SideScore>,
    /// All of the champion's on the same rows.
    pub champion: Option<SideScore>,
}

/// What came of a run; `run --json` prints it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RunReport {
    /// Its id.
    pub run: RunId,
    /// The model.
    pub model: String,
    /// What came of it.
    pub outcome: Outcome,
    /// The version it made, or scored again.
    pub version: Option<VersionNumber>,
    /// The gate's verdict, if it came to one.
    pub verdict: Option<crate::gate::Verdict>,
    /// Why, most important first.
    pub reasons: Vec<String>,
    /// Scores on the same test rows.
    pub scores: ScorePair,
    /// The champion now.
    pub champion: Option<VersionNumber>,
    /// Files made, relative to the project.
    pub artifacts: Vec<String>,
    /// How the data set was made.
    pub data: Option<DatasetRecord>,
    /// What the checks found, in the data set and in the test rows, the worst first.
    pub findings: Vec<Finding>,
    /// The learner that was used; with `auto` the one that won.
    pub learner: Option<&'static str>,
    /// How many candidates `auto` chose it from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chosen_from: Option<usize>,
    /// How many versions, this one included, have been judged by these test rows.
    pub attempt: Option<u64>,
    /// Whether the data set is still like what the champion was trained on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub drift: Option<DriftLine>,
    /// What there is of labelled rows of production; left out where the settings set none aside.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fresh: Option<Harvest>,
    /// Milliseconds per stage, `fit` for the learner in the last fit, and `folds` where learner, rounds or threshold were chosen in
    /// folds.
    pub timings_ms: serde_json::Map<String, serde_json::Value>,
}

/// Stage → milliseconds.
pub fn timings_map(
    timings: &[(Stage, f64)],
    trained: Option<&Trained>,
) -> serde_json::Map<String, serde_json::Value> {
    let mut map: serde_json::Map<_, _> = timings
        .iter()
        .map(|(stage, ms)| (stage.name().to_string(), json!(rounded(*ms))))
        .collect();
    if let Some(trained) = trained {
        map.insert("fit".to_string(), json!(rounded(trained.fit_ms)));
        if let Some(folds_ms) = trained.folds_ms {
            map.insert("folds".to_string(), json!(rounded(folds_ms)));
        }
    }
    map
}

pub(super) fn rounded(ms: f64) -> f64 {
    (ms * 1000.0).round() / 1000.0
}

/// The report of a run that found nothing to do.
pub fn nothing(env: &Env, id: &RunId, champion: Option<VersionNumber>, why: String) -> RunReport {
    RunReport {
        reasons: vec![why],
        champion,
        ..empty(env, id, Outcome::NothingNew)
    }
}

/// A report that says no more than what came of a run.
pub fn empty(env: &Env, id: &RunId, outcome: Outcome) -> RunReport {
    RunReport {
        run: id.clone(),
        model: env.config.name.clone(),
        outcome,
        version: None,
        verdict: None,
        reasons: Vec::new(),
        scores: ScorePair {
            metric: env.config.metric,
            challenger: None,
            champion: None,
        },
        champion: None,
        artifacts: Vec::new(),
        data: None,
        findings: Vec::new(),
        learner: None,
        chosen_from: None,
        attempt: None,
        drift: None,
        fresh: None,
        timings_ms: serde_json::Map::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model_types::RunRecord;

    /// Every field that other rooms read, as this room writes it.
    #[test]
    fn what_is_written_here_is_read_by_type_elsewhere() {
        let report = RunReport {
            run: RunId::new("r"),
            model: "m".to_string(),
            outcome: Outcome::Promote,
            version: Some(VersionNumber::new(2)),
            verdict: Some(crate::gate::Verdict::Promote),
            reasons: vec!["it is better".to_string()],
            scores: ScorePair {
                metric: Metric::F1,
                challenger: None,
                champion: None,
            },
            champion: Some(VersionNumber::new(2)),
            artifacts: Vec::new(),
            data: None,
            findings: Vec::new(),
            learner: Some("logistic"),
            chosen_from: None,
            attempt: Some(1),
            drift: None,
            fresh: None,
            timings_ms: timings_map(&[(Stage::Train, 1.5)], None),
        };
        let value = serde_json::to_value(&report).expect("JSON");
        let record: RunRecord = serde_json::from_value(value.clone()).expect("reads");
        assert_eq!(
            (record.version, record.champion),
            (Some(VersionNumber::new(2)), Some(VersionNumber::new(2)))
        );
        assert_eq!(record.reasons, ["it is better"]);
        assert_eq!(record.scores.metric.as_deref(), Some("f1"));
        assert_eq!(record.timings_ms["train"], 1.5);
        for key in [
            "version",
            "champion",
            "reasons",
            "scores",
            "data",
            "findings",
            "timings_ms",
        ] {
            assert!(value.get(key).is_some(), "{key}");
        }
    }
}
