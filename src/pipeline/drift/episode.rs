//! Drift as something that begins, continues and ends: one episode, one message, one action.

use serde_json::json;

use super::check::{DriftCheck, RowsKind};
use crate::config::drift::{Drift as Settings, DriftAction};
use crate::drift::Verdict;
use crate::registry::{DriftEpisodeRow, Error, Registry};

/// What the settings say is to be done about a check; nothing where it does not alarm.
pub fn wanted(settings: &Settings, check: &DriftCheck) -> Option<DriftAction> {
    let of_whole = (check.verdict == Verdict::Drift).then_some(settings.action);
    let drifting = check.columns().filter(|it| it.verdict == Verdict::Drift);
    let own = drifting.filter_map(|it| settings.action_of(&it.name));
    let wanted = own.chain(of_whole).max();
    wanted.filter(|action| *action > DriftAction::Ignore)
}

/// Brings the episodes of a model up to date with a check: one begins, continues, or ends. Returns the messages to send.
///
/// # Errors
/// When the registry cannot answer.
pub async fn settle(
    registry: &Registry,
    settings: &Settings,
    check: &DriftCheck,
    now_ms: i64,
) -> Result<Option<String>, Error> {
    let is_same = |it: &DriftEpisodeRow| it.kind == check.kind.name();
    let mut open = registry.open_drift_episodes(&check.model).await?;
    open.retain(is_same);
    let open = open.into_iter().next();
    let wanted = wanted(settings, check);
    // A window that got late rows is judged again: what came after it stands, and messages that were sent stay sent.
    if check.kind == RowsKind::Requests {
        let is_behind = match &open {
            Some(open) => check.to_ms < open.last_ms,
            None => {
                let all = registry.drift_episodes(&check.model, 50).await?;
                let mut same = all.iter().filter(|it| is_same(it));
                same.any(|it| it.began_ms <= check.from_ms && check.to_ms <= it.last_ms)
            }
        };
        if is_behind {
            return Ok(None);
        }
    }
    let what = check.kind.words();
    let row = match (open, wanted) {
        (None, None) => return Ok(None),
        (Some(open), Some(action)) => DriftEpisodeRow {
            last_ms: check.to_ms.max(open.last_ms),
            version: check.version,
            // What was more urgent stays so.
            action: if rank(&open.action) > Some(action) {
                open.action.clone()
            } else {
                action.name().to_string()
            },
            evidence: evidence(check),
            ..open
        },
        (None, Some(action)) => {
            let row = DriftEpisodeRow {
                model: check.model.clone(),
                kind: check.kind.name().to_string(),
                began_ms: check.from_ms,
                last_ms: check.to_ms,
                ended_ms: None,
                version: check.version,
                action: action.name().to_string(),
                done: None,
                evidence: evidence(check),
            };
            registry.save_drift_episode(&row).await?;
            return Ok(Some(format!("drift in {what}: {}", check.reason)));
        }
        // Too few rows prove no recovery.
        (Some(_), None) if check.verdict == Verdict::Unknown => return Ok(None),
        // Nor does a new champion, against which the same columns differ for the first time.
        (Some(open), None) if still_differs(&open, check) => return Ok(None),
        (Some(open), None) => {
            let row = DriftEpisodeRow {
                ended_ms: Some(now_ms),
                ..open
            };
            registry.save_drift_episode(&row).await?;
            return Ok(Some(format!(
                "no longer drifting in {what}: {}",
                check.reason
            )));
        }
    };
    registry.save_drift_episode(&row).await?;
    Ok(None)
}

/// Tells once of rows that have moved away slowly: they are like those of the champion, and not like those of an earlier one. From
/// the next champion on it is looked for again. Returns the messages to send.
///
/// # Errors
/// When the registry cannot answer.
pub async fn settle_slow(
    registry: &Registry,
    settings: &Settings,
    check: &DriftCheck,
    now_ms: i64,
) -> Result<Option<String>, Error> {
    let is_told = matches!(check.kind, RowsKind::Data | RowsKind::Requests);
    let is_quiet = check.verdict == Verdict::Ok && is_told;
    let slow = check
        .slow
        .as_ref()
        .filter(|it| it.verdict == Verdict::Drift);
    // There is nothing to hold back or to train on: the champion knows such rows.
    let action = settings.action.min(DriftAction::Notify);
    let (true, Some(slow), true) = (is_quiet, slow, action > DriftAction::Ignore) else {
        return Ok(None);
    };
    let columns: Vec<_> = slow.columns.iter().take(10).collect();
    let columns: Vec<_> = columns
        .into_iter()
        .map(|name| json!({"name": name, "reason": "it has moved slowly"}))
        .collect();
    let row = DriftEpisodeRow {
        model: check.model.clone(),
        kind: DriftEpisodeRow::SLOW.to_string(),
        began_ms: now_ms,
        last_ms: now_ms,
        ended_ms: Some(now_ms),
        version: slow.version,
        action: action.name().to_string(),
        done: None,
        evidence: json!({
            "verdict": slow.verdict, "reason": slow.reason, "rows": check.rows, "kind": check.kind.name(), "source": check.source,
            "window": check.window, "columns": columns,
        }),
    };
    registry.save_drift_episode(&row).await?;
    Ok(Some(format!(
        "slow drift in {}: like the rows of the champion, but compared with version {}, {}",
        check.kind.words(),
        slow.version,
        slow.reason
    )))
}

/// Whether a column that the episode is about differs again, in this window alone.
fn still_differs(open: &DriftEpisodeRow, check: &DriftCheck) -> bool {
    let names = open.evidence["columns"].as_array().into_iter().flatten();
    let names: Vec<&str> = names.filter_map(|it| it["name"].as_str()).collect();
    let mut warned = check.columns().filter(|it| it.verdict == Verdict::Warn);
    warned.any(|it| names.contains(&it.key().as_str()))
}

fn rank(name: &str) -> Option<DriftAction> {
    serde_json::from_value(json!(name)).ok()
}

/// What was seen, for the notification.
fn evidence(check: &DriftCheck) -> serde_json::Value {
    let drifting = check.columns().filter(|it| it.verdict == Verdict::Drift);
    let columns: Vec<_> = drifting
        .take(10)
        .map(|it| {
            json!({
                "name": it.key(), "psi": it.psi, "effect": it.effect, "p_adjusted": it.p_adjusted,
                "importance": it.importance, "reason": it.reason,
            })
        })
        .collect();
    json!({
        "verdict": check.verdict, "reason": check.reason, "rows": check.rows, "source": check.source,
        "window": check.window, "columns": columns,
    })
}

#[cfg(test)]
mod tests;
