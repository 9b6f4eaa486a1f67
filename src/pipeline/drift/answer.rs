//! The answer to a question for drift: one comparison, and earlier findings.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::check::{DriftCheck, RowsKind, Which};
use super::frame::{Against, Predicted, compare_rows};
use super::held::{importance_of, unseen};
use super::joint::with_joint;
use super::slow::slow_reference;
use super::windows::judge_window;
use crate::bundle::Bundle;
use crate::clock::rfc3339;
use crate::drift::{Histogram, Measure, Reference, Verdict, histograms, key_of};
use crate::model_types::{RunId, VersionNumber};
use crate::pipeline::{Env, Error, ingest, versions};
use crate::registry::{DriftCheckRow, DriftEpisodeRow};

/// Comparisons that are listed of each sort of rows, and episodes.
const LISTED: i64 = 90;

/// A comparison, and what came before it.
#[derive(Debug, Clone, Serialize)]
pub struct DriftAnswer {
    /// The comparison.
    #[serde(flatten)]
    pub check: DriftCheck,
    /// Each column of the reference in its bins, beside the compared rows; empty where nothing was counted.
    pub histograms: Vec<Histogram>,
    /// Earlier ones.
    pub history: DriftHistory,
}

/// What was found before.
#[derive(Debug, Clone, Default, Serialize)]
pub struct DriftHistory {
    /// Comparisons that were recorded, newest first.
    pub checks: Vec<HistoryEntry>,
    /// Drift from its begin to its end, newest first.
    pub episodes: Vec<EpisodeView>,
}

/// A comparison in a line.
#[derive(Debug, Clone, Serialize)]
pub struct HistoryEntry {
    /// What sort of rows.
    pub kind: String,
    /// The run that read them; empty of requests.
    pub source: String,
    /// The version whose reference it is.
    pub version: VersionNumber,
    /// Begin of the window.
    pub from: String,
    /// Its end, exclusive.
    pub to: String,
    /// Rows.
    pub rows: i64,
    /// The verdict.
    pub verdict: String,
    /// Why.
    pub reason: String,
    /// Effect of each column beyond chance, for a chart.
    pub effects: BTreeMap<String, f64>,
    /// Verdict of each column.
    pub verdicts: BTreeMap<String, Verdict>,
}

/// The little of a record that a line of the history shows: records are long, and there are many.
#[derive(Default, Deserialize)]
struct Little {
    reason: String,
    features: Vec<LittleColumn>,
    prediction: Option<LittleColumn>,
}

/// The same of a column.
#[derive(Deserialize)]
struct LittleColumn {
    name: String,
    kind: Measure,
    effect: f64,
    verdict: Verdict,
}

impl HistoryEntry {
    fn of((row, text): (DriftCheckRow, String)) -> HistoryEntry {
        // A record of another program leaves its line without columns.
        let little: Little = serde_json::from_str(&text).unwrap_or_default();
        let columns: Vec<(String, LittleColumn)> = little
            .features
            .into_iter()
            .chain(little.prediction)
            .map(|it| (key_of(&it.name, it.kind), it))
            .collect();
        HistoryEntry {
            effects: columns
                .iter()
                .map(|(key, it)| (key.clone(), it.effect))
                .collect(),
            verdicts: columns
                .into_iter()
                .map(|(key, it)| (key, it.verdict))
                .collect(),
            reason: little.reason,
            kind: row.kind,
            source: row.source,
            version: row.version,
            from: rfc3339(row.from_ms),
            to: rfc3339(row.to_ms),
            rows: row.n_rows,
            verdict: row.verdict,
        }
    }
}

/// Drift from its begin to its end.
#[derive(Debug, Clone, Serialize)]
pub struct EpisodeView {
    /// What sort of rows it was seen in.
    pub kind: String,
    /// When it was seen first.
    pub began: String,
    /// When it was over; `null` as long as it continues.
    pub ended: Option<String>,
    /// What the settings say is to be done.
    pub action: String,
    /// What was done.
    pub done: Option<String>,
    /// What was seen.
    pub evidence: serde_json::Value,
}

impl From<DriftEpisodeRow> for EpisodeView {
    fn from(row: DriftEpisodeRow) -> Self {
        EpisodeView {
            kind: row.kind,
            began: rfc3339(row.began_ms),
            ended: row.ended_ms.map(rfc3339),
            action: row.action,
            done: row.done,
            evidence: row.evidence,
        }
    }
}

