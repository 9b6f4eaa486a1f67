//! The table of contents: every path, who may ask it, what answers, and whose protocol it speaks.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, LazyLock};

use utoipa::OpenApi;

use super::compat::{mlflow, retrain, risk, set_model, switch, tables, versioned};
use super::{
    Problem, Reply, Request, State, admin, compat, diagnostics, exposition, health, openapi, pages,
    prediction, v2,
};
use crate::config::Role;
use crate::http::dialect::Dialect::{Message, Mlflow, Native, Page, Plain};
use crate::http::route_name::{RouteName, RouteTable};

/// What a handler returns.
pub type Answer = Pin<Box<dyn Future<Output = Result<Reply, Problem>> + Send>>;

/// A row of the table.
pub struct Route {
    /// All but what answers.
    pub name: RouteName,
    /// What answers.
    pub handler: fn(Arc<State>, Request) -> Answer,
}

impl std::ops::Deref for Route {
    type Target = RouteName;

    fn deref(&self) -> &RouteName {
        &self.name
    }
}

/// The table without what answers, for metrics, logs, documents and pages.
pub fn route_table() -> RouteTable {
    static NAMES: LazyLock<Vec<RouteName>> =
        LazyLock::new(|| ROUTES.iter().map(|route| route.name).collect());
    RouteTable {
        routes: &NAMES,
        documents,
    }
}

/// Every room's part of the API document. A new room adds its own here.
fn documents() -> Vec<utoipa::openapi::OpenApi> {
    vec![
        prediction::Doc::openapi(),
        diagnostics::Doc::openapi(),
        exposition::Doc::openapi(),
        #[cfg(feature = "train")]
        admin::Doc::openapi(),
        compat::Doc::openapi(),
        v2::Doc::openapi(),
        openapi::Doc::openapi(),
        health::Doc::openapi(),
    ]
}

/// Parts with rows of method, path, role, dialect and handler. rustfmt leaves it alone, so that it stays a table.
macro_rules! table {
    ($($part:literal: $($method:ident $path:literal $role:ident $dialect:ident $handler:path,)*)*) => {
        &[$($(Route {
            name: RouteName {
                part: $part,
                method: stringify!($method),
                path: $path,
                role: $role,
                dialect: $dialect,
            },
            handler: |state, request| Box::pin($handler(state, request)),
        },)*)*]
    };
}

const OPEN: Option<Role> = None;
const READ: Option<Role> = Some(Role::Read);
const PREDICT: Option<Role> = Some(Role::Predict);
const ADMIN: Option<Role> = Some(Role::Admin);

