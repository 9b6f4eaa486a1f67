//! What was live at a time: version, data, settings and decision.

use serde::Serialize;

use super::decision::DecisionStatus;
use crate::clock::rfc3339;
use crate::model_types::{RunId, Sha256, VersionNumber};
use crate::pipeline::{self, Env, Error};
use crate::registry::{Action, Operation};

/// What was live at a time.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LiveThen {
    /// The model.
    pub model: String,
    /// The time.
    pub at: String,
    /// The version that was the champion; none before the first.
    pub version: Option<VersionNumber>,
    /// Since when.
    pub since: Option<String>,
    /// Until when; nothing where it still is.
    pub until: Option<String>,
    /// What made it the champion: `promote`, `rollback` or `pin`.
    pub action: Option<Action>,
    /// Who.
    pub by: Option<String>,
    /// Why.
    pub reason: Option<String>,
    /// The run that made the version.
    pub run: Option<RunId>,
    /// The run whose data set it was trained on.
    pub data_set: Option<String>,
    /// Rows of that data set.
    pub rows: Option<i64>,
    /// Hash of the settings that it was trained by.
    pub config_hash: Option<String>,
    /// Checksum of its bundle.
    pub bundle_sha256: Option<Sha256>,
    /// The gate's decision on it, where its file is still there.
    pub decision: Option<DecisionStatus>,
}

/// What was live at a time.
///
/// # Errors
/// When the registry cannot be reached.
pub async fn live_at(env: &Env, at_ms: i64) -> Result<LiveThen, Error> {
    let (model, registry) = (&env.config.name, &env.registry);
    let operations = registry.operations(model).await?;
    let (operation, until_ms) = then(&operations, at_ms);
    let version = operation.and_then(|it| it.version);
    let row = match version {
        Some(number) => registry.version(model, number).await?,
        None => None,
    };
    let decision = match &row {
        Some(row) => pipeline::read_decision(env, row).await.ok(),
        None => None,
    };
    let data_set = row.as_ref().map(pipeline::dataset_run);
    let rows = match &data_set {
        Some(run) => registry.dataset(model, run).await?.map(|it| it.n_rows),
        None => None,
    };
    let text = |of: fn(&Operation) -> &String| operation.map(|it| of(it).clone());
    Ok(LiveThen {
        model: model.clone(),
        at: rfc3339(at_ms),
        version,
        since: operation.map(|it| rfc3339(it.at_ms)),
        until: until_ms.map(rfc3339),
        action: operation.map(|it| it.action),
        by: text(|it| &it.actor),
        reason: text(|it| &it.reason),
        decision: version
            .zip(decision.as_ref())
            .map(|(version, decision)| DecisionStatus::of(version, decision)),
        run: row.as_ref().map(|row| row.run.clone()),
        config_hash: row.as_ref().and_then(|row| row.config_hash.clone()),
        bundle_sha256: row.and_then(|row| row.bundle_sha256),
        data_set: data_set.map(String::from),
        rows,
    })
}

/// What made the champion of a time, and when the next one came; operations come newest first.
fn then(operations: &[Operation], at_ms: i64) -> (Option<&Operation>, Option<i64>) {
    let mut until = None;
    for operation in operations.iter().filter(|it| it.action != Action::Unpin) {
        if operation.at_ms <= at_ms {
            return (Some(operation), until);
        }
        until = Some(operation.at_ms);
    }
    (None, until)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_champion_of_a_time_is_what_was_moved_last_before_it() {
        let operation = |action: Action, version: VersionNumber, at_ms: i64| Operation {
            action,
            version: Some(version),
            previous: None,
            reason: String::new(),
            actor: String::new(),
            run: None,
            at_ms,
        };
        let operations = [
            operation(Action::Unpin, VersionNumber::new(2), 40),
            operation(Action::Promote, VersionNumber::new(2), 30),
            operation(Action::Promote, VersionNumber::new(1), 10),
        ];
        let found = |at_ms: i64| {
            let (operation, until) = then(&operations, at_ms);
            (operation.and_then(|it| it.version), until)
        };
        assert_eq!(found(5), (None, Some(10)));
        assert_eq!(found(10), (Some(VersionNumber::new(1)), Some(30)));
        assert_eq!(found(29), (Some(VersionNumber::new(1)), Some(30)));
        assert_eq!(found(99), (Some(VersionNumber::new(2)), None));
    }
}
