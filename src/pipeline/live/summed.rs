//! How good the newest answers of the champion were, computed now and then and cached, so that requests need not.

use super::quality::{LiveWindow, live};
use crate::live::{LabelledSpan, Summary};
use crate::model_types::VersionNumber;
use crate::pipeline::{Env, Error};

/// Answers of so long are looked at.
const WINDOW_MS: i64 = 7 * 86_400_000;

/// Works out how good the newest answers of a version were, and keeps it: by labels within the seven days up to the newest answer that
/// has one, since labels may be late by more than that, and estimated within the last seven days. `None` where there was none.
///
/// # Errors
/// When the registry cannot answer.
pub async fn keep_summary(env: &Env, version: VersionNumber) -> Result<Option<Summary>, Error> {
    let now_ms = env.clock.now_ms();
    let model = &env.config.name;
    let now = of_version(env, version, now_ms).await?;
    let newest_ms = env.registry.newest_labelled_ms(model, version).await?;
    let labelled = match newest_ms {
        Some(at_ms) => of_version(env, version, at_ms).await?,
        None => None,
    };
    let Some(any) = now.as_ref().or(labelled.as_ref()) else {
        return Ok(None);
    };
    let estimated = now.as_ref().and_then(|it| it.estimated);
    let summary = Summary {
        version,
        metric: any.labelled.metric,
        labelled: labelled.as_ref().map(span),
        estimated: estimated.map(|it| it.value),
        estimated_interval: estimated.map(|it| it.interval),
        answers: now.map_or(0, |it| it.labelled.coverage.answers),
    };
    // Texts and numbers: it can be written.
    let record = serde_json::to_value(&summary).unwrap_or_default();
    env.registry
        .save_live_quality(model, version, now_ms, &record)
        .await?;
    Ok(Some(summary))
}

/// What is kept of a version's newest answers.
///
/// # Errors
/// When the registry cannot answer.
pub async fn kept_summary(env: &Env, version: VersionNumber) -> Result<Option<Summary>, Error> {
    let kept = env.registry.live_quality(&env.config.name, version).await?;
    Ok(kept.and_then(|(_, record)| serde_json::from_value(record).ok()))
}

/// A version's answers of the seven days up to an instant, which belongs to them.
async fn of_version(
    env: &Env,
    version: VersionNumber,
    to_ms: i64,
) -> Result<Option<LiveWindow>, Error> {
    let answer = live(env, (to_ms - WINDOW_MS, to_ms + 1)).await?;
    Ok(answer.versions.into_iter().find(|it| it.version == version))
}

fn span(window: &LiveWindow) -> LabelledSpan {
    let labelled = &window.labelled;
    LabelledSpan {
        from: window.from.clone(),
        to: window.to.clone(),
        answers: labelled.coverage.answers,
        labels: labelled.coverage.labelled,
        score: labelled.score,
        interval: labelled.interval,
        difference: window.difference,
        delay_ms: labelled.delay_ms,
    }
}
