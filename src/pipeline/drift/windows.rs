//! What servers counted, put together and checked against the reference of the version that answered.

use std::collections::HashSet;

use super::check::{DriftCheck, RowsKind, Which};
use super::episode::{settle, settle_slow};
use super::frame::{ignored, levels, no_reference};
use super::held::{checks_before, found_in, importance_of};
use super::slow::slow_window;
use crate::bundle::Bundle;
use crate::drift::{Counts, Drift, Subject, judge};
use crate::model_types::VersionNumber;
use crate::pipeline::{Env, Error};

/// The counters of all servers over some time, merged; `None` where no window fits the reference. Also begin and end of what was
/// counted.
///
/// # Errors
/// When the registry cannot answer.
pub async fn counted_between(
    env: &Env,
    (version, bundle): (VersionNumber, &Bundle),
    (from_ms, to_ms): (i64, i64),
) -> Result<Option<(Counts, (i64, i64))>, Error> {
    let Some(reference) = &bundle.reference else {
        return Ok(None);
    };
    let rows = env
        .registry
        .drift_windows(&env.config.name, version, (from_ms, to_ms))
        .await?;
    let mut all = Counts::none(reference);
    let mut span = None;
    for row in rows {
        let counts: Option<Counts> = serde_json::from_value(row.counts).ok();
        // Counters of another program's bins cannot be added.
        if counts.is_some_and(|counts| all.merge(&counts)) {
            let (from, to) = span.unwrap_or((row.from_ms, row.to_ms));
            span = Some((from.min(row.from_ms), to.max(row.to_ms)));
        }
    }
    Ok(span.map(|span| (all, span)))
}

/// The counters of all servers within some time, merged.
///
/// # Errors
/// When the registry cannot answer.
pub async fn counted(
    env: &Env,
    champion: (VersionNumber, &Bundle),
    window_ms: (i64, i64),
) -> Result<Option<Counts>, Error> {
    let found = counted_between(env, champion, window_ms).await?;
    Ok(found.map(|(counts, _)| counts))
}

/// Judges what was counted in a window. With `in_series` what was found in the two windows before counts, too.
///
/// # Errors
/// When the registry cannot answer.
pub async fn judge_window(
    env: &Env,
    (version, bundle): (VersionNumber, &Bundle),
    window_ms: (i64, i64),
    in_series: bool,
) -> Result<DriftCheck, Error> {
    let which = Which {
        model: env.config.name.clone(),
        version,
        kind: RowsKind::Requests,
        source: String::new(),
        window_ms,
    };
    let Some(reference) = &bundle.reference else {
        return Ok(DriftCheck::unknown(which, 0, no_reference(version)));
    };
    let Some((counts, _)) = counted_between(env, (version, bundle), window_ms).await? else {
        let why = "no data: no request was counted in this time".to_string();
        return Ok(DriftCheck::unknown(which, 0, why));
    };
    let before = if in_series {
        Some(checks_before(env, version, RowsKind::Requests, window_ms.0).await?)
    } else {
        None
    };
    let found = before.as_deref().map(found_in);
    let importance = importance_of(env, version).await;
    let settings = &env.config.drift;
    let drift: Drift = judge(&Subject {
        reference,
        counts: &counts,
        values: &[],
        absent: &Default::default(),
        importance: &importance,
        ignored: &ignored(settings, reference),
        before: found.as_deref(),
        levels: levels(settings, window_ms.1 - window_ms.0),
    });
    let champion = (version, reference);
    Ok(DriftCheck {
        slow: slow_window(env, champion, window_ms, (&importance, before.as_deref())).await?,
        counts: Some(counts),
        ..DriftCheck::of(which, drift, Vec::new())
    })
}

/// Judges every window of requests of a version that has ended since the last one judged, or got late rows since, and records what
/// comes of each. Returns the messages to send.
///
/// # Errors
/// When the registry cannot answer.
pub async fn check_windows(
    env: &Env,
    (version, bundle): (VersionNumber, &Bundle),
    now_ms: i64,
) -> Result<Vec<String>, Error> {
    let model = &env.config.name;
    let kept_ms = (env.config.drift.keep_days * 86_400_000.0) as i64;
    let ended = env
        .registry
        .ended_windows(model, version, (now_ms - kept_ms, now_ms))
        .await?;
    let checks = env
        .registry
        .judged_windows(model, version, now_ms - kept_ms)
        .await?;
    let judged: HashSet<(i64, i64)> = checks
        .iter()
        .map(|check| (check.from_ms, check.n_rows))
        .collect();
    let mut told = Vec::new();
    for window in ended {
        if judged.contains(&(window.from_ms, window.n_rows)) {
            continue;
        }
        let span = (window.from_ms, window.to_ms);
        let check = judge_window(env, (version, bundle), span, true).await?;
        env.registry.save_drift_check(&check.row(now_ms)).await?;
        told.extend(settle(&env.registry, &env.config.drift, &check, now_ms).await?);
        told.extend(settle_slow(&env.registry, &env.config.drift, &check, now_ms).await?);
    }
    Ok(told)
}
