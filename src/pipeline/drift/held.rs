//! What a run holds against the champion's reference: its data set, and the test rows.

use crate::model_types::{Outcome, RunId, VersionNumber};
use std::collections::{BTreeMap, BTreeSet, HashSet};

use polars::prelude::DataFrame;

use super::check::{DriftCheck, RowsKind, Which};
use super::episode::{settle, settle_slow};
use super::frame::{Against, Predicted, compare_rows};
use super::joint::with_joint;
use super::slow::slow_reference;
use crate::bundle::Bundle;
use crate::config::drift::DriftAction;
use crate::data::{self, Schema};
use crate::drift::{ColumnDrift, Verdict};
use crate::pipeline::trained::dataset_run;
use crate::pipeline::{Dataset, Env, Error, Event, ingest, versions};

/// Windows before that count.
const BEFORE: usize = 2;
/// Milliseconds of a day.
const DAY_MS: f64 = 86_400_000.0;

/// Share of each column in a version's permutation importance; empty where it was not measured or no column was worth
/// anything.
pub async fn importance_of(env: &Env, version: VersionNumber) -> BTreeMap<String, f64> {
    let measured = async {
        let row = env
            .registry
            .version(&env.config.name, version)
            .await
            .ok()??;
        versions::read_score(env, &row).await.ok()?.importance
    };
    let Some(importance) = measured.await else {
        return BTreeMap::new();
    };
    let worth = |mean: Option<f64>| mean.unwrap_or(0.0).max(0.0);
    let total: f64 = importance.columns.iter().map(|it| worth(it.mean)).sum();
    if total <= 0.0 {
        return BTreeMap::new();
    }
    let columns = importance.columns.into_iter();
    columns
        .map(|it| (it.column, worth(it.mean) / total))
        .collect()
}

/// The last comparisons of a version with rows of a kind before some time, newest first: as many as count.
///
/// # Errors
/// When the registry cannot be reached.
pub async fn checks_before(
    env: &Env,
    version: VersionNumber,
    kind: RowsKind,
    before_ms: i64,
) -> Result<Vec<DriftCheck>, Error> {
    let rows = env
        .registry
        .drift_checks(&env.config.name, kind.name(), 20)
        .await?;
    let earlier = rows
        .iter()
        .filter(|row| row.version == version && row.from_ms < before_ms);
    Ok(earlier.filter_map(DriftCheck::read).take(BEFORE).collect())
}

/// What was found in some comparisons.
pub fn found_in(checks: &[DriftCheck]) -> Vec<BTreeSet<String>> {
    let found = |check: &DriftCheck| -> BTreeSet<String> {
        let found = check.columns().filter(|it| it.is_found);
        found.map(ColumnDrift::key).collect()
    };
    checks.iter().map(found).collect()
}

/// Checks a fresh data set against the champion's reference and records what comes of it. `None` without a champion, or where
/// it failed, which is reported and stops nothing.
pub async fn of_dataset(env: &Env, run: &RunId, dataset: &Dataset) -> Option<DriftCheck> {
    if !env.config.drift.enabled {
        return None;
    }
    let done = async {
        let Some(champion) = env.registry.champion(&env.config.name).await? else {
            return Ok(None);
        };
        let loaded = versions::load_bundle(env, champion.version).await?;
        let champion = (loaded.number, &loaded.bundle);
        let unseen = unseen(env, champion.0, dataset).await?;
        let predicted = unseen.as_deref().map_or(Predicted::None, Predicted::Rows);
        let rows = (&dataset.frame, predicted);
        hold(env, RowsKind::Data, run, rows, champion)
            .await
            .map(Some)
    };
    told(env, done.await)
}

/// Data sets of more rows than these are not read again to see which rows are new.
const MOST_LEARNED: i64 = 1_000_000;

