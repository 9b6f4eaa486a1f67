//! What servers counted, put together and held against the reference of the version that answered.

use super::check::{DriftCheck, RowsKind, Which};
use super::episode::settle;
use super::frame::{ignored, levels, no_reference};
use super::held::{found_before, importance_of};
use crate::bundle::Bundle;
use crate::drift::{Counts, Drift, Subject, judge};
use crate::pipeline::{Env, Error};

/// The counters of all servers over some time, merged; `None` where no window fits the reference. Also begin and end of what was
/// counted.
///
/// # Errors
/// When the registry cannot answer.
pub async fn counted_between(
    env: &Env,
    (version, bundle): (i64, &Bundle),
    (from_ms, to_ms): (i64, i64),
) -> Result<Option<(Counts, (i64, i64))>, Error> {
    let Some(reference) = &bundle.reference else {
        return Ok(None);
    };
    let rows = env
        .registry
        .drift_windows(&env.config.name, version, from_ms, to_ms)
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
    champion: (i64, &Bundle),
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
    (version, bundle): (i64, &Bundle),
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
        Some(found_before(env, version, RowsKind::Requests, window_ms.0).await?)
    } else {
        None
    };
    let settings = &env.config.drift;
    let drift: Drift = judge(&Subject {
        reference,
        counts: &counts,
        values: &[],
        absent: &Default::default(),
        importance: &importance_of(env, version).await,
        ignored: &ignored(settings, reference),
        before: before.as_deref(),
        levels: levels(settings, window_ms.1 - window_ms.0),
    });
    Ok(DriftCheck {
        counts: Some(counts),
        ..DriftCheck::of(which, drift, Vec::new())
    })
}

/// Judges every window of requests of a version that has ended since the last one judged, or got late rows since, and records what
/// comes of each. Returns what is to be told.
///
/// # Errors
/// When the registry cannot answer.
pub async fn check_windows(
    env: &Env,
    (version, bundle): (i64, &Bundle),
    now_ms: i64,
) -> Result<Vec<String>, Error> {
    let model = &env.config.name;
    let kept_ms = (env.config.drift.keep_days * 86_400_000.0) as i64;
    let windows = env
        .registry
        .drift_windows(model, version, now_ms - kept_ms, now_ms)
        .await?;
    let checks = env
        .registry
        .judged_windows(model, version, now_ms - kept_ms)
        .await?;
    let mut ended: Vec<((i64, i64), i64)> = Vec::new();
    for row in windows.iter().filter(|row| row.to_ms <= now_ms) {
        match ended.last_mut().filter(|last| last.0.0 == row.from_ms) {
            Some(last) => {
                last.1 += row.n_rows;
                last.0.1 = last.0.1.max(row.to_ms);
            }
            None => ended.push(((row.from_ms, row.to_ms), row.n_rows)),
        }
    }
    let mut told = Vec::new();
    for (window, n_rows) in ended {
        let is_done = |check: &&crate::registry::DriftCheckRow| {
            check.from_ms == window.0 && check.n_rows == n_rows
        };
        if checks.iter().any(|check| is_done(&check)) {
            continue;
        }
        let check = judge_window(env, (version, bundle), window, true).await?;
        env.registry.save_drift_check(&check.row(now_ms)).await?;
        told.extend(settle(&env.registry, &env.config.drift, &check, now_ms).await?);
    }
    Ok(told)
}
