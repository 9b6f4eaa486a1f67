//! In the place of `project_state.rs` without the feature `train`: there is no project.

use std::path::PathBuf;
use std::sync::Arc;

use crate::serve::{Request, State};
use crate::serving::rows::Rows;
use crate::serving::said::Said;
use crate::serving::served::Served;

impl State {
    /// Nothing of a request is remembered.
    pub(in crate::serve) fn remember(&self, _: &Request, _: &Arc<Served>, _: Arc<Rows>, _: Said) {}

    /// Nothing waits to be written.
    pub(in crate::serve) fn close_remembered(&self) {}

    /// There is no folder of a project.
    pub fn project_folder(&self) -> Option<PathBuf> {
        None
    }

    /// Nothing is cached.
    pub fn forget(&self) {}
}