/// Every path that is answered.
pub static ROUTES: &[Route] = table! {
    "Predictions":
    POST    "/prediction"                                 PREDICT Native  prediction::post,
    GET     "/prediction"                                 PREDICT Native  prediction::get,
    "Scores and diagnostics":
    GET     "/scoring"                                    READ    Native  diagnostics::scoring,
    GET     "/summarystats"                               READ    Native  diagnostics::summarystats,
    GET     "/diagnostics"                                READ    Native  diagnostics::diagnostics,
    GET     "/score"                                      READ    Plain   diagnostics::compat::score,
    GET     "/summarise"                                  READ    Plain   diagnostics::compat::summarise,
    GET     "/diagnose"                                   READ    Plain   diagnostics::compat::diagnose,
    "Models, versions, runs, jobs":
    GET     "/models"                                     READ    Native  retrain::models,
    POST    "/models"                                     ADMIN   Plain   admin::create_model,
    GET     "/models/{model}"                             READ    Native  admin::model,
    DELETE  "/models/{model}"                             ADMIN   Plain   admin::delete_model,
    GET     "/models/{model}/drift"                       READ    Native  admin::drift,
    GET     "/models/{model}/live"                        READ    Native  admin::live,
    POST    "/labels"                                     PREDICT Native  admin::give_labels,
    GET     "/labels/wanted"                              READ    Native  admin::labels_wanted,
    GET     "/models/{model}/versions"                    READ    Native  admin::versions,
    GET     "/models/{model}/versions/{version}"          READ    Native  admin::version,
    DELETE  "/models/{model}/versions/{version}"          ADMIN   Native  admin::remove,
    POST    "/models/{model}/versions/{version}/promote"  ADMIN   Native  admin::promote,
    POST    "/models/{model}/versions/{version}/approve"  ADMIN   Native  admin::approve,
    POST    "/models/{model}/versions/{version}/reject"   ADMIN   Native  admin::reject,
    POST    "/models/{model}/rollback"                    ADMIN   Native  admin::rollback,
    GET     "/models/{model}/versions/{version}/report"   READ    Native  admin::report,
    GET     "/models/{model}/versions/{version}/{file}"   READ    Native  admin::file,
    GET     "/runs"                                       READ    Native  admin::runs,
    POST    "/runs"                                       ADMIN   Native  admin::start_run,
    GET     "/runs/{run}"                                 READ    Native  admin::run,
    GET     "/runs/{run}/log"                             READ    Native  admin::log,
    GET     "/schedule"                                   READ    Native  admin::schedules,
    GET     "/ticks"                                      READ    Native  admin::ticks,
    GET     "/jobs"                                       READ    Native  admin::jobs,
    GET     "/jobs/{job}"                                 READ    Native  admin::job,
    POST    "/jobs/{job}/cancel"                          ADMIN   Native  admin::cancel_job,
    POST    "/jobs/{job}/retry"                           ADMIN   Native  admin::retry_job,
    POST    "/models/{model}/schedule/pause"              ADMIN   Native  admin::pause_schedule,
    POST    "/models/{model}/schedule/resume"             ADMIN   Native  admin::resume_schedule,
    "Other systems' calls":
    POST    "/predict"                                    PREDICT Plain   risk::predict,
    OPTIONS "/predict"                                    OPEN    Plain   risk::options,
    GET     "/health"                                     OPEN    Plain   risk::health,
    GET     "/{version}/healthcheck"                      OPEN    Message versioned::healthcheck,
    POST    "/{version}/predict"                          PREDICT Message versioned::predict,
    GET     "/set-model"                                  ADMIN   Message set_model::set_model,
    GET     "/status"                                     READ    Message switch::status,
    GET     "/current-model"                              READ    Message switch::current_model,
    GET     "/retrain/{file}"                             ADMIN   Message retrain::retrain,
    GET     "/retrain-log"                                READ    Message retrain::retrain_log,
    POST    "/score"                                      PREDICT Message tables::score,
    "MLflow":
    POST    "/invocations"                                PREDICT Mlflow  mlflow::invocations,
    GET     "/ping"                                       OPEN    Mlflow  mlflow::ping,
    GET     "/version"                                    OPEN    Mlflow  mlflow::version,
    "Open Inference Protocol v2":
    GET     "/v2/health/live"                             OPEN    Plain   v2::health::live,
    GET     "/v2/health/ready"                            OPEN    Plain   v2::health::ready,
    GET     "/v2"                                         READ    Plain   v2::health::server,
    GET     "/v2/models/{model}"                          READ    Plain   v2::models::metadata,
    GET     "/v2/models/{model}/versions/{version}"       READ    Plain   v2::models::version_metadata,
    GET     "/v2/models/{model}/ready"                    READ    Plain   v2::models::ready,
    GET     "/v2/models/{model}/versions/{version}/ready" READ    Plain   v2::models::version_ready,
    POST    "/v2/models/{model}/infer"                    PREDICT Plain   v2::infer::infer,
    POST    "/v2/models/{model}/versions/{version}/infer" PREDICT Plain   v2::infer::infer_version,
    POST    "/v2/repository/index"                        READ    Plain   v2::models::index,
    POST    "/v2/repository/models/{model}/load"          READ    Plain   v2::models::load,
    POST    "/v2/repository/models/{model}/unload"        READ    Plain   v2::models::unload,
    GET     "/v1/models"                                  READ    Plain   v2::v1::list,
    POST    "/v1/models/{model}:predict"                  PREDICT Plain   v2::v1::predict,
    GET     "/v1/models/{model}"                          READ    Plain   v2::v1::ready,
    "Metrics and the API document":
    GET     "/metrics"                                    READ    Native  exposition::metrics,
    GET     "/"                                           OPEN    Native  openapi::landing,
    GET     "/openapi.json"                               OPEN    Native  openapi::document,
    GET     "/docs"                                       OPEN    Native  openapi::docs,
    GET     "/docs/{file}"                                OPEN    Native  openapi::docs_file,
    "Pages":
    GET     "/ui"                                         OPEN    Page    pages::overview,
    GET     "/ui/style.css"                               OPEN    Page    pages::style,
    GET     "/ui/script.js"                               OPEN    Page    pages::script,
    GET     "/ui/login"                                   OPEN    Page    pages::login,
    POST    "/ui/login"                                   OPEN    Page    pages::log_in,
    POST    "/ui/logout"                                  OPEN    Page    pages::log_out,
    GET     "/ui/models/{model}"                          READ    Page    pages::model,
    GET     "/ui/models/{model}/data"                     READ    Page    pages::data,
    GET     "/ui/models/{model}/drift"                    READ    Page    pages::drift,
    GET     "/ui/models/{model}/live"                     READ    Page    pages::labels,
    GET     "/ui/models/{model}/compare"                  READ    Page    pages::compare,
    GET     "/ui/models/{model}/try"                      READ    Page    pages::try_form,
    POST    "/ui/models/{model}/try"                      PREDICT Page    pages::try_answer,
    GET     "/ui/models/{model}/versions/{version}"       READ    Page    pages::version,
    GET     "/ui/runs"                                    READ    Page    pages::runs,
    GET     "/ui/runs/{run}"                              READ    Page    pages::run,
    GET     "/ui/queue"                                   READ    Page    pages::queue,
    GET     "/ui/live"                                    READ    Page    pages::live,
    GET     "/ui/notifications"                           READ    Page    pages::notifications,
    GET     "/ui/changes"                                 READ    Page    pages::changes,
    GET     "/ui/settings"                                READ    Page    pages::settings,
    POST    "/ui/do/{action}"                             ADMIN   Page    pages::act,
    "Health":
    GET     "/livez"                                      OPEN    Native  health::livez,
    GET     "/readyz"                                     OPEN    Native  health::readyz,
    GET     "/healthz"                                    OPEN    Native  health::healthz,
};
