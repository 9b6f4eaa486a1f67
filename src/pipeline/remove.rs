//! Removing a version by hand: the registry is updated first, the files are removed after it, and a crash between the two is made up
//! for by the next run.

use super::Env;
use super::champion;
use super::error::{Error, fault};
use super::model_lock::with_model_lock;
use crate::model_types::VersionNumber;
use crate::registry::{Lock, VersionRow, VersionState};

/// Removes the files of a version; its row and its number stay.
///
/// # Errors
/// [`Error::Kept`] for the champion, the one before it, and a version that is not whole; when another run is under way.
pub async fn remove_version(env: &Env, number: VersionNumber) -> Result<VersionRow, Error> {
    with_model_lock(env, &env.config.name, |lock| async move {
        locked_remove(env, &lock, number).await
    })
    .await
}

async fn locked_remove(env: &Env, lock: &Lock, number: VersionNumber) -> Result<VersionRow, Error> {
    let model = &env.config.name;
    let kept = |why| Error::Kept {
        model: model.clone(),
        version: number,
        why,
    };
    let Some(version) = env.registry.version(model, number).await? else {
        return Err(Error::NoVersion(format!(
            "find version {number} of `{model}`; `unseat versions` lists them"
        )));
    };
    // The lock is ours, so the champion stays what it is until this is done.
    let champion = env.registry.champion(model).await?;
    let now = champion.as_ref().map(|champion| champion.version);
    if let Some(champion) = champion.filter(|champion| champion.version == number) {
        return Err(kept(if champion.pinned {
            "it is the champion, and pinned"
        } else {
            "it is the champion"
        }));
    }
    if champion::before(env, now).await? == Some(number) {
        return Err(kept("it was the champion before, and a rollback needs it"));
    }
    match version.state {
        VersionState::Ready => {}
        VersionState::Building => return Err(kept("it is being made")),
        VersionState::Abandoned => return Err(kept("it was given up, and its files are gone")),
        VersionState::Removed => return Err(kept("it was removed before")),
    }
    env.registry.remove_version(lock, number).await?;
    fault(crate::faults::REMOVAL)?;
    env.models
        .remove_folder(&format!("{model}/{}", version.folder))
        .await?;
    Ok(VersionRow {
        state: VersionState::Removed,
        ..version
    })
}

/// Removes what is left of versions whose removal was started.
pub(super) async fn finish_removals(env: &Env) -> Result<(), Error> {
    let model = &env.config.name;
    let versions = env.registry.versions(model).await?;
    let removed = versions
        .iter()
        .filter(|version| version.state == VersionState::Removed);
    for version in removed {
        env.models
            .remove_folder(&format!("{model}/{}", version.folder))
            .await?;
    }
    Ok(())
}
