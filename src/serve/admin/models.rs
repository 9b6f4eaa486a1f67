//! `/models` and `/models/{model}`.

use std::sync::Arc;

use serde_json::{Value, json};

use super::common::trouble;
use super::views::{ChampionView, ModelView};
use crate::clock::rfc3339;
use crate::config::ModelConfig;
use crate::pipeline::Env;
use crate::registry::VersionState;
use crate::serve::probation::View;
use crate::serve::{Problem, Reply, Request, Served, State};
use crate::serving::served_models::ModelSlot;

/// All models.
#[utoipa::path(
    get, path = "/models", operation_id = "list_models", tag = "manage",
    responses((status = 200, description = "All models, by name", body = Vec<ModelView>))
)]
pub async fn list(state: Arc<State>, _: Request) -> Result<Reply, Problem> {
    let mut views = Vec::new();
    for model in state.served_models.models() {
        views.push(view(&state, &model).await?);
    }
    Ok(Reply::json(&views).compressible())
}

/// One model.
#[utoipa::path(
    get, path = "/models/{model}", operation_id = "show_model", tag = "manage",
    params(("model" = String, Path, description = "The model's name")),
    responses((status = 200, description = "The model", body = ModelView))
)]
pub async fn show(state: Arc<State>, request: Request) -> Result<Reply, Problem> {
    let model = state.served_models.model(Some(request.param("model")))?;
    Ok(Reply::json(&view(&state, &model).await?))
}

async fn view(state: &State, model: &ModelSlot) -> Result<ModelView, Problem> {
    let envs = state.project.as_ref().map(|project| &project.envs);
    let served = model.champion();
    let mut view = match envs.and_then(|envs| envs.get(&model.name)) {
        Some(env) => of_project(&env, &model.name).await?,
        None => of_bundle(&model.name, served.as_deref()),
    };
    // The settings need not name it: then it is the last column of the data.
    if view.target.is_none() {
        view.target = served.as_ref().map(|served| served.bundle.target.clone());
        view.data["target"] = json!(view.target);
    }
    view.probation = model.probation().map(|view| View::clone(&view));
    view.served = served.map(|served| served.version);
    view.alarm = model.alarm().map(
        |_| "the champion cannot be loaded; `GET /readyz?verbose` and the server's log say why",
    );
    Ok(view)
}

async fn of_project(env: &Env, name: &str) -> Result<ModelView, Problem> {
    let registry = &env.registry;
    let champion = registry.champion(name).await.map_err(trouble)?;
    let versions = registry.versions(name).await.map_err(trouble)?;
    let ready = versions
        .iter()
        .filter(|version| version.state == VersionState::Ready);
    let mut metric = env.config.metric.name();
    let score = match &champion {
        None => None,
        Some(champion) => {
            let scores = registry.scores(name).await.map_err(trouble)?;
            let newest = scores
                .iter()
                .rfind(|score| score.version == champion.version);
            newest.and_then(|score| {
                metric = env.config.metric_of(&score.record).name();
                score.record[metric].as_f64()
            })
        }
    };
    Ok(ModelView {
        key: "model",
        sort: name.to_string(),
        data: asked_and_settings(&env.config),
        status: status(champion.is_some()),
        name: name.to_string(),
        champion: champion.map(|champion| ChampionView {
            version: champion.version,
            since: Some(rfc3339(champion.since_ms)),
            pinned: champion.pinned,
        }),
        served: None,
        alarm: None,
        metric: Some(metric),
        target: env.config.target.clone(),
        score,
        probation: None,
        versions: ready.count(),
    })
}

/// What was requested, where a request named a training set, and what decides what the model becomes.
fn asked_and_settings(config: &ModelConfig) -> Value {
    let mut data = config.asked.clone().unwrap_or_default();
    if let Value::Object(settings) = settings(config) {
        data.extend(settings);
    }
    Value::Object(data)
}

/// The settings that decide what a model becomes, without folders.
fn settings(config: &ModelConfig) -> Value {
    json!({
        "target": config.target,
        "positive_class": config.positive_class,
        "drop": config.drop,
        "keys": config.keys,
        "time_column": config.time_column,
        "schema": config.schema,
        "features": config.features,
        "learner": config.learner,
        "split": config.split,
        "metric": config.metric,
        "gate": config.gate,
    })
}

fn of_bundle(name: &str, served: Option<&Served>) -> ModelView {
    let data = served.map(|served| {
        let bundle = &served.bundle;
        json!({"target": bundle.target, "classes": bundle.classes, "learner": bundle.trained_by()})
    });
    let since = served.filter(|served| served.since_ms > 0);
    ModelView {
        key: "model",
        sort: name.to_string(),
        data: data.unwrap_or_else(|| json!({})),
        status: status(served.is_some()),
        name: name.to_string(),
        champion: served.map(|served| ChampionView {
            version: served.version,
            since: since.map(|served| rfc3339(served.since_ms)),
            pinned: false,
        }),
        served: None,
        alarm: None,
        metric: None,
        target: None,
        score: None,
        probation: None,
        versions: usize::from(served.is_some()),
    }
}

fn status(has_champion: bool) -> &'static str {
    if has_champion { "active" } else { "started" }
}
