//! The dashboard: pages for people, rendered here, whole without a script and without anything from elsewhere.
//!
//! Figures come from `overview`, as the command line has them; the rest is what this server knows of its own traffic. Forms
//! carry what `auth::sessions` gave their page; what they change goes through `admin`, as requests do.

mod actions;
mod bars;
mod changes;
mod chart;
mod data;
mod drift;
mod episodes;
mod form;
mod glyph;
mod heat;
mod home;
mod kit;
mod labels;
mod live;
mod login;
mod model;
mod notifications;
mod problem;
mod queue;
mod runs;
mod settings;
mod squares;
mod trouble;
mod try_it;
mod version;

use std::sync::Arc;

pub use actions::act;
pub use changes::changes;
pub use data::data;
pub use drift::drift;
pub use home::{home, refresh as refresh_home};
pub use labels::labels;
pub use live::live;
pub use login::{log_in, log_out, login};
pub use model::model;
pub use notifications::notifications;
pub use problem::problem;
pub use queue::queue;
pub use runs::{run, runs};
pub use settings::settings;
pub use try_it::{answer as try_answer, form as try_form};
pub use version::{compare, version};

use super::{Problem, Reply, Request, State};

/// Whether the program has pages.
pub const ARE_THERE: bool = true;

/// The dashboard by another path.
pub async fn overview(state: Arc<State>, request: Request) -> Result<Reply, Problem> {
    home(&state, &request).await
}

/// Styles of all pages.
pub async fn style(_: Arc<State>, _: Request) -> Result<Reply, Problem> {
    Ok(file("text/css; charset=utf-8", include_str!("style.css")))
}

/// Local times, and parts that follow what is under way.
pub async fn script(_: Arc<State>, _: Request) -> Result<Reply, Problem> {
    let text = include_str!("script.js");
    Ok(file("text/javascript; charset=utf-8", text))
}

fn file(content_type: &'static str, text: &'static str) -> Reply {
    Reply::new(content_type, text)
        .header("cache-control", "max-age=300")
        .compressible()
}

/// What each page shows, for the table of paths.
pub fn does(path: &str) -> &'static str {
    const PAGES: [(&str, &str); 20] = [
        ("/ui/style.css", "Styles of the pages"),
        (
            "/ui/script.js",
            "Local times, and parts of pages that follow what is under way",
        ),
        ("/ui/login", "Login with a token, for a browser"),
        ("/ui/logout", "Ends the session of a browser"),
        (
            "/ui/models/{model}",
            "A model: champion, versions over time, last decision",
        ),
        ("/ui/models/{model}/data", "A model's data sets over time"),
        (
            "/ui/models/{model}/drift",
            "Whether rows are still like those of training, column by column",
        ),
        (
            "/ui/models/{model}/live",
            "How good the answers were, by labels and estimated without",
        ),
        (
            "/ui/models/{model}/compare",
            "Two versions beside each other",
        ),
        (
            "/ui/models/{model}/try",
            "A prediction by a form or a CSV, with what it rests on",
        ),
        (
            "/ui/models/{model}/versions/{version}",
            "A version beside the champion, rule by rule",
        ),
        ("/ui/runs", "All runs in one timeline"),
        (
            "/ui/runs/{run}",
            "A run: stages, log, findings, quarantined files",
        ),
        ("/ui/queue", "Jobs, workers, schedules and next runs"),
        ("/ui/live", "Requests, times and predictions of this server"),
        (
            "/ui/notifications",
            "Notifications that were sent, wait, or failed",
        ),
        ("/ui/changes", "Who changed what"),
        ("/ui/settings", "The settings in effect"),
        (
            "/ui/do/{action}",
            "What a button does: run, cancel, retry, pause, resume, promote, rollback, approve, reject",
        ),
        ("/ui", "The dashboard"),
    ];
    let found = PAGES.iter().find(|(known, _)| *known == path);
    found.map_or("", |(_, does)| does)
}
