//! Models, versions and runs: looking at them and changing them.
//!
//! What is looked at comes from the registry and the served models; what is changed goes through `pipeline`, under the model's lock,
//! as the same commands do. A change that was started is finished whether or not the caller waits for it, and is written to
//! the audit log either way.

mod approval;
mod asked;
mod changes;
mod common;
mod create;
mod delete;
mod drift;
mod files;
mod found_run;
mod given_rows;
mod jobs;
mod labels;
mod logs;
mod models;
mod runs;
mod schedule;
mod training_set;
mod version_files;
mod versions;
mod views;

pub use crate::overview::without_folder;
pub use approval::{approve, reject};
pub use asked::show as labels_wanted;
pub use changes::{promote, remove, rollback};
pub use common::{env_of, limit, project, trouble};
pub use create::create as create_model;
pub use delete::delete as delete_model;
pub use drift::{answer_of as drift_answer, drift_of, kind_of as drift_kind, show as drift};
pub use files::{file, report};
pub use found_run::{find as find_run, path_of as log_of_run};
pub use jobs::{cancel as cancel_job, list as jobs, retry as retry_job, show as job};
pub use labels::{post as give_labels, show as live};
pub use logs::log;
pub use models::{list as models, show as model};
pub use runs::{begin as begin_run, list as runs, show as run, start as start_run};
pub use schedule::{list as schedules, pause as pause_schedule, resume as resume_schedule, ticks};
pub use versions::{find as find_version, list as versions, show as version};

pub use common::{detached, heavy};
use utoipa::OpenApi;

/// What this room adds to the API document.
#[derive(OpenApi)]
#[openapi(
    paths(
        models::list,
        models::show,
        create::create,
        delete::delete,
        drift::show,
        labels::post,
        asked::show,
        labels::show,
        versions::list,
        versions::show,
        changes::promote,
        changes::rollback,
        approval::approve,
        approval::reject,
        changes::remove,
        files::report,
        files::file,
        runs::list,
        runs::show,
        logs::log,
        runs::start,
        schedule::list,
        schedule::ticks,
        schedule::pause,
        schedule::resume,
        jobs::list,
        jobs::show,
        jobs::cancel,
        jobs::retry,
    ),
    tags((name = "manage", description = "Models, versions, runs and jobs"))
)]
pub struct Doc;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::serve::routes::ROUTES;

    #[test]
    fn the_document_has_every_path_of_this_room_and_no_other() {
        let document = serde_json::to_value(Doc::openapi()).expect("JSON");
        let paths = document["paths"].as_object().expect("paths");
        let mut told: Vec<String> = paths
            .iter()
            .flat_map(|(path, methods)| {
                let methods = methods.as_object().expect("methods");
                methods
                    .keys()
                    .map(move |method| format!("{} {path}", method.to_uppercase()))
            })
            .collect();
        let mut answered: Vec<String> = ROUTES
            .iter()
            .filter(|route| {
                let ours = [
                    "/models",
                    "/runs",
                    "/jobs",
                    "/labels",
                    "/schedule",
                    "/ticks",
                ];
                ours.iter().any(|path| route.path.starts_with(path))
            })
            .map(|route| format!("{} {}", route.method, route.path))
            .collect();
        told.sort();
        answered.sort();
        assert_eq!(told, answered);
        let mut ids: Vec<String> = paths
            .values()
            .filter_map(|methods| methods.as_object())
            .flat_map(|methods| methods.values())
            .map(|operation| operation["operationId"].to_string())
            .collect();
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), told.len(), "{ids:?}");
    }
}
