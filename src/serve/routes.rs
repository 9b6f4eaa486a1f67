//! The table of contents: every path, who may ask it, what answers, and whose protocol it speaks.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use super::problem::Dialect::{self, Native};
use super::{Problem, Reply, Request, State, health, openapi, prediction};
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
const PREDICT: Option<Role> = Some(Role::Predict);

/// Every path that is answered.
pub static ROUTES: &[Route] = &[
    // Predictions
    route!("POST", "/prediction", PREDICT, Native, prediction::post),
    route!("GET", "/prediction", PREDICT, Native, prediction::get),
    // Scores and diagnostics

    // Models, versions, runs

    // Other systems' calls

    // MLflow

    // Open Inference Protocol v2

    // Metrics and the API document
    route!("GET", "/", OPEN, Native, openapi::landing),
    route!("GET", "/openapi.json", OPEN, Native, openapi::document),
    route!("GET", "/docs", OPEN, Native, openapi::docs),
    route!("GET", "/docs/{file}", OPEN, Native, openapi::docs_file),
    // Health
    route!("GET", "/livez", OPEN, Native, health::livez),
    route!("GET", "/readyz", OPEN, Native, health::readyz),
    route!("GET", "/healthz", OPEN, Native, health::healthz),
];
