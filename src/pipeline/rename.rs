//! `unseat models rename`: the registry first, in one transaction, then the folders. A crash between the two is made up for by
//! the process that opens the project next; until then the champion is read from its copy.

use super::error::{Error, fault};
use super::manifest;
use super::model_lock::with_model_lock;
use super::{Env, production, retain};
use crate::artifacts::Artifacts;
use crate::config::checked::plain_name;
use crate::registry::Rename;

/// Gives a model of the registry the name of one of the settings, which has no version yet.
///
/// # Errors
/// When a run of either is under way, when there is no such model, or when the new name has versions of its own.
pub async fn rename(env: &Env, old: &str) -> Result<(), Error> {
    let new = &env.config.name;
    let failed = |why: String| Error::Rename {
        old: old.to_string(),
        new: new.clone(),
        why,
    };
    if env.registry.versions(old).await?.is_empty() {
        return Err(failed(format!(
            "the database has no version of `{old}`; `unseat models list` shows which models it has"
        )));
    }
    if !env.registry.versions(new).await?.is_empty() {
        return Err(failed(format!("`{new}` has versions of its own")));
    }
    let created = env.registry.created_models().await?;
    if created.iter().any(|model| model.name == old) {
        return Err(failed(
            "it was created by request, and its name is part of what was requested".to_string(),
        ));
    }
    if let Some(there) = manifest::manifest(&env.config.deployment_folder).await?
        && there.model != old
    {
        return Err(failed(format!(
            "{} holds a version of `{}`, a third model",
            env.place(&env.config.deployment_folder),
            there.model
        )));
    }
    with_model_lock(env, old, |held| async move { with_old(env, &held).await }).await
}

async fn with_old(env: &Env, old: &crate::registry::Lock) -> Result<(), Error> {
    with_model_lock(env, &env.config.name, |new| async move {
        let now_ms = env.clock.now_ms();
        env.registry.rename(old, &new, now_ms).await?;
        fault("rename.recorded")?;
        let rename = Rename {
            old: old.model.clone(),
            new: new.model.clone(),
        };
        move_all(env, &rename).await
    })
    .await
}

/// Finishes a rename whose process died. Returns whether there was something to do, and no other process doing it.
///
/// # Errors
/// When a folder cannot be moved.
pub async fn finish_rename(env: &Env) -> Result<bool, Error> {
    let pending = env.registry.pending_renames().await?;
    let mine = pending.into_iter().find(|it| it.new == env.config.name);
    let Some(rename) = mine else {
        return Ok(false);
    };
    let done = with_model_lock(env, &rename.new, |_| move_all(env, &rename)).await;
    match done {
        Err(Error::Registry(crate::registry::Error::Locked { .. })) => Ok(false),
        done => done.map(|()| true),
    }
}

/// Gives the folders the new name; each step may have been done before.
async fn move_all(env: &Env, rename: &Rename) -> Result<(), Error> {
    env.find_places().await?;
    env.models.rename(&rename.old, &rename.new).await?;
    move_logs(env, rename).await?;
    fault("rename.folders_moved")?;
    // Where each model has a folder of its own below one, that of the copy is named after it, too.
    let copy = &env.config.deployment_folder;
    let above = copy
        .parent()
        .filter(|_| copy.name().as_ref() == Some(&rename.new));
    if let Some(above) = above {
        let before = manifest::manifest(&above.join(&rename.old)).await?;
        if before.is_some_and(|it| it.model == rename.old) {
            let above = Artifacts::look(&above)?;
            above.rename(&rename.old, &rename.new).await?;
        }
    }
    production::publish_renamed(env, &rename.old).await?;
    fault("rename.copy_published")?;
    Ok(env.registry.end_rename(rename).await?)
}

/// Closed files of the prediction log begin with the model's name.
async fn move_logs(env: &Env, rename: &Rename) -> Result<(), Error> {
    let mut before = env.config.clone();
    before.name.clone_from(&rename.old);
    let (old, new) = (plain_name(&rename.old), plain_name(&rename.new));
    let place = &env.config.prediction_log;
    let files = Artifacts::look(place)?;
    for name in retain::prediction_log_files(&before).await? {
        let Some(rest) = name.strip_prefix(&old) else {
            continue;
        };
        let target = format!("{new}{rest}");
        if place.folder().is_some() {
            files.rename(&name, &target).await?;
            continue;
        }
        let copy = files.local_copy(&name).await?;
        files.put_from_file(&target, &copy).await?;
        files.remove(&name).await?;
    }
    Ok(())
}
