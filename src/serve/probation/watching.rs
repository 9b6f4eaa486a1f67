//! The task that watches: sees promotions, begins and ends probations. Nothing here is waited for by a request.

use std::sync::Arc;
use std::time::Duration;

use super::told;
use crate::model_types::VersionNumber;
use crate::pipeline::{self, Env, Error};
use crate::registry::{Action, Operation, ProbationEnd, ProbationRow, ProbationState};
use crate::serve::admin::heavy;
use crate::serve::follow::follow_now;
use crate::serve::{Served, State};
use crate::serving::probation::trial::{Finding, Trial};
use crate::serving::probation::view::View;
use crate::serving::served_models::ModelSlot;

/// How often is looked.
const EVERY: Duration = Duration::from_millis(250);
/// Looks after which what failed is tried again, and the registry is queried for whether another server has concluded.
const LONG: u32 = 8;

/// Watches until the server ends.
pub async fn watch(state: Arc<State>) {
    let mut watchers: Vec<Watcher> = Vec::new();
    let mut interval = tokio::time::interval(EVERY);
    interval.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        interval.tick().await;
        for model in state.served_models.models() {
            let is_watched = |watcher: &Watcher| watcher.env.config.name == model.name;
            if !watchers.iter().any(is_watched) {
                watchers.extend(Watcher::new(&state, &model));
            }
        }
        watchers.retain(|watcher| {
            let name = watcher.env.config.name.as_str();
            state.served_models.models().any(|model| model.name == name)
        });
        for watcher in &mut watchers {
            watcher.follow_settings(&state);
            watcher.look(&state).await;
        }
        if watchers.is_empty() {
            // The bundle that was served before is not needed any more.
            state
                .served_models
                .models()
                .for_each(|model| drop(model.take_before()));
        }
    }
}

/// What is watched of one model.
struct Watcher {
    env: Arc<Env>,
    /// The champion that was looked up last.
    seen: Option<Arc<Served>>,
    trial: Option<Trial>,
    /// Looks until what failed is tried again.
    rest: u32,
    /// Looks until the registry is queried again.
    ask_in: u32,
    /// What went wrong last, so that it is said once.
    trouble: String,
}

impl Watcher {
    /// A server of one bundle has no project, and so nothing to go back to.
    fn new(state: &State, model: &ModelSlot) -> Option<Self> {
        let env = state.project.as_ref()?.envs.get(&model.name)?;
        Some(Watcher {
            env,
            seen: None,
            trial: None,
            rest: 0,
            ask_in: 0,
            trouble: String::new(),
        })
    }

    /// The settings may have been edited.
    fn follow_settings(&mut self, state: &State) {
        let name = self.env.config.name.as_str();
        let now = state
            .project
            .as_ref()
            .and_then(|project| project.envs.get(name));
        if let Some(now) = now.filter(|now| !Arc::ptr_eq(now, &self.env)) {
            self.env = now;
        }
    }

    async fn look(&mut self, state: &State) {
        let Ok(model) = state.served_models.model(Some(&self.env.config.name)) else {
            return;
        };
        self.rest = self.rest.saturating_sub(1);
        self.ask_in = self.ask_in.saturating_sub(1);
        let is_resting = self.rest > 0;
        let looked = self.look_at(state, &model).await;
        match looked {
            Ok(()) if is_resting => {}
            Ok(()) => self.trouble.clear(),
            Err(error) => {
                self.rest = LONG;
                self.tell(&error);
            }
        }
    }

