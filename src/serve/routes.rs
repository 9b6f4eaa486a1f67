//! The table of contents: every path, who may ask it, what answers, and whose protocol it speaks.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use super::borrowed::{mlflow, risk, switch, versioned};
use super::problem::Dialect::{self, Message, Mlflow, Native, Plain};
use super::{
    Problem, Reply, Request, State, diagnostics, health, manage, observe, openapi, prediction, v2,
};
use crate::config::Role;

/// What a handler returns.
pub type Answer = Pin<Box<dyn Future<Output = Result<Reply, Problem>> + Send>>;

/// A row of the table.
pub struct Route {
    /// GET (which answers HEAD, too), POST, DELETE.
    pub method: &'static str,
    /// The path; `{name}` stands for one segment.
    pub path: &'static str,
    /// Who may ask; `None` is everybody.
    pub role: Option<Role>,
    /// How its problems are told.
    pub dialect: Dialect,
    /// What answers.
    pub handler: fn(Arc<State>, Request) -> Answer,
}

/// A row, with its handler boxed.
macro_rules! route {
    ($method:literal, $path:literal, $role:expr, $dialect:expr, $handler:path) => {
        Route {
            method: $method,
            path: $path,
            role: $role,
            dialect: $dialect,
            handler: |state, request| Box::pin($handler(state, request)),
        }
    };
}

const OPEN: Option<Role> = None;
const READ: Option<Role> = Some(Role::Read);
const PREDICT: Option<Role> = Some(Role::Predict);
const ADMIN: Option<Role> = Some(Role::Admin);

/// Every path that is answered.
pub static ROUTES: &[Route] = &[
    // Predictions
    route!("POST", "/prediction", PREDICT, Native, prediction::post),
    route!("GET", "/prediction", PREDICT, Native, prediction::get),
    // Scores and diagnostics
    route!("GET", "/scoring", READ, Native, diagnostics::scoring),
    route!(
        "GET",
        "/summarystats",
        READ,
        Native,
        diagnostics::summarystats
    ),
    route!(
        "GET",
        "/diagnostics",
        READ,
        Native,
        diagnostics::diagnostics
    ),
    route!("GET", "/score", READ, Plain, diagnostics::borrowed::score),
    route!(
        "GET",
        "/summarise",
        READ,
        Plain,
        diagnostics::borrowed::summarise
    ),
    route!(
        "GET",
        "/diagnose",
        READ,
        Plain,
        diagnostics::borrowed::diagnose
    ),
    // Models, versions, runs
    route!("GET", "/models", READ, Native, manage::models),
    route!("GET", "/models/{model}", READ, Native, manage::model),
    route!(
        "GET",
        "/models/{model}/versions",
        READ,
        Native,
        manage::versions
    ),
    route!(
        "GET",
        "/models/{model}/versions/{version}",
        READ,
        Native,
        manage::version
    ),
    route!(
        "DELETE",
        "/models/{model}/versions/{version}",
        ADMIN,
        Native,
        manage::remove
    ),
    route!(
        "POST",
        "/models/{model}/versions/{version}/promote",
        ADMIN,
        Native,
        manage::promote
    ),
    route!(
        "POST",
        "/models/{model}/rollback",
        ADMIN,
        Native,
        manage::rollback
    ),
    route!(
        "GET",
        "/models/{model}/versions/{version}/report",
        READ,
        Native,
        manage::report
    ),
    route!(
        "GET",
        "/models/{model}/versions/{version}/{file}",
        READ,
        Native,
        manage::file
    ),
    route!("GET", "/runs", READ, Native, manage::runs),
    route!("POST", "/runs", ADMIN, Native, manage::start_run),
    route!("GET", "/runs/{run}", READ, Native, manage::run),
    route!("GET", "/runs/{run}/log", READ, Native, manage::log),
    // Other systems' calls
    route!("POST", "/predict", PREDICT, Plain, risk::predict),
    route!("OPTIONS", "/predict", OPEN, Plain, risk::options),
    route!("GET", "/health", OPEN, Plain, risk::health),
    route!(
        "GET",
        "/{version}/healthcheck",
        OPEN,
        Message,
        versioned::healthcheck
    ),
    route!(
        "POST",
        "/{version}/predict",
        PREDICT,
        Message,
        versioned::predict
    ),
    route!("GET", "/set-model", ADMIN, Message, switch::set_model),
    route!("GET", "/status", READ, Message, switch::status),
    route!(
        "GET",
        "/current-model",
        READ,
        Message,
        switch::current_model
    ),
    // MLflow
    route!("POST", "/invocations", PREDICT, Mlflow, mlflow::invocations),
    route!("GET", "/ping", OPEN, Mlflow, mlflow::ping),
    route!("GET", "/version", OPEN, Mlflow, mlflow::version),
    // Open Inference Protocol v2
    route!("GET", "/v2/health/live", OPEN, Plain, v2::health::live),
    route!("GET", "/v2/health/ready", OPEN, Plain, v2::health::ready),
    route!("GET", "/v2", READ, Plain, v2::health::server),
    route!(
        "GET",
        "/v2/models/{model}",
        READ,
        Plain,
        v2::models::metadata
    ),
    route!(
        "GET",
        "/v2/models/{model}/versions/{version}",
        READ,
        Plain,
        v2::models::version_metadata
    ),
    route!(
        "GET",
        "/v2/models/{model}/ready",
        READ,
        Plain,
        v2::models::ready
    ),
    route!(
        "GET",
        "/v2/models/{model}/versions/{version}/ready",
        READ,
        Plain,
        v2::models::version_ready
    ),
    route!(
        "POST",
        "/v2/models/{model}/infer",
        PREDICT,
        Plain,
        v2::infer::infer
    ),
    route!(
        "POST",
        "/v2/models/{model}/versions/{version}/infer",
        PREDICT,
        Plain,
        v2::infer::infer_version
    ),
    route!(
        "POST",
        "/v2/repository/index",
        READ,
        Plain,
        v2::models::index
    ),
    route!(
        "POST",
        "/v2/repository/models/{model}/load",
        READ,
        Plain,
        v2::models::load
    ),
    route!(
        "POST",
        "/v2/repository/models/{model}/unload",
        READ,
        Plain,
        v2::models::unload
    ),
    route!("GET", "/v1/models", READ, Plain, v2::v1::list),
    route!(
        "POST",
        "/v1/models/{model}:predict",
        PREDICT,
        Plain,
        v2::v1::predict
    ),
    route!("GET", "/v1/models/{model}", READ, Plain, v2::v1::ready),
    // Metrics and the API document
    route!("GET", "/metrics", READ, Native, observe::metrics),
    route!("GET", "/", OPEN, Native, openapi::landing),
    route!("GET", "/openapi.json", OPEN, Native, openapi::document),
    route!("GET", "/docs", OPEN, Native, openapi::docs),
    route!("GET", "/docs/{file}", OPEN, Native, openapi::docs_file),
    // Health
    route!("GET", "/livez", OPEN, Native, health::livez),
    route!("GET", "/readyz", OPEN, Native, health::readyz),
    route!("GET", "/healthz", OPEN, Native, health::healthz),
];
