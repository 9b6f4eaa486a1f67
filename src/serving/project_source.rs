//! A project as the source of versions: the registry says who is the champion, the artifacts hold the bytes.

use super::error::{DATABASE, Error, silence_of};
use super::pick_error::PickError;
use super::pointer::Pointer;
use super::served::Served;
use crate::bundle::Bundle;
use crate::model_types::{Sha256, VersionNumber};
use crate::pipeline::{self, Environments};
use crate::registry::{self, Registry, VersionState};

/// A project's registry and where its versions are.
pub struct ProjectSource {
    /// The registry.
    pub registry: Registry,
    /// Per model, where its versions are.
    pub envs: Environments,
}

impl ProjectSource {
    /// Names of the models.
    pub fn names(&self) -> Vec<String> {
        self.envs.all().keys().cloned().collect()
    }

    /// What changes whenever a champion or a created model may have.
    ///
    /// # Errors
    /// When the registry cannot be read.
    pub async fn change_token(&self) -> Result<String, Error> {
        let registry = &self.registry;
        let followed = registry.follow_file().await;
        followed.map_err(pipeline::Error::from)?;
        let newest = registry.newest_operation().await;
        let created = registry.newest_created().await;
        let newest = newest.map_err(pipeline::Error::from)?;
        let created = created.map_err(pipeline::Error::from)?;
        Ok(format!("{newest} {created} {}", registry.file_mark()))
    }

    /// Who is the champion.
    ///
    /// # Errors
    /// When the registry cannot be read, or what it says is no pointer.
    pub async fn pointer(&self, model: &str) -> Result<Option<Pointer>, Error> {
        let champion = self.registry.champion(model).await;
        let champion = champion.map_err(pipeline::Error::from)?;
        Ok(champion.map(|champion| Pointer {
            version: champion.version,
            since_ms: champion.since_ms,
            mark: String::new(),
        }))
    }

    /// What is in a model's folders and the registry does not know, in a sentence with the next step.
    pub async fn lost(&self, model: &str) -> Option<String> {
        let env = self.envs.get(model)?;
        let lost = pipeline::look_for_lost(&env.config, &self.registry)
            .await
            .ok()??;
        Some(format!("{}; {}", lost.what, lost.next))
    }

    /// Checksum, null values and bundle of a version, verified.
    ///
    /// # Errors
    /// When the bundle is missing, damaged, or does not answer its golden rows.
    pub async fn load(
        &self,
        model: &str,
        version: VersionNumber,
    ) -> Result<(Sha256, Vec<String>, Bundle), Error> {
        let Some(env) = self.envs.get(model) else {
            return Err(Error::NoModel(model.to_string()));
        };
        let pipeline::LoadedVersion { sha256, bundle, .. } =
            pipeline::load_bundle(&env, version).await?;
        Ok((sha256, env.config.ingest.null_values.clone(), bundle))
    }

    /// Metric and value of a version's newest score that is recorded; empty where it is unknown.
    pub async fn scores(&self, served: &Served) -> Vec<(String, f64)> {
        let rows = self.registry.scores(&served.model).await;
        let mut rows = rows.unwrap_or_default().into_iter();
        let newest = rows.rfind(|row| row.version == served.version);
        // A score holds one number per metric, and the version beside them.
        let Some(serde_json::Value::Object(record)) = newest.map(|row| row.record) else {
            return Vec::new();
        };
        let metrics = record.into_iter().filter(|(name, _)| name != "version");
        metrics
            .filter_map(|(name, value)| Some((name, value.as_f64()?)))
            .collect()
    }

    /// Loads a version that a request asks for.
    ///
    /// # Errors
    /// When there is none, or it cannot be used.
    pub async fn version(&self, model: &str, version: VersionNumber) -> Result<Served, PickError> {
        let env = self.envs.get(model).ok_or(PickError::NoVersion)?;
        let row = self.registry.version(model, version).await?;
        if row.is_none_or(|row| row.state != VersionState::Ready) {
            return Err(PickError::NoVersion);
        }
        let loaded = pipeline::load_bundle(&env, version).await;
        let loaded = loaded.map_err(|error| PickError::Unloadable(Box::new(error)))?;
        let null_values = env.config.ingest.null_values.clone();
        Ok(Served::new(
            model,
            version,
            0,
            loaded.sha256,
            null_values,
            loaded.bundle,
        ))
    }

    /// Versions of a model that can be requested by number, newest first.
    ///
    /// # Errors
    /// When the registry cannot be reached.
    pub async fn versions(&self, model: &str) -> Result<Vec<VersionNumber>, registry::Error> {
        let rows = self.registry.versions(model).await?;
        let ready = rows.iter().filter(|row| row.state == VersionState::Ready);
        Ok(ready.map(|row| row.number).collect())
    }
}

/// What keeps a server from being ready: its database was taken away. One that is only busy does not.
pub fn database_trouble(error: &Error) -> Option<String> {
    use registry::Error as R;
    match error {
        Error::Pipeline(pipeline::Error::Registry(
            error @ (R::Gone { .. } | R::Foreign { .. }),
        )) => Some(format!(
            "cannot {error}; nothing can be changed until it is back"
        )),
        _ => None,
    }
}

/// What is said of a database, or the store of a bundle, that does not answer. A server stays ready without it: it answers predictions.
pub fn silence(error: &Error) -> Option<String> {
    use registry::Error as R;
    let place = match error {
        Error::Silent(place) => place,
        Error::Pipeline(pipeline::Error::Registry(
            R::Open { source, .. } | R::Statement { source, .. },
        )) if registry::is_unreachable(source) => DATABASE,
        _ => return None,
    };
    Some(silence_of(place))
}

/// What a bundle needs that this build of the program leaves out: nothing.
pub fn left_out(_: &Bundle) -> Option<&'static str> {
    None
}
