//! In the place of `admin/` without the feature `train`: what a bundle says of itself, and rejections where a registry would answer.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::clock::rfc3339;
use crate::http::problem::not_found;
use crate::model_types::VersionSelector;
use crate::serve::rejections::no_registry;
use crate::serve::{Problem, Reply, Request, Served, State};
use crate::serving::model_slot::ModelSlot;

/// Handlers of what only a project has.
macro_rules! of_project {
    ($($name:ident)*) => {$(
        /// Rejected: there is no project.
        ///
        /// # Errors
        /// Always.
        pub async fn $name(_: Arc<State>, _: Request) -> Result<Reply, Problem> {
            Err(no_registry())
        }
    )*};
}

/// Handlers of what only a model of a project has.
macro_rules! of_model {
    ($($name:ident)*) => {$(
        /// Rejected: there is no project.
        ///
        /// # Errors
        /// Always; 404 where there is no such model either.
        pub async fn $name(state: Arc<State>, request: Request) -> Result<Reply, Problem> {
            state.served_models.model(Some(request.param("model")))?;
            Err(no_registry())
        }
    )*};
}

of_project! {
    cancel_job create_model delete_model give_labels job jobs labels_wanted log retry_job run runs schedules start_run ticks
}

of_model! {
    approve drift file live pause_schedule promote reject remove report resume_schedule rollback
}

/// The model of the bundle.
///
/// # Errors
/// Nothing.
pub async fn models(state: Arc<State>, _: Request) -> Result<Reply, Problem> {
    let models = state.served_models.models();
    let views: Vec<Value> = models.map(|model| view(&model)).collect();
    Ok(Reply::json(&views).compressible())
}

/// One model.
///
/// # Errors
/// 404 for another.
pub async fn model(state: Arc<State>, request: Request) -> Result<Reply, Problem> {
    let model = state.served_models.model(Some(request.param("model")))?;
    Ok(Reply::json(&view(&model)))
}

fn view(model: &ModelSlot) -> Value {
    let served = model.champion();
    let data = served.as_ref().map(|served| {
        let bundle = &served.bundle;
        json!({"target": bundle.target, "classes": bundle.classes, "learner": bundle.trained_by()})
    });
    let champion = served.as_ref().map(|served| {
        let since = (served.since_ms > 0).then(|| rfc3339(served.since_ms));
        json!({"version": served.version, "since": since, "pinned": false})
    });
    let alarm = model.alarm().map(
        |_| "the champion cannot be loaded; `GET /readyz?verbose` and the server's log say why",
    );
    json!({
        "key": "model",
        "sort": model.name,
        "data": data.unwrap_or_else(|| json!({"target": null})),
        "status": if served.is_some() { "active" } else { "started" },
        "name": model.name,
        "champion": champion,
        "served": served.as_ref().map(|served| served.version),
        "alarm": alarm,
        "metric": null,
        "target": served.as_ref().map(|served| served.bundle.target.as_str()),
        "score": null,
        "probation": null,
        "versions": usize::from(served.is_some()),
    })
}

/// The version of the bundle.
///
/// # Errors
/// 404 for another model.
pub async fn versions(state: Arc<State>, request: Request) -> Result<Reply, Problem> {
    let model = state.served_models.model(Some(request.param("model")))?;
    let served = model.champion();
    let views: Vec<Value> = served.iter().map(|served| of_bundle(served)).collect();
    Ok(Reply::json(&views))
}

/// One version.
///
/// # Errors
/// 404 for any but that of the bundle.
pub async fn version(state: Arc<State>, request: Request) -> Result<Reply, Problem> {
    let model = state.served_models.model(Some(request.param("model")))?;
    let id = request.param("version");
    let is_meant = |served: &Arc<Served>| match id.parse() {
        Ok(VersionSelector::Number(number)) => number == served.version,
        Ok(VersionSelector::Champion | VersionSelector::Latest) => true,
        Err(_) => false,
    };
    let served = model.champion().filter(is_meant);
    let served = served.ok_or_else(|| {
        not_found("no such version of the model; GET /models/<model>/versions lists them")
    })?;
    let mut view = of_bundle(&served);
    for name in ["record", "decision", "scoring"] {
        view[name] = Value::Null;
    }
    view["files"] = json!([]);
    Ok(Reply::json(&view))
}

/// What a loaded bundle says of its version.
fn of_bundle(served: &Served) -> Value {
    json!({
        "model": served.model,
        "version": served.version,
        "state": "ready",
        "verdict": null,
        "created": null,
        "run": null,
        "is_champion": true,
        "score": null,
        "scores": null,
        "bundle_sha256": served.sha256,
        "model_hash": null,
        "data_hash": null,
        "config_hash": null,
    })
}