/// The rows of a data set that a version did not learn from: what it says of the others is surer than what it says of rows that
/// were held back, so that alone would look like drift. `None` where its data set is gone, very large, or has other columns.
///
/// # Errors
/// When the registry cannot be reached, or the version's data set cannot be read.
pub async fn unseen(
    env: &Env,
    version: VersionNumber,
    dataset: &Dataset,
) -> Result<Option<Vec<u32>>, Error> {
    let (registry, model) = (&env.registry, &env.config.name);
    let row = registry.version(model, version).await?;
    let learned = match row.map(|row| dataset_run(&row)) {
        Some(run) => registry.dataset(model, &run).await?,
        None => None,
    };
    let Some(learned) = learned.filter(|it| it.n_rows <= MOST_LEARNED) else {
        return Ok(None);
    };
    let Ok(file) = env.datasets.local_copy(&learned.name).await else {
        return Ok(None);
    };
    let frame = data::read_file(&file, &ingest::read_options(&env.config, false))?;
    let names = Schema::of(&dataset.frame);
    if names.names() != Schema::of(&frame).names() {
        return Ok(None);
    }
    let learned = data::row_hashes(&frame, &names.names())?;
    let learned: HashSet<u128> = learned.into_iter().collect();
    let hashes = dataset.row_hashes.iter().enumerate();
    let rows = hashes.filter(|(_, hash)| !learned.contains(hash));
    Ok(Some(rows.map(|(row, _)| row as u32).collect()))
}

/// The same of the test rows.
pub async fn of_test_rows(
    env: &Env,
    run: &RunId,
    frame: &DataFrame,
    champion: (VersionNumber, &Bundle),
) -> Option<DriftCheck> {
    if !env.config.drift.enabled {
        return None;
    }
    let rows = (frame, Predicted::All);
    let done = hold(env, RowsKind::Test, run, rows, champion).await;
    told(env, done.map(Some))
}

fn told(env: &Env, done: Result<Option<DriftCheck>, Error>) -> Option<DriftCheck> {
    done.unwrap_or_else(|error| {
        env.tell(Event::Warning(format!(
            "drift could not be looked for: failed to {error}"
        )));
        None
    })
}

async fn hold(
    env: &Env,
    kind: RowsKind,
    run: &RunId,
    (frame, predicted): (&DataFrame, Predicted<'_>),
    (version, bundle): (VersionNumber, &Bundle),
) -> Result<DriftCheck, Error> {
    let now_ms = env.clock.now_ms();
    let before = found_in(&checks_before(env, version, kind, now_ms).await?);
    let slow = slow_reference(env, version).await;
    let which = Which {
        model: env.config.name.clone(),
        version,
        kind,
        source: run.to_string(),
        window_ms: (now_ms, now_ms),
    };
    let against = Against {
        bundle,
        settings: &env.config.drift,
        importance: &importance_of(env, version).await,
        before: Some(&before),
        predicted,
        slow: slow.as_ref().map(|(version, bundle)| (*version, bundle)),
    };
    let check = compare_rows(frame, &against, which)?;
    let check = with_joint(env, bundle, frame, check).await?;
    env.registry.save_drift_check(&check.row(now_ms)).await?;
    let kept_ms = (env.config.drift.keep_days * DAY_MS) as i64;
    env.registry
        .remove_old_drift(&env.config.name, now_ms - kept_ms)
        .await?;
    let news = settle(&env.registry, &env.config.drift, &check, now_ms).await?;
    let slow = settle_slow(&env.registry, &env.config.drift, &check, now_ms).await?;
    for news in news.into_iter().chain(slow) {
        env.tell(Event::Warning(news));
    }
    Ok(check)
}

/// Why no version may be promoted now, if so: rows drift, the settings say `freeze`, and the test rows do not show the same.
///
/// # Errors
/// When the registry cannot answer.
pub async fn frozen(env: &Env) -> Result<Option<String>, Error> {
    let model = &env.config.name;
    let open = env.registry.open_drift_episodes(model).await?;
    let mut open = open.iter();
    let freezes = |action: &str| action == DriftAction::Freeze.name();
    let Some(episode) = open.find(|it| freezes(&it.action) && it.kind != RowsKind::Test.name())
    else {
        return Ok(None);
    };
    let tests = env
        .registry
        .drift_checks(model, RowsKind::Test.name(), 1)
        .await?;
    let of_test = tests.first().and_then(DriftCheck::read);
    if of_test.is_some_and(|check| check.verdict == Verdict::Drift) {
        return Ok(None);
    }
    Ok(Some(format!(
        "{}: {} since {}, and the test rows do not show it, so a score on them says little; add test rows of now, or set `drift.action`",
        Outcome::Frozen,
        episode.evidence["reason"].as_str().unwrap_or("rows drift"),
        crate::clock::rfc3339(episode.began_ms),
    )))
}
