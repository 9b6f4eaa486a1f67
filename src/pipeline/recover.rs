//! What is repaired before a run begins: whatever dead or failed ones left half done. The caller holds the lock.

use std::collections::HashSet;
use std::path::Path;

use super::error::Error;
use super::{Env, Event, lost, production, remove, report};
use crate::model_types::RunId;
use crate::registry::VersionState;

/// Versions that are looked at for a missing report.
const RECENT_VERSIONS: usize = 20;

/// Settles dead runs, gives up unfinished versions, removes what they left, and makes the champion's copy true.
///
/// # Errors
/// When the registry cannot be reached or a file cannot be written.
pub async fn recover(env: &Env, run: &RunId) -> Result<(), Error> {
    let model = &env.config.name;
    let now_ms = env.clock.now_ms();
    env.note_places().await?;
    lost::check(env).await?;
    let settled = env.registry.settle_dead_runs(model, run, now_ms).await?;
    for dead in &settled {
        env.tell(Event::Warning(format!(
            "run {} did not finish; what it left half done is repaired",
            dead.id
        )));
    }
    // Given up only when its folder is gone, so that a crash between the two is made up for as well.
    for version in env.registry.unfinished(model, run).await? {
        env.models
            .remove_folder(&format!("{model}/{}", version.folder))
            .await?;
        env.registry.abandon(&version).await?;
    }
    clear(env).await?;
    production::mend_champion(env).await?;
    production::publish(env).await
}

/// Removes what was started to be removed, and what belongs to nothing.
pub(super) async fn clear(env: &Env) -> Result<(), Error> {
    remove::finish_removals(env).await?;
    remove_orphans(env).await
}

/// Removes files that were being written, and data sets that no run has recorded.
async fn remove_orphans(env: &Env) -> Result<(), Error> {
    let model = &env.config.name;
    if let Some(folder) = env.config.model_folder.folder() {
        remove_parts(&folder.join(model));
    }
    // Several models may share the folder of data sets, and theirs may be at work: only names of our own runs count.
    let ours: HashSet<String> = env.registry.run_ids(model).await?;
    let recorded = env.registry.dataset_runs(model).await?;
    for name in env.datasets.names("").await? {
        let is_orphan = run_in(&name)
            .is_some_and(|run| ours.contains(run) && (is_part(&name) || !recorded.contains(run)));
        if is_orphan {
            let _ = remove_data(env, &name).await;
        }
    }
    Ok(())
}

/// Removes a file of a data set, or the folder that an engine wrote.
pub(super) async fn remove_data(env: &Env, name: &str) -> Result<(), Error> {
    if name.ends_with(".engine") {
        env.datasets.remove_folder(name).await?;
    } else {
        env.datasets.remove(name).await?;
    }
    Ok(())
}

/// The run id in the name of a data set, a list of its files, or a part of either.
pub(super) fn run_in(name: &str) -> Option<&str> {
    let name = name.strip_prefix(".part-").unwrap_or(name);
    let rest = name
        .strip_prefix("finaldata_")
        .or_else(|| name.strip_prefix("ingestedfiles_"))?;
    rest.split('.').next()
}

/// Whether a file is one that was being written: ours begin with `.part-`, the object store's end with `#` and a number.
fn is_part(name: &str) -> bool {
    let is_numbered = name
        .rsplit_once('#')
        .is_some_and(|(_, n)| !n.is_empty() && n.bytes().all(|byte| byte.is_ascii_digit()));
    name.starts_with(".part-") || is_numbered
}

fn remove_parts(folder: &Path) {
    let parts = walkdir::WalkDir::new(folder)
        .into_iter()
        .flatten()
        .filter(|entry| entry.file_type().is_file())
        .filter(|entry| is_part(&entry.file_name().to_string_lossy()));
    for part in parts {
        // Left over files cost room and nothing else, so one that cannot be removed is no reason to stop.
        let _ = std::fs::remove_file(part.path());
    }
}

/// A run that broke off after its verdict has promoted or rejected, but perhaps not reported. What is on disk decides, so that
/// it does not matter how many runs broke off since.
///
/// # Errors
/// When the registry cannot be reached.
pub async fn write_missing_reports(env: &Env) -> Result<(), Error> {
    let versions = env.registry.versions(&env.config.name).await?;
    let decided = versions
        .iter()
        .filter(|version| version.state == VersionState::Ready && version.verdict.is_some());
    for version in decided.take(RECENT_VERSIONS) {
        let page = env.version_key(&version.folder, report::LAST_FILE);
        if env.models.exists(&page).await? {
            continue;
        }
        // The verdict stands without its plots; they are no reason to keep the model from its next run.
        let number = version.number;
        env.tell(Event::Warning(
            match report::report_stored(env, version).await {
                Ok(_) => format!("the report of version {number} was missing and has been made"),
                Err(error) => {
                    format!("the report of version {number} is missing: failed to {error}")
                }
            },
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_which_run_made_a_file_and_whether_it_is_whole() {
        assert_eq!(
            run_in("finaldata_20260101T000000Z-1.parquet"),
            Some("20260101T000000Z-1")
        );
        assert_eq!(run_in(".part-finaldata_r.csv"), Some("r"));
        assert_eq!(run_in("ingestedfiles_r.txt#12"), Some("r"));
        assert_eq!(run_in("notes.txt"), None);
        assert!(is_part(".part-finaldata_r.csv") && is_part("score.json#1"));
        assert!(!is_part("score.json") && !is_part("report #one"));
    }
}
