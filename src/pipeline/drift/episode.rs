//! Drift as something that begins, goes on and ends: one episode, one message, one action.

use serde_json::json;

use super::check::DriftCheck;
use crate::config::drift::{Drift as Settings, DriftAction};
use crate::drift::Verdict;
use crate::registry::{DriftEpisodeRow, Error, Registry};

/// What the settings say is to be done about a check; nothing where it does not alarm.
pub fn wanted(settings: &Settings, check: &DriftCheck) -> Option<DriftAction> {
    let of_whole = (check.verdict == Verdict::Drift).then_some(settings.action);
    let drifting = check.columns().filter(|it| it.verdict == Verdict::Drift);
    let own = drifting.filter_map(|it| settings.columns.get(&it.name).copied());
    let wanted = own.chain(of_whole).max();
    wanted.filter(|action| *action > DriftAction::Ignore)
}

/// Brings the episodes of a model up to date with a check: one begins, goes on, or ends. Returns what is to be told.
///
/// # Errors
/// When the registry cannot answer.
pub async fn settle(
    registry: &Registry,
    settings: &Settings,
    check: &DriftCheck,
    now_ms: i64,
) -> Result<Option<String>, Error> {
    let episodes = registry.drift_episodes(&check.model, 50).await?;
    let is_same = |it: &DriftEpisodeRow| it.ended_ms.is_none() && it.kind == check.kind.name();
    let open = episodes.into_iter().find(is_same);
    let wanted = wanted(settings, check);
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

fn rank(name: &str) -> Option<DriftAction> {
    serde_json::from_value(json!(name)).ok()
}

/// What was seen, for whoever is told.
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
