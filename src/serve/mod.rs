//! The project over HTTP: predictions, scores and diagnostics of what is deployed.
//!
//! `routes` is the table of contents. A request goes through `answer`: route, caller, limits, handler, what is told of
//! it; handlers take a `Request` and return a `Reply` or a `Problem`. `served_models` holds what is served, `follow` swaps
//! it when the champion moves. It must not know training: a run is started through `state::StartRun`, elsewhere.

mod accept;
mod admin;
mod answer;
mod api_schemas;
mod compat;
mod contents;
mod cors;
mod counted;
mod created;
mod diagnostics;
mod drift_watch;
mod durations;
mod exposition;
mod fast_lane;
mod file_location;
mod follow;
mod health;
pub mod lambda;
mod live_gauges;
mod live_watch;
mod openapi;
mod pages;
mod prediction;
mod prediction_arrow;
mod prediction_response;
mod probation;
mod readiness;
mod rejections;
mod router;
mod routes;
mod rows;
mod scored;
mod scrape;
mod settings_news;
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
pub use crate::pipeline::run_log;
pub use crate::serving::answered::AnsweredRows;
pub use crate::serving::created_models::{Created, OpenModel};
pub use crate::serving::follow::{load_all, load_each};
pub use crate::serving::pick_error::PickError;
pub use crate::serving::served::Served;
pub use crate::serving::served_models::ServedModels;
pub use crate::serving::source::Source;
pub use accept::{Bound, bind};
pub use contents::{Listed, contents, problem_forms};
pub use created::{follow_settings, sync as sync_created};
pub use routes::route_table;
pub use settings_news::SettingsNews;
pub use state::{ModelStart, Project, RunStart, StartRun, State};
pub use tasks::share_sessions;

pub(crate) use crate::http::problem::{Code, Problem};
pub(crate) use crate::http::reply::Reply;
pub(crate) use crate::http::request::Request;