    async fn look_at(&mut self, state: &State, model: &ModelSlot) -> Result<(), Error> {
        let Some(champion) = model.champion() else {
            return Ok(());
        };
        let is_seen = self
            .seen
            .as_ref()
            .is_some_and(|seen| Arc::ptr_eq(seen, &champion));
        if !is_seen {
            if self.rest > 0 {
                return Ok(());
            }
            self.end_trial();
            self.begin(state, model, &champion).await?;
            self.seen = Some(champion.clone());
        }
        let Some(trial) = self.trial.take() else {
            return Ok(());
        };
        // Should that go wrong, it is started again.
        self.seen = None;
        let mut trial = compared(trial).await?;
        self.seen = Some(champion);
        let now_ms = state.clock.now_ms();
        let finding = trial.judge(&self.env.config.probation, now_ms);
        let mut view = trial.view(now_ms);
        if !self.trouble.is_empty() && finding.is_some() {
            view.reasons.push(self.trouble.clone());
        }
        model.know_probation(Some(view));
        self.trial = Some(trial);
        if self.rest > 0 {
            return Ok(());
        }
        match finding {
            Some(finding) => self.conclude(state, model, &finding).await,
            None if self.ask_in > 0 => Ok(()),
            None => self.ask(model).await,
        }
    }

    /// Looks whether the promotion of a champion that was just loaded is to be watched.
    async fn begin(
        &mut self,
        state: &State,
        model: &ModelSlot,
        champion: &Arc<Served>,
    ) -> Result<(), Error> {
        let (registry, settings) = (&self.env.registry, &self.env.config.probation);
        let now_ms = state.clock.now_ms();
        let Some((id, operation)) = registry.last_operation(&model.name).await? else {
            return Ok(());
        };
        let mut rows = registry.probations(&model.name).await?;
        for row in &rows {
            let why = match (row.operation == id, settings.enabled) {
                (true, true) => continue,
                (true, false) => "probation was switched off".to_string(),
                (false, _) => overtaken(&operation),
            };
            registry.end_probation(row, &unfound(&why, now_ms)).await?;
        }
        let is_known = rows.iter().any(|row| row.operation == id);
        if !is_known
            && settings.enabled
            && let Some(previous) = watched(&operation, champion)
            && now_ms - operation.at_ms < settings.lasts_ms()
        {
            registry
                .begin_probation(&ProbationRow {
                    model: model.name.clone(),
                    operation: id,
                    version: champion.version,
                    previous,
                    state: ProbationState::Watching,
                    began_ms: now_ms,
                    ended_ms: None,
                    reason: None,
                    record: None,
                })
                .await?;
        }
        rows = registry.probations(&model.name).await?;
        model.know_probation(rows.first().map(View::of));
        let before = model.take_before();
        let newest = rows.into_iter().next();
        // The version may not be loaded yet, or cannot be: then there is nothing to watch.
        let is_watched = |row: &ProbationRow| {
            row.state == ProbationState::Watching
                && row.operation == id
                && watched(&operation, champion).is_some()
        };
        if let Some(row) = newest.filter(is_watched) {
            self.trial = Some(self.trial_of(state, row, champion, before).await);
        }
        Ok(())
    }

    async fn trial_of(
        &self,
        state: &State,
        row: ProbationRow,
        champion: &Arc<Served>,
        before: Option<Arc<Served>>,
    ) -> Trial {
        let before = before.filter(|before| before.version == row.previous);
        let is_known = before.is_some();
        let old = match before {
            Some(before) => Some(before),
            // What cannot be loaded is not compared with; the log says why.
            None => {
                let source = &state.served_models.source;
                let loaded = source.version(&row.model, row.previous).await;
                loaded.ok().map(Arc::new)
            }
        };
        let (env, version, previous) = (self.env.clone(), row.version, row.previous);
        let test =
            heavy(async move { Ok(pipeline::test_shift(&env, version, previous).await) }).await;
        let test = test.ok().and_then(|test| {
            test.inspect_err(|error| tracing::warn!("predictions are not compared: {error}"))
                .ok()
        });
        tracing::info!(
            model = row.model,
            version = row.version.get(),
            "on probation beside version {}",
            row.previous
        );
        Trial::new(row, champion.clone(), old, is_known, test.flatten())
    }

