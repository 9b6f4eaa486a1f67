//! The project over HTTP: predictions, scores and diagnostics of what is deployed.
//!
//! `routes` is the table of contents. A request goes through `answer`: route, caller, limits, handler, what is told of
//! it; handlers take a `Request` and return a `Reply` or a `Problem`. `fleet` holds what is served, `follow` swaps
//! it when the champion moves. It must not know training: a run is started through `state::StartRun`, elsewhere.

mod accept;
mod answer;
mod body;
mod borrowed;
mod budget;
mod connection;
mod contents;
mod cors;
mod created;
mod created_models;
mod diagnostics;
mod dialect;
mod error;
mod exposition;
mod file_location;
mod fleet;
mod follow;
mod forms;
mod guard;
mod health;
mod manage;
mod observe;
mod openapi;
mod pack;
mod peer;
mod pick_error;
mod place;
mod prediction;
mod probation;
mod problem;
mod progress;
mod readiness;
mod reply;
mod request;
mod rotate;
mod route_name;
mod router;
mod routes;
mod rows;
mod scored;
mod served;
mod settings_news;
mod signals;
mod source;
mod state;
mod v2;
mod work;
mod written;

#[cfg(test)]
mod tests;

pub use crate::pipeline::run_log;
pub use accept::{Bound, bind};
pub use contents::{Listed, contents, problem_forms};
pub use created::{follow_settings, sync as sync_created};
pub use created_models::{Created, OpenModel};
pub use error::Error;
pub use fleet::Fleet;
pub use follow::{load_all, load_each};
pub use guard::Guard;
pub use observe::Observer;
pub use pick_error::PickError;
pub use routes::route_table;
pub use served::Served;
pub use settings_news::SettingsNews;
pub use signals::{Signals, Wish};
pub use source::Source;
pub use state::{ModelStart, Project, RunStart, StartRun, State};

pub(crate) use problem::{Code, Problem};
pub(crate) use reply::Reply;
pub(crate) use request::Request;
