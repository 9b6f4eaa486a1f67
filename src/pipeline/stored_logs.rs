//! Logs of runs on several machines: the machine that did a run stores its log beside the versions, and the one that is asked for it fetches it.

use std::path::Path;

use super::log_end::log_is_there;
use super::retain::run_log;
use crate::artifacts::{self, Artifacts};
use crate::config::ModelConfig;
use crate::model_types::Location;

/// Puts the log of a run that has ended into the store; nothing where there is no store or no log. The run stands without it.
pub async fn keep_log(logs: Option<&Location>, project: &Path, run: &str) {
    let Some(logs) = logs else { return };
    let path = run_log(project, run);
    if !path.exists() {
        return;
    }
    let kept = match Artifacts::look(logs) {
        Ok(store) => store.put_from_file(&key(run), &path).await,
        Err(error) => Err(error),
    };
    if let Err(error) = kept {
        tracing::warn!(
            run,
            "the log of the run stays on this machine alone: cannot {error}"
        );
    }
}

/// Fetches the log of a run from the store, where this machine has none. Without it, the run has no log here.
pub async fn fetch_log(config: &ModelConfig, run: &str) {
    let path = run_log(&config.project, run);
    let Some(logs) = config.stores.logs(&config.project) else {
        return;
    };
    if log_is_there(&path) {
        return;
    }
    let fetched = async {
        let copy = Artifacts::look(&logs)?.local_copy(&key(run)).await?;
        artifacts::place(&copy, &path)
    };
    if let Err(error) = fetched.await {
        tracing::debug!(run, "no log of the run is fetched: cannot {error}");
    }
}

fn key(run: &str) -> String {
    format!("{run}.ndjson")
}
