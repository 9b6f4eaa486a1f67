//! The log of a run that the server started: JSON lines in a file of its own.

use std::path::PathBuf;
use std::sync::Arc;

use super::common::{project, trouble};
use super::found_run::find;
use super::found_run::path_of;
use crate::http::problem::not_found;
use crate::pipeline;
use crate::pipeline::log_end;
use crate::serve::{Problem, Reply, Request, State};

/// Bytes of a log that are sent; of a longer one the end.
const MOST_BYTES: u64 = 4 << 20;

/// The log of a run that was started by request, as far as it goes.
#[utoipa::path(
    get, path = "/runs/{run}/log", operation_id = "show_run_log", tag = "manage",
    params(("run" = String, Path, description = "Its id, a unique beginning of it, or `latest`")),
    responses(
        (status = 200, description = "One JSON object per line", body = String, content_type = "application/x-ndjson"),
        (status = 409, description = "The server serves one bundle and has no runs"),
    )
)]
pub async fn log(state: Arc<State>, request: Request) -> Result<Reply, Problem> {
    let project = project(&state)?;
    let row = find(project, request.param("run")).await?;
    let absent = || {
        not_found("the run has no log: it was not started by request, or its log was cleared away")
    };
    let path = path_of(project, &row).await.ok_or_else(absent)?;
    let read = tokio::task::spawn_blocking(move || log_end(&path, MOST_BYTES)).await;
    match read {
        Ok(Ok(text)) => {
            let reply = Reply::new("application/x-ndjson", text);
            Ok(reply.header("cache-control", "no-store").compressible())
        }
        Ok(Err(error)) if error.kind() == std::io::ErrorKind::NotFound => Err(absent()),
        Ok(Err(source)) => Err(trouble(pipeline::Error::Production {
            folder: PathBuf::from("logs"),
            source,
        })),
        Err(error) => Err(Problem::internal(&error)),
    }
}
