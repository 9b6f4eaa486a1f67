//! In the place of `compat/retrain.rs` without the feature `train`: nothing is trained, and there is no registry that could list versions.

use std::sync::Arc;

use warp::http::Method;

use crate::config::ModelsForm;
use crate::serve::admin;
use crate::serve::rejections::no_registry;
use crate::serve::{Code, Problem, Reply, Request, State};

/// Always rejected.
pub async fn retrain(state: Arc<State>, request: Request) -> Result<Reply, Problem> {
    if request.method == Method::HEAD {
        let why = "this path answers to GET alone: it begins a run";
        let mut problem = Problem::new(Code::MethodNotAllowed, why);
        problem.allow = Some("GET".to_string());
        return Err(problem);
    }
    retrain_log(state, request).await
}

/// Always rejected: there are no runs.
pub async fn retrain_log(state: Arc<State>, request: Request) -> Result<Reply, Problem> {
    state
        .served_models
        .model(request.query("model").as_deref())?;
    Err(no_registry())
}

/// `GET /models`, in the form that the settings say.
pub async fn models(state: Arc<State>, request: Request) -> Result<Reply, Problem> {
    match state.settings.compatibility.models {
        ModelsForm::Own => admin::models(state, request).await,
        ModelsForm::RetrainingService => retrain_log(state, request).await,
    }
}
