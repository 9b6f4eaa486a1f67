//! What is served: per model the champion, and other versions on demand. Swapping one is a pointer; requests under way keep
//! the one they began with.

use std::sync::Arc;

use arc_swap::{ArcSwap, ArcSwapOption};

pub use super::error::silence_of;
pub use super::model_slot::ModelSlot;
use super::pick_error::PickError;
use super::served::Served;
use super::source::Source;
use crate::model_types::VersionNumber;
use crate::serving::probation::request_scope::note;

/// All models of the server.
pub struct ServedModels {
    models: ArcSwap<Vec<Arc<ModelSlot>>>,
    /// Why nothing can be changed, while the database is not there.
    database: ArcSwapOption<String>,
    /// What there is to say of a database or a store that does not answer, while it does not.
    silence: ArcSwapOption<String>,
    /// Where versions come from.
    pub source: Source,
}

impl ServedModels {
    /// Places for all models of a source, none loaded yet.
    pub fn new(source: Source) -> Self {
        let names = source.names().into_iter();
        let models = names.map(|name| Arc::new(ModelSlot::new(name, false)));
        ServedModels {
            models: ArcSwap::from_pointee(models.collect()),
            database: ArcSwapOption::empty(),
            silence: ArcSwapOption::empty(),
            source,
        }
    }

    /// What is wrong with the database, when something is.
    pub fn database(&self) -> Option<Arc<String>> {
        self.database.load_full()
    }

    /// Says what is wrong with the database, or that nothing is.
    pub fn database_is(&self, trouble: Option<String>) {
        self.database.store(trouble.map(Arc::new));
    }

    /// What there is to say of a database or a store that does not answer; what is served continues being served.
    pub fn silence(&self) -> Option<Arc<String>> {
        self.silence.load_full()
    }

    /// Says that the database or the store does not answer, or that it does.
    pub fn silence_is(&self, says: Option<String>) {
        self.silence.store(says.map(Arc::new));
    }

    /// Takes the places of models that are gone, then gives those that were created by request theirs, next to those that have
    /// theirs.
    pub fn change(&self, gone: &[String], fresh: Vec<String>) {
        let mut models = Vec::clone(&self.models.load());
        models.retain(|model| !gone.contains(&model.name));
        for name in fresh {
            if !models.iter().any(|model| model.name == name) {
                models.push(Arc::new(ModelSlot::new(name, true)));
            }
        }
        models.sort_by(|one, other| one.name.cmp(&other.name));
        self.models.store(Arc::new(models));
    }

    /// Whether a model of a name was created by request.
    pub fn is_created(&self, name: &str) -> bool {
        self.models().any(|it| it.name == name && it.is_created)
    }

    /// All models.
    pub fn models(&self) -> impl Iterator<Item = Arc<ModelSlot>> + use<> {
        Vec::clone(&self.models.load()).into_iter()
    }

    /// The model of a name; without one, the only model. One that is created later does not change what requests without a
    /// name mean.
    ///
    /// # Errors
    /// [`PickError::NoModel`] for an unknown name; [`PickError::Unnamed`] when none was named and there are several.
    pub fn model(&self, name: Option<&str>) -> Result<Arc<ModelSlot>, PickError> {
        let models = self.models.load();
        let Some(name) = name else {
            let mut configured = models.iter().filter(|model| !model.is_created);
            return match (configured.next(), configured.next()) {
                (Some(only), None) => Ok(only.clone()),
                _ => Err(PickError::Unnamed),
            };
        };
        let found = models.iter().find(|model| model.name == name);
        found.cloned().ok_or(PickError::NoModel)
    }

    /// The version that answers: the champion, or the one that was requested.
    ///
    /// # Errors
    /// As [`ServedModels::model`]; for a version that is not there, and while there is no champion.
    pub async fn pick(
        &self,
        model: Option<&str>,
        version: Option<VersionNumber>,
    ) -> Result<Arc<Served>, PickError> {
        let served = self.found(&*self.model(model)?, version).await?;
        note(&served);
        Ok(served)
    }

    async fn found(
        &self,
        model: &ModelSlot,
        version: Option<VersionNumber>,
    ) -> Result<Arc<Served>, PickError> {
        let Some(version) = version else {
            return model.champion().ok_or(PickError::NoChampion);
        };
        if let Some(known) = model.known(version) {
            return Ok(known);
        }
        let served = Arc::new(self.source.version(&model.name, version).await?);
        model.keep(served.clone());
        Ok(served)
    }
}