    /// Makes a finding true, unless another server did with its own.
    async fn conclude(
        &mut self,
        state: &State,
        model: &ModelSlot,
        finding: &Finding,
    ) -> Result<(), Error> {
        let Some(row) = self.trial.as_ref().map(|trial| trial.row.clone()) else {
            return Ok(());
        };
        let at_ms = state.clock.now_ms();
        let is_ours = if finding.state == ProbationState::RolledBack {
            self.take_back(&row, finding, at_ms).await?
        } else {
            let registry = &self.env.registry;
            registry.end_probation(&row, &finding.at(at_ms)).await?
        };
        if is_ours {
            let (action, version) = (finding.state.name(), row.version);
            if finding.state == ProbationState::Confirmed {
                let version = version.get();
                tracing::info!(model = row.model, version, "confirmed: {}", finding.reason);
            }
            told::tell(state, &row.model, action, version, &finding.reason).await;
        } else {
            // The champion was moved or the probation concluded elsewhere; the result is seen soon.
            self.rest = LONG;
        }
        self.ask(model).await?;
        if finding.state == ProbationState::RolledBack && is_ours {
            follow_now(state, &row.model).await;
        }
        Ok(())
    }

    async fn take_back(
        &self,
        row: &ProbationRow,
        finding: &Finding,
        at_ms: i64,
    ) -> Result<bool, Error> {
        let (env, row) = (self.env.clone(), row.clone());
        let (state, reason) = (finding.state, finding.reason.clone());
        let record = finding.record.clone();
        let runtime = tokio::runtime::Handle::current();
        // Reads and verifies files. It goes to its end even if this task is ended: a lock that was taken is given back.
        let done = tokio::task::spawn_blocking(move || {
            let end = ProbationEnd {
                state,
                reason: &reason,
                record: &record,
                at_ms,
            };
            runtime.block_on(pipeline::take_back(&env, &row, &end))
        });
        done.await.unwrap_or_else(|error| {
            Err(Error::Interrupted {
                what: "take it back",
                why: error.to_string(),
            })
        })
    }

    /// Asks the registry whether the probation still continues.
    async fn ask(&mut self, model: &ModelSlot) -> Result<(), Error> {
        self.ask_in = LONG;
        let Some(trial) = &self.trial else {
            return Ok(());
        };
        let rows = self.env.registry.probations(&model.name).await?;
        let is_it = |row: &&ProbationRow| row.operation == trial.row.operation;
        if let Some(row) = rows.iter().find(is_it)
            && row.state != ProbationState::Watching
        {
            model.know_probation(Some(View::of(row)));
            self.end_trial();
        }
        Ok(())
    }

    fn end_trial(&mut self) {
        if let Some(trial) = self.trial.take() {
            trial.end();
        }
    }

    fn tell(&mut self, error: &Error) {
        let causes = crate::text::causes(error);
        let says = std::iter::once(error.to_string())
            .chain(causes)
            .collect::<Vec<_>>()
            .join(": ");
        if says != self.trouble {
            tracing::warn!(model = self.env.config.name, "probation: {says}");
            self.trouble = says;
        }
    }
}

/// Compares what waits, off the threads that answer.
async fn compared(mut trial: Trial) -> Result<Trial, Error> {
    let done = tokio::task::spawn_blocking(move || {
        trial.compare();
        trial
    });
    done.await.map_err(|error| Error::Interrupted {
        what: "compare predictions",
        why: error.to_string(),
    })
}

/// The version before the one that a run has promoted. Nothing for what a person decided, and for a first version.
fn watched(operation: &Operation, champion: &Served) -> Option<VersionNumber> {
    let is_by_run = operation.action == Action::Promote && operation.run.is_some();
    let is_served =
        operation.version == Some(champion.version) && operation.at_ms == champion.since_ms;
    let previous = operation.previous?;
    (is_by_run && is_served && previous != champion.version).then_some(previous)
}

fn overtaken(operation: &Operation) -> String {
    let version = operation.version.map_or(String::new(), |it| it.to_string());
    format!(
        "overtaken by {} of version {version} by {}",
        operation.action, operation.actor
    )
}

/// An end without a finding.
fn unfound(why: &str, at_ms: i64) -> ProbationEnd<'_> {
    static NOTHING: serde_json::Value = serde_json::Value::Null;
    ProbationEnd {
        state: ProbationState::Ended,
        reason: why,
        record: &NOTHING,
        at_ms,
    }
}
