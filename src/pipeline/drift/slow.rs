//! The slow reference: an earlier champion, against which is seen what moves too slowly to be seen against the present one. Data
//! sets are checked against it as a whole; of requests, servers count in its bins beside those of the champion.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::check::{DriftCheck, SlowDrift};
use super::frame::{ignored, levels};
use crate::bundle::Bundle;
use crate::drift::{Counts, Drift, Reference, Subject, judge};
use crate::model_types::VersionNumber;
use crate::pipeline::{Env, Error, versions};
use crate::registry::Action;

/// Versions that may be the slow reference, the best first: those that were promoted since drift of data sets was last reported, or ever.
///
/// # Errors
/// When the registry cannot answer.
async fn candidates(env: &Env) -> Result<Vec<VersionNumber>, Error> {
    let (registry, model) = (&env.registry, &env.config.name);
    let told_ms = registry.drift_of_data_told(model).await?;
    let mut operations = registry.operations(model).await?;
    operations.retain(|it| it.action == Action::Promote && Some(it.at_ms) > told_ms);
    operations.sort_by_key(|it| it.at_ms);
    Ok(operations.iter().filter_map(|it| it.version).collect())
}

/// What is too slow to be seen against the champion is seen against this version: the first that was promoted since drift of data
/// sets was last reported, or ever. Of those whose bundles are gone, the next. `None` where that is the champion itself.
pub async fn slow_reference(env: &Env, champion: VersionNumber) -> Option<(VersionNumber, Bundle)> {
    for version in candidates(env).await.ok()? {
        if version == champion {
            return None;
        }
        if let Ok(loaded) = versions::load_bundle(env, version).await {
            return Some((version, loaded.bundle));
        }
    }
    None
}

/// The slow reference as far as the rows of requests can be counted in it.
#[derive(Debug, Clone, PartialEq)]
pub struct SlowReference {
    /// Its version.
    pub version: VersionNumber,
    /// Its columns that the champion reads alike.
    pub reference: Reference,
}

/// What the rows that a champion answers are counted in, too. `None` where there is no earlier version with such columns.
pub async fn slow_of_requests(
    env: &Env,
    champion: (VersionNumber, &Bundle),
) -> Option<SlowReference> {
    let own = champion.1.reference.as_ref()?;
    let (version, bundle) = slow_reference(env, champion.0).await?;
    let whole = Arc::new(bundle.reference?);
    env.know_reference(version, whole.clone());
    let reference = whole.as_read_by(own);
    let is_of_use = !reference.columns.is_empty();
    is_of_use.then_some(SlowReference { version, reference })
}

/// Judges what was counted of a window in the bins of the slow reference, with what was found in the comparisons before, where
/// windows come one after another. `None` where nothing was counted, or in those of a version that is the slow reference no longer.
///
/// # Errors
/// When the registry cannot answer.
pub async fn slow_window(
    env: &Env,
    (champion, own): (VersionNumber, &Reference),
    window_ms: (i64, i64),
    (importance, before): (&BTreeMap<String, f64>, Option<&[DriftCheck]>),
) -> Result<Option<SlowDrift>, Error> {
    let model = &env.config.name;
    let rows = env
        .registry
        .slow_windows(model, champion, window_ms)
        .await?;
    let Some(version) = rows.last().and_then(|row| row.slow) else {
        return Ok(None);
    };
    if !candidates(env).await?.contains(&version) {
        return Ok(None);
    }
    let Some(whole) = reference_of(env, version).await else {
        return Ok(None);
    };
    let reference = whole.as_read_by(own);
    let mut counts = Counts::none(&reference);
    for row in rows.into_iter().filter(|row| row.slow == Some(version)) {
        let more: Option<Counts> = serde_json::from_value(row.counts).ok();
        // Counters of another program's bins cannot be added.
        if let Some(more) = more {
            counts.merge(&more);
        }
    }
    let of_same = |check: &DriftCheck| -> BTreeSet<String> {
        let slow = check.slow.iter().filter(|it| it.version == version);
        slow.flat_map(|it| it.found.iter().cloned()).collect()
    };
    let before: Option<Vec<BTreeSet<String>>> =
        before.map(|checks| checks.iter().map(of_same).collect());
    let settings = &env.config.drift;
    let drift: Drift = judge(&Subject {
        reference: &reference,
        counts: &counts,
        values: &[],
        absent: &BTreeSet::new(),
        importance,
        ignored: &ignored(settings, &reference),
        before: before.as_deref(),
        levels: levels(settings, window_ms.1 - window_ms.0),
    });
    Ok(Some(SlowDrift {
        version,
        verdict: drift.verdict,
        reason: drift.reason.clone(),
        columns: drift.drifting().map(|it| it.key()).collect(),
        found: drift.found().into_iter().collect(),
    }))
}

/// The reference of an earlier version, read once. `None` where the bundle is gone or has none.
async fn reference_of(env: &Env, version: VersionNumber) -> Option<Arc<Reference>> {
    if let Some(known) = env.known_reference(version) {
        return Some(known);
    }
    let loaded = versions::load_bundle(env, version).await.ok()?;
    let reference = Arc::new(loaded.bundle.reference?);
    env.know_reference(version, reference.clone());
    Some(reference)
}