impl DriftAnswer {
    /// With the history of its model, of the rows that are wanted, and the bins of the reference that it was compared with.
    ///
    /// # Errors
    /// When the registry cannot answer.
    pub async fn of(
        env: &Env,
        mut check: DriftCheck,
        reference: Option<&Reference>,
        wanted: &[RowsKind],
    ) -> Result<DriftAnswer, Error> {
        let history = DriftHistory::of(env, wanted).await?;
        let counts = check.counts.take();
        let both = reference.zip(counts);
        Ok(DriftAnswer {
            histograms: both.map_or_else(Vec::new, |(reference, counts)| {
                histograms(reference, &counts)
            }),
            check,
            history,
        })
    }
}

impl DriftHistory {
    /// What is recorded of a model: comparisons of some sorts of rows, so many of each, and all drift.
    ///
    /// # Errors
    /// When the registry cannot answer.
    pub async fn of(env: &Env, wanted: &[RowsKind]) -> Result<DriftHistory, Error> {
        let model = &env.config.name;
        let mut checks = Vec::new();
        for kind in wanted {
            checks.extend(env.registry.drift_lines(model, kind.name(), LISTED).await?);
        }
        checks.sort_by_key(|(row, _)| std::cmp::Reverse((row.from_ms, row.at_ms)));
        let episodes = env.registry.drift_episodes(model, LISTED).await?;
        Ok(DriftHistory {
            checks: checks.into_iter().map(HistoryEntry::of).collect(),
            episodes: episodes.into_iter().map(EpisodeView::from).collect(),
        })
    }
}

/// The newest comparison of each sort of rows.
///
/// # Errors
/// When the registry cannot answer.
pub async fn newest(env: &Env) -> Result<Vec<HistoryEntry>, Error> {
    let mut newest = Vec::new();
    for kind in RowsKind::RECORDED {
        let rows = env
            .registry
            .drift_lines(&env.config.name, kind.name(), 1)
            .await?;
        newest.extend(rows.into_iter().map(HistoryEntry::of));
    }
    Ok(newest)
}

/// The champion and its bundle.
///
/// # Errors
/// When there is none.
pub async fn champion(env: &Env) -> Result<(VersionNumber, Bundle), Error> {
    let row = versions::pick_version(env, "champion").await?;
    let loaded = versions::load_bundle(env, row.number).await?;
    Ok((loaded.number, loaded.bundle))
}

/// Rows that are given, looked at once.
///
/// # Errors
/// When a column cannot be made of those that are there.
pub async fn of_rows(
    env: &Env,
    champion: (VersionNumber, &Bundle),
    of: (RowsKind, &str),
    rows: &polars::prelude::DataFrame,
) -> Result<DriftCheck, Error> {
    looked_at(env, champion, of, (rows, Predicted::All)).await
}

async fn looked_at(
    env: &Env,
    (version, bundle): (VersionNumber, &Bundle),
    (kind, source): (RowsKind, &str),
    (rows, predicted): (&polars::prelude::DataFrame, Predicted<'_>),
) -> Result<DriftCheck, Error> {
    let slow = slow_reference(env, version).await;
    let against = Against {
        bundle,
        settings: &env.config.drift,
        importance: &importance_of(env, version).await,
        before: None,
        predicted,
        slow: slow.as_ref().map(|(version, bundle)| (*version, bundle)),
    };
    let now_ms = env.clock.now_ms();
    let which = Which {
        model: env.config.name.clone(),
        version,
        kind,
        source: source.to_string(),
        window_ms: (now_ms, now_ms),
    };
    let check = compare_rows(rows, &against, which)?;
    with_joint(env, bundle, rows, check).await
}

/// The data set of a run, or the newest one, looked at once.
///
/// # Errors
/// When there is none, or it cannot be read.
pub async fn of_data(
    env: &Env,
    (version, bundle): (VersionNumber, &Bundle),
    run: Option<&RunId>,
) -> Result<DriftCheck, Error> {
    let dataset = match run {
        Some(run) => ingest::load(env, run).await?,
        None => ingest::latest(env).await?,
    };
    let unseen = unseen(env, version, &dataset).await?;
    let predicted = unseen.as_deref().map_or(Predicted::None, Predicted::Rows);
    let of = (RowsKind::Data, dataset.run.as_str());
    let rows = (&dataset.frame, predicted);
    looked_at(env, (version, bundle), of, rows).await
}

/// What servers answered within some time, looked at once.
///
/// # Errors
/// When the registry cannot answer.
pub async fn of_requests(
    env: &Env,
    (version, bundle): (VersionNumber, &Bundle),
    window_ms: (i64, i64),
) -> Result<DriftCheck, Error> {
    judge_window(env, (version, bundle), window_ms, false).await
}
