//! What is in the folders and the registry does not know: the registry is new, another one, or older than what is deployed,
//! or the model had another name. A run would then promote whatever it makes over the model that is in service, so there is none.

use std::path::Path;

use super::Env;
use super::error::Error;
use super::error::Lost;
use super::manifest;
use super::places::named;
use crate::artifacts::Artifacts;
use crate::config::ModelConfig;
use crate::model_types::{Location, Manifest, VersionNumber};
use crate::registry::{Champion, Registry, VersionState};
use crate::text::counted;

const ADOPT: &str = "`unseat adopt` registers what is in the folders (`--dry-run` says what); or restore the database from a backup, or move the folders away";

/// Fails when something would be lost.
///
/// # Errors
/// [`Error::Lost`].
pub async fn check(env: &Env) -> Result<(), Error> {
    match look(&env.config, &env.registry).await? {
        Some(lost) => Err(Error::Lost(Box::new(lost))),
        None => Ok(()),
    }
}

/// What is in the folders of a model and the registry does not know.
///
/// # Errors
/// When the registry cannot be reached.
pub async fn look(config: &ModelConfig, registry: &Registry) -> Result<Option<Lost>, Error> {
    let (model, folder) = (&config.name, &config.deployment_folder);
    let (place, database) = (
        named(config, &folder.shown()),
        named(config, registry.path()),
    );
    let champion = registry.champion(model).await?;
    if let Some(manifest) = manifest::manifest(folder).await? {
        if manifest.model != *model {
            return foreign(config, registry, &manifest).await.map(Some);
        }
        let known = registry.version(model, manifest.version).await?;
        if known.is_some_and(|known| known.bundle_sha256.as_ref() == manifest.bundle_sha256()) {
            return unknown_folders(config, registry, champion.as_ref()).await;
        }
        let there = registry.versions(model).await?;
        let whole = there.iter().find(|it| it.state == VersionState::Ready);
        let or = whole.map_or(String::new(), |version| {
            format!(
                "; `unseat promote {}` puts a version that the database knows in its place",
                version.number
            )
        });
        return Ok(Some(Lost {
            what: format!(
                "{place} holds version {} of `{model}`, and the database {database} does not know it: the database is new, another one, or older than what is deployed",
                manifest.version
            ),
            next: format!(
                "`unseat adopt` takes it up from the folders (`--dry-run` says what), or bring the database back from a backup{or}"
            ),
        }));
    }
    if champion.is_none() && has_bundle(folder).await? {
        return Ok(Some(Lost {
            what: format!(
                "{place} holds a `trainedmodel.json` without a `manifest.json`, and the database {database} knows no champion of `{model}`"
            ),
            next: "bring its manifest back and `unseat adopt`, or move the file away".to_string(),
        }));
    }
    unknown_folders(config, registry, champion.as_ref()).await
}

/// The same where there is no database yet: then everything that is in the folders is unknown.
///
/// # Errors
/// [`Error::Lost`].
pub async fn look_without(config: &ModelConfig, database: &Path) -> Result<(), Error> {
    let folder = &config.deployment_folder;
    let versions = Artifacts::look(&config.model_folder)?;
    let folders = version_folders(config, &versions).await?;
    let place = if has_bundle(folder).await? || manifest::manifest(folder).await?.is_some() {
        named(config, &folder.shown())
    } else if folders.is_empty() {
        return Ok(());
    } else {
        named(config, &config.model_folder.join(&config.name).shown())
    };
    Err(Error::Lost(Box::new(Lost {
        what: format!(
            "{place} holds a version, and the database {} is not there",
            named(config, database)
        ),
        next: ADOPT.to_string(),
    })))
}

/// What is deployed is another model's.
pub(super) async fn foreign(
    config: &ModelConfig,
    registry: &Registry,
    manifest: &Manifest,
) -> Result<Lost, Error> {
    let (model, old) = (&config.name, &manifest.model);
    let place = named(config, &config.deployment_folder.shown());
    let is_known = !registry.versions(old).await?.is_empty();
    let what = format!(
        "{place} holds version {} of `{old}`, another model, which `{model}` must not replace",
        manifest.version
    );
    let or = "for a model of its own, name another `prod_deployment_path`";
    Ok(Lost {
        what,
        next: if is_known {
            format!("`unseat models rename {old} {model}` gives that model this name; {or}")
        } else {
            format!(
                "the database does not know `{old}`: set `name` back to it, `unseat adopt`, and then rename it; {or}"
            )
        },
    })
}

/// Version folders that no row speaks of, while there is no champion that a run would have to beat.
async fn unknown_folders(
    config: &ModelConfig,
    registry: &Registry,
    champion: Option<&Champion>,
) -> Result<Option<Lost>, Error> {
    if champion.is_some() {
        return Ok(None);
    }
    let known = registry.versions(&config.name).await?;
    let versions = Artifacts::look(&config.model_folder)?;
    let mut unknown = version_folders(config, &versions).await?;
    unknown.retain(|(_, folder)| known.iter().all(|version| version.folder != *folder));
    let Some((_, newest)) = unknown.last() else {
        return Ok(None);
    };
    let place = named(config, &config.model_folder.join(&config.name).shown());
    Ok(Some(Lost {
        what: format!(
            "{place} holds {}, the newest {newest}, and the database {} knows none of them and no champion",
            counted(unknown.len() as u64, "version"),
            named(config, registry.path())
        ),
        next: ADOPT.to_string(),
    }))
}

/// Number and name of each folder with a version's bundle among artifacts of the model's kind, by number and time.
pub(super) async fn version_folders(
    config: &ModelConfig,
    versions: &Artifacts,
) -> Result<Vec<(VersionNumber, String)>, Error> {
    let mut found = Vec::new();
    for name in versions.names(&config.name).await? {
        let bundle = format!("{}/{name}/trainedmodel.json", config.name);
        if let Some(number) = number_of(&name)
            && versions.exists(&bundle).await?
        {
            found.push((number, name));
        }
    }
    found.sort();
    Ok(found)
}

/// Whether a bundle is in a champion's copy by its plain name.
async fn has_bundle(copy: &Location) -> Result<bool, Error> {
    Ok(Artifacts::look(copy)?.exists("trainedmodel.json").await?)
}

/// The number in `v12_20261121T075003Z`.
fn number_of(folder: &str) -> Option<VersionNumber> {
    let (number, stamp) = folder.strip_prefix('v')?.split_once('_')?;
    let is_stamp = stamp.len() == 16 && stamp.ends_with('Z') && stamp.as_bytes()[8] == b'T';
    number.parse().ok().filter(|_| is_stamp)
}

#[cfg(test)]
mod tests {
    use super::number_of;
    use crate::model_types::VersionNumber;

    #[test]
    fn only_a_folder_that_we_name_so_counts_as_a_version() {
        assert_eq!(
            number_of("v12_20261121T075003Z"),
            Some(VersionNumber::new(12))
        );
        for other in [
            "v1",
            "v1_old",
            "backup",
            "vx_20261121T075003Z",
            "v1_20261121T075003Z2",
        ] {
            assert_eq!(number_of(other), None, "{other}");
        }
    }
}
