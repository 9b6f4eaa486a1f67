//! `GET /labels/wanted`: which logged requests to label so that an open decision can be made.

use std::sync::Arc;

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::common::{env_of, heavy};
use super::versions::find as find_version;
use crate::model_types::VersionNumber;
use crate::overview;
use crate::serve::{Problem, Reply, Request, State};

/// Which labels would settle an open decision.
#[derive(Serialize, ToSchema)]
pub struct LabelsWantedView {
    /// The model.
    model: String,
    /// In words: what is wanted and what for, or why nothing is.
    says: String,
    /// The version that is not decided on; none where nothing is wanted.
    #[schema(value_type = Option<i64>)]
    version: Option<VersionNumber>,
    /// The champion that it is checked against.
    #[schema(value_type = Option<i64>)]
    champion: Option<VersionNumber>,
    /// Logged requests that both models answered.
    population: u64,
    /// Those of them on which both models differ.
    differ: u64,
    /// Fewest labels with which a decision comes with a chance of 0.8; none where even all of them give less.
    needed: Option<u64>,
    /// Chance of a decision once the labels of `rows` have come.
    chance: Option<f64>,
    /// The same with labels of all rows on which both models differ.
    chance_of_all: Option<f64>,
    /// How many of `rows` have a label.
    came: u64,
    /// Seed of the draw.
    seed: Option<u64>,
    /// The requests to label: `id` of the answer, `direction` (`challenger_positive` or `champion_positive`: who alone says the
    /// positive class), `weight` (for how many logged requests it stands) and `label` where that has come.
    #[schema(value_type = Vec<Object>)]
    rows: Value,
}

/// Which logged requests to label so that an open decision can be made.
///
/// They are drawn at random among those on which challenger and champion differ. Give their labels to `POST /labels` with the
/// source `wanted`; then `unseat deploy VERSION` decides again.
#[utoipa::path(
    get, path = "/labels/wanted", operation_id = "labels_wanted", tag = "manage",
    params(
        ("model" = Option<String>, Query, description = "The model; may be left out where there is only one"),
        ("version" = Option<String>, Query, description = "The version that is not decided on; the newest such version if not given"),
    ),
    responses(
        (status = 200, description = "The requests; empty where no labels are wanted", body = LabelsWantedView),
        (status = 404, description = "No such model or version"),
        (status = 409, description = "The server serves one bundle and keeps no answers"),
    )
)]
pub async fn show(state: Arc<State>, request: Request) -> Result<Reply, Problem> {
    let model = state
        .served_models
        .model(request.query("model").as_deref())?;
    let env = env_of(&state, &model.name)?;
    let version = match request.query("version") {
        Some(asked) => Some(find_version(&env, &asked).await?.number.to_string()),
        None => None,
    };
    let found =
        heavy(async move { overview::labels_wanted(&env, version.as_deref()).await }).await?;
    Ok(Reply::json(&LabelsWantedView {
        // Texts and numbers: they can be written.
        rows: serde_json::to_value(&found.rows).unwrap_or_default(),
        model: found.model,
        says: found.says,
        version: found.version,
        champion: found.champion,
        population: found.population,
        differ: found.differ,
        needed: found.needed,
        chance: found.chance,
        chance_of_all: found.chance_of_all,
        came: found.came,
        seed: found.seed,
    })
    .compressible())
}
