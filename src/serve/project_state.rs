//! What handlers share of a project: its folder, and what is remembered of requests.

use std::path::PathBuf;
use std::sync::Arc;

use super::{Request, State};
use crate::serving::answered::{AnsweredRows, Kept};
use crate::serving::rows::Rows;
use crate::serving::said::Said;
use crate::serving::served::Served;

impl State {
    /// With what counts the rows that are answered.
    pub fn counted_by(mut self, answered: Option<AnsweredRows>) -> Self {
        self.answered = answered;
        self
    }

    /// Hands what was said of rows to what counts and keeps it, where the settings of the model want that.
    pub(super) fn remember(
        &self,
        request: &Request,
        served: &Arc<Served>,
        rows: Arc<Rows>,
        said: Said,
    ) {
        let project = self.project.as_ref();
        let env = project.and_then(|project| project.envs.get(&served.model));
        let (Some(answered), Some(env)) = (&self.answered, env) else {
            return;
        };
        let is_counted = env.config.drift.enabled && served.bundle.reference.is_some();
        if rows.n_rows > 0 && (is_counted || env.config.labels.enabled) {
            answered.offer(Kept {
                at_ms: self.clock.now_ms(),
                unique: request.unique.clone(),
                env,
                served: served.clone(),
                rows,
                said,
            });
        }
    }

    /// Writes what waits to be counted and kept.
    pub(super) fn close_remembered(&self) {
        self.answered.iter().for_each(AnsweredRows::close);
    }

    /// The project's folder, where there is a project.
    pub fn project_folder(&self) -> Option<PathBuf> {
        let envs = self.project.as_ref()?.envs.all();
        Some(envs.values().next()?.config.project.clone())
    }

    /// Invalidates what is cached after a change, so that the caller who made it sees it.
    pub fn forget(&self) {
        self.overview.forget();
        self.diagnostics.forget();
    }
}
