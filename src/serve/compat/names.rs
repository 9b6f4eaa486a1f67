//! Versions by the names that they were given.

use crate::model_types::VersionNumber;
use crate::pipeline::version_of_name;
use crate::serve::admin::trouble;
use crate::serve::{Problem, State};

/// The number of a version that was given a name when it was trained.
pub async fn named(
    state: &State,
    model: &str,
    name: &str,
) -> Result<Option<VersionNumber>, Problem> {
    let env = state.project.as_ref().and_then(|it| it.envs.get(model));
    let Some(env) = env else { return Ok(None) };
    let found = version_of_name(&env, name).await.map_err(trouble)?;
    Ok(found.map(|version| version.number))
}
