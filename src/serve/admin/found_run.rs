//! A run by its id.

use super::common::trouble;
use crate::http::problem::not_found;
use crate::pipeline::{fetch_log, is_run_id, run_log};
use crate::registry::RunRow;
use crate::serve::Problem;
use crate::serve::project::Project;
use std::path::PathBuf;

/// A run by its id, a beginning of it that only one has, or `latest`.
///
/// # Errors
/// 404, in words that say whether there is none or there are several.
pub async fn find(project: &Project, id: &str) -> Result<RunRow, Problem> {
    let found = project.registry.find_runs(id).await.map_err(trouble)?;
    let mut found = found.into_iter();
    match (found.next(), found.next()) {
        (Some(run), None) => Ok(run),
        (None, _) => Err(not_found("no such run; GET /runs lists them")),
        (Some(_), Some(_)) => Err(not_found(
            "several runs have ids that begin like this; give more of it",
        )),
    }
}

/// Where the log of a stored run is, if it has one.
pub async fn path_of(project: &Project, row: &RunRow) -> Option<PathBuf> {
    let env = project.envs.get(&row.model)?;
    if !is_run_id(&row.id) {
        return None;
    }
    fetch_log(&env.config, &row.id).await;
    Some(run_log(&env.config.project, &row.id))
}
