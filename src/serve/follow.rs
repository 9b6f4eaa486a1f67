//! Follows the champion: asks a few times a second whether the pointer moved, loads and verifies what it points to beside
//! the old version, and swaps.

use std::sync::Arc;
use std::time::Duration;

use super::{State, created};
use crate::serving::Error;
use crate::serving::follow::{database_trouble, follow_one, raise, silence};

/// How often the pointer is looked at; a promotion is live within this and the time to load it.
const EVERY: Duration = Duration::from_millis(250);
/// How long the database or the store is waited for at a look, before it counts as one that does not answer.
const PATIENCE: Duration = Duration::from_secs(2);
/// Polls after which what failed is tried again although the pointer did not move.
const RETRY_POLLS: u32 = 40;

/// Follows every champion until the server ends.
pub async fn follow(state: Arc<State>) {
    let served_models = &state.served_models;
    let source = &served_models.source;
    let mut change_token = String::new();
    let mut polls = 0;
    let mut interval = tokio::time::interval(EVERY);
    interval.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        interval.tick().await;
        polls += 1;
        let token = tokio::time::timeout(PATIENCE, source.change_token()).await;
        let now = match token.unwrap_or(Err(Error::Silent(source.origin()))) {
            Ok(now) => now,
            Err(error) => {
                // The database or the store cannot be reached: what is served stays, and the alarm says why it may be old.
                served_models
                    .models()
                    .for_each(|model| raise(&model, &error));
                served_models.database_is(database_trouble(&error));
                served_models.silence_is(silence(&error));
                change_token.clear();
                continue;
            }
        };
        served_models.database_is(None);
        served_models.silence_is(None);
        let is_troubled = served_models.models().any(|model| model.alarm().is_some());
        if now == change_token && !(is_troubled && polls % RETRY_POLLS == 0) {
            continue;
        }
        change_token = now;
        if let Err(error) = created::sync(&state).await {
            tracing::error!("created models cannot be looked up: {error}");
            change_token.clear();
        }
        for model in served_models.models() {
            follow_told(&state, &model).await;
        }
    }
}

/// Follows a model's champion now, after this server moved it, and not at the next look.
pub async fn follow_now(state: &State, model: &str) {
    if let Ok(model) = state.served_models.model(Some(model)) {
        follow_told(state, &model).await;
    }
}

/// Follows a champion and logs the result; what cannot be loaded becomes the model's alarm.
async fn follow_told(state: &State, model: &crate::serving::served_models::ModelSlot) {
    match follow_one(&state.served_models, model).await {
        Ok(true) => state.observer.reloaded(&model.name, true),
        Ok(false) => {}
        Err(error) => {
            state.observer.reloaded(&model.name, false);
            raise(model, &error);
        }
    }
}
