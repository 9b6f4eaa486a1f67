//! The project over HTTP: predictions, scores and diagnostics of what is deployed.
//!
//! `routes` is the table of contents. A request goes through `answer`: route, caller, limits, handler, what is told of
//! it; handlers take a `Request` and return a `Reply` or a `Problem`. `served_models` holds what is served, `follow` swaps
//! it when the champion moves. It must not know training: a run is started through `project::StartRun`, elsewhere.
//! Without the feature `train` there is no project: what is in `alone/` stands in the place of files of the same names.

mod accept;
#[cfg_attr(not(feature = "train"), path = "alone/admin.rs")]
mod admin;
mod answer;
mod api_schemas;
mod audit;
mod compat;
mod contents;
mod cors;
#[cfg(feature = "train")]
mod counted;
#[cfg_attr(not(feature = "train"), path = "alone/created.rs")]
mod created;
mod diagnostics;
#[cfg(feature = "train")]
mod drift_watch;
#[cfg(feature = "train")]
mod durations;
mod exposition;
mod fast_lane;
mod file_location;
mod follow;
mod health;
pub mod lambda;
#[cfg(feature = "train")]
mod live_gauges;
#[cfg(feature = "train")]
mod live_watch;
mod openapi;
#[cfg_attr(not(feature = "train"), path = "alone/pages.rs")]
mod pages;
mod prediction;
mod prediction_arrow;
mod prediction_response;
#[cfg(feature = "train")]
mod probation;
#[cfg_attr(not(feature = "train"), path = "alone/project.rs")]
mod project;
#[cfg_attr(not(feature = "train"), path = "alone/project_checks.rs")]
mod project_checks;
#[cfg_attr(not(feature = "train"), path = "alone/project_metrics.rs")]
mod project_metrics;
#[cfg_attr(not(feature = "train"), path = "alone/project_state.rs")]
mod project_state;
#[cfg_attr(not(feature = "train"), path = "alone/project_tasks.rs")]
mod project_tasks;
mod readiness;
mod rejections;
mod router;
mod routes;
mod rows;
mod scored;
mod scrape;
mod settings_news;
#[cfg(feature = "train")]
mod staleness;
mod state;
mod tasks;
mod v2;
mod work;

#[cfg(test)]
mod tests;

pub use crate::http::auth::Guard;
pub use crate::http::lambda::runtime::Runtime as LambdaRuntime;
pub use crate::http::observe::Observer;
pub use crate::http::signals::{Signals, Wish};
#[cfg(feature = "train")]
pub use crate::pipeline::run_log;
#[cfg(feature = "train")]
pub use crate::serving::answered::AnsweredRows;
#[cfg(feature = "train")]
pub use crate::serving::created_models::{Created, OpenModel};
pub use crate::serving::follow::{load_all, load_each};
pub use crate::serving::pick_error::PickError;
pub use crate::serving::served::Served;
pub use crate::serving::served_models::ServedModels;
pub use crate::serving::source::Source;
pub use accept::{Bound, bind};
pub use contents::{Listed, contents, problem_forms};
#[cfg(feature = "train")]
pub use created::{follow_settings, sync as sync_created};
pub use project::Project;
#[cfg(feature = "train")]
pub use project::{ModelStart, RunStart, StartRun};
#[cfg(feature = "train")]
pub use project_tasks::share_sessions;
pub use routes::route_table;
pub use settings_news::SettingsNews;
pub use state::State;

pub(crate) use crate::http::problem::{Code, Problem};
pub(crate) use crate::http::reply::Reply;
pub(crate) use crate::http::request::Request;
