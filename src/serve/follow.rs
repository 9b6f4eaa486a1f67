//! Follows the champion: asks a few times a second whether the pointer moved, loads and verifies what it points to beside
//! the old version, and swaps.

use std::sync::Arc;
use std::time::Duration;

use super::error::Error;
use super::source::Pointer;
use super::{Fleet, State};

/// How often the pointer is looked at; a promotion is live within this and the time to load it.
const EVERY: Duration = Duration::from_millis(250);
/// Polls after which what failed is tried again although the pointer did not move.
const RETRY_POLLS: u32 = 40;

/// Loads every champion once.
///
/// # Errors
/// Nothing: what cannot be loaded becomes the model's alarm.
pub async fn load_all(fleet: &Fleet) {
    for model in fleet.models() {
        if let Err(error) = follow_one(fleet, &model).await {
            raise(&model, &error);
        }
    }
}

/// Loads every champion once, as a server of one bundle does: without it, there is nothing to wait for.
///
/// # Errors
/// The first that cannot be loaded.
pub async fn load_each(fleet: &Fleet) -> Result<(), Error> {
    for model in fleet.models() {
        follow_one(fleet, &model).await?;
    }
    Ok(())
}

/// Follows every champion until the server ends.
pub async fn follow(state: Arc<State>) {
    let fleet = &state.fleet;
    let mut tide = String::new();
    let mut polls = 0;
    let mut interval = tokio::time::interval(EVERY);
    interval.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        interval.tick().await;
        polls += 1;
        let now = match fleet.source.tide().await {
            Ok(now) => now,
            Err(error) => {
                // The database cannot be asked: what is served stays, and the alarm says why it may be old.
                fleet.models().for_each(|model| raise(&model, &error));
                fleet.database_is(database_trouble(&error));
                tide.clear();
                continue;
            }
        };
        fleet.database_is(None);
        let is_troubled = fleet.models().any(|model| model.alarm().is_some());
        if now == tide && !(is_troubled && polls % RETRY_POLLS == 0) {
            continue;
        }
        tide = now;
        if let Err(error) = super::sync_created(&state).await {
            tracing::error!("created models cannot be looked up: {error}");
            tide.clear();
        }
        for model in fleet.models() {
            follow_told(&state, &model).await;
        }
    }
}

/// Follows a model's champion now, after this server moved it, and not at the next look.
pub async fn follow_now(state: &State, model: &str) {
    if let Ok(model) = state.fleet.model(Some(model)) {
        follow_told(state, &model).await;
    }
}

/// Follows a champion and tells what came of it; what cannot be loaded becomes the model's alarm.
async fn follow_told(state: &State, model: &super::fleet::Model) {
    match follow_one(&state.fleet, model).await {
        Ok(true) => state.observer.reloaded(&model.name, true),
        Ok(false) => {}
        Err(error) => {
            state.observer.reloaded(&model.name, false);
            raise(model, &error);
        }
    }
}

fn raise(model: &super::fleet::Model, error: &Error) {
    let causes = crate::pipeline::causes(error).join(": ");
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
fn alarm(model: &super::fleet::Model, alarm: Option<String>) {
    if let Some(alarm) = &alarm
        && model.alarm().is_none_or(|known| *known != *alarm)
    {
        tracing::error!(model = model.name, "{alarm}");
    }
    model.raise(alarm);
}

/// What keeps a server from being ready: its database was taken away. One that is only busy does not.
fn database_trouble(error: &Error) -> Option<String> {
    use crate::registry::Error as R;
    match error {
        Error::Pipeline(crate::pipeline::Error::Registry(
            error @ (R::Gone { .. } | R::Foreign { .. }),
        )) => Some(format!(
            "cannot {error}; nothing can be changed until it is back"
        )),
        _ => None,
    }
}

/// Loads a model's champion if it is not the version that is served already; tells whether it did.
async fn follow_one(fleet: &Fleet, model: &super::fleet::Model) -> Result<bool, Error> {
    let _mine = model.following.lock().await;
    let served = model.champion();
    let pointer = fleet.source.pointer(&model.name).await?;
    let lost = fleet.source.lost(&model.name).await;
    model.lose(pointer.is_none() && served.is_some());
    let Some(pointer) = pointer else {
        let stays = "the database knows no champion any more; what was served stays, and nobody should send more";
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
        load(fleet, model, &pointer).await?;
    }
    alarm(model, lost);
    Ok(!is_same)
}

async fn load(fleet: &Fleet, model: &super::fleet::Model, pointer: &Pointer) -> Result<(), Error> {
    let served = Arc::new(fleet.source.load(&model.name, pointer).await?);
    tracing::info!(
        model = model.name,
        version = served.version,
        "version is served"
    );
    let scores = fleet.source.scores(&served).await;
    model.swap(served);
    model.know_scores(scores);
    Ok(())
}
