//! The table of contents: every path, who may ask it, what answers, and whose protocol it speaks.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use super::problem::Dialect::{self, Native, Plain};
use super::{Problem, Reply, Request, State, diagnostics, health, manage, observe, prediction};
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

    // MLflow

    // Open Inference Protocol v2

    // Metrics and the API document
    route!(
        "GET",
        "/metrics",
        Some(Role::Read),
        Native,
        observe::metrics
    ),
    // Health
    route!("GET", "/livez", OPEN, Native, health::livez),
    route!("GET", "/readyz", OPEN, Native, health::readyz),
    route!("GET", "/healthz", OPEN, Native, health::readyz),
];
