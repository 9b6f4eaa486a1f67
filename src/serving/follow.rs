//! Loads the champion that a source points to beside the one that is served, verifies it, and swaps.

use std::sync::Arc;

use super::error::Error;
use super::pointer::Pointer;
pub use super::project_source::{database_trouble, silence};
use crate::serving::served_models::ServedModels;

/// Loads every champion once.
///
/// # Errors
/// Nothing: what cannot be loaded becomes the model's alarm.
pub async fn load_all(served_models: &ServedModels) {
    for model in served_models.models() {
        if let Err(error) = follow_one(served_models, &model).await {
            raise(&model, &error);
        }
    }
}

/// Loads every champion once, as a server of one bundle does: without it, there is nothing to wait for.
///
/// # Errors
/// The first that cannot be loaded.
pub async fn load_each(served_models: &ServedModels) -> Result<(), Error> {
    for model in served_models.models() {
        follow_one(served_models, &model).await?;
    }
    Ok(())
}

/// Says what went wrong, once, and keeps it as the model's alarm.
pub fn raise(model: &crate::serving::served_models::ModelSlot, error: &Error) {
    let causes = crate::text::causes(error).join(": ");
    let alarm = if causes.is_empty() {
        error.to_string()
    } else {
        format!("{error}: {causes}")
    };
    if model.alarm().is_none_or(|known| *known != alarm) {
        tracing::error!(model = model.name, "cannot follow the champion: {alarm}");
    }
    model.raise(Some(alarm));
}

/// Says once what is wrong although what is served can be; `None` when nothing is.
fn alarm(model: &crate::serving::served_models::ModelSlot, alarm: Option<String>) {
    if let Some(alarm) = &alarm
        && model.alarm().is_none_or(|known| *known != *alarm)
    {
        tracing::error!(model = model.name, "{alarm}");
    }
    model.raise(alarm);
}

/// Loads a model's champion if it is not the version that is served already; returns whether it did.
///
/// # Errors
/// When the champion cannot be found or loaded.
pub async fn follow_one(
    served_models: &ServedModels,
    model: &crate::serving::served_models::ModelSlot,
) -> Result<bool, Error> {
    let _mine = model.following.lock().await;
    let served = model.champion();
    let pointer = served_models.source.pointer(&model.name).await?;
    let lost = served_models.source.lost(&model.name).await;
    model.lose(pointer.is_none() && served.is_some());
    let Some(pointer) = pointer else {
        let stays = "the database knows no champion any more; what was served stays, and no more should be sent";
        let gone = served.is_some().then(|| stays.to_string());
        alarm(model, lost.or(gone));
        return Ok(false);
    };
    let is_same = served.as_deref().is_some_and(|served| {
        served.version == pointer.version
            && served.since_ms == pointer.since_ms
            && pointer.mark.is_empty()
    });
    if !is_same {
        load(served_models, model, &pointer).await?;
    }
    alarm(model, lost);
    Ok(!is_same)
}

async fn load(
    served_models: &ServedModels,
    model: &crate::serving::served_models::ModelSlot,
    pointer: &Pointer,
) -> Result<(), Error> {
    let served = Arc::new(served_models.source.load(&model.name, pointer).await?);
    tracing::info!(
        model = model.name,
        version = served.version.get(),
        "version is served"
    );
    let scores = served_models.source.scores(&served).await;
    model.swap(served);
    model.know_scores(scores);
    Ok(())
}
