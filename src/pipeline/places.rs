//! Where a model's versions and data sets are, when the settings named other folders before.

use std::path::Path;

use super::Env;
use super::error::Error;
use crate::artifacts::Artifacts;
use crate::config::ModelConfig;
use crate::model_types::Location;
use crate::registry::PlaceKind;

impl Env {
    fn kept(&self) -> [(PlaceKind, &Artifacts, &Location); 2] {
        let config = &self.config;
        [
            (PlaceKind::Versions, &self.models, &config.model_folder),
            (PlaceKind::Datasets, &self.datasets, &config.output_folder),
        ]
    }

    /// Learns from the registry in which other folders files of the model are.
    ///
    /// # Errors
    /// When the registry cannot be reached.
    pub async fn find_places(&self) -> Result<(), Error> {
        for (kind, artifacts, _) in self.kept() {
            let folders = self.registry.places(&self.config.name, kind).await?;
            let settings = &self.config;
            let folders = folders.iter();
            // One that cannot be read any more is not a place.
            let places =
                folders.filter_map(|folder| settings.stores.place(&settings.project, folder).ok());
            artifacts.kept_before_in(&places.collect::<Vec<_>>())?;
        }
        Ok(())
    }

    /// Remembers the present folders, for the day on which the settings name others.
    pub(super) async fn note_places(&self) -> Result<(), Error> {
        let model = &self.config.name;
        for (kind, _, folder) in self.kept() {
            let known = self.registry.places(model, kind).await?;
            let named = self.place(folder);
            if !known.contains(&named) {
                self.registry.add_place(model, kind, &named).await?;
            }
        }
        self.find_places().await
    }

    /// A place as the settings name it: below the project, or whole.
    pub(super) fn place(&self, place: &Location) -> String {
        named(&self.config, &place.shown())
    }

    /// A path as the settings name it: below the project, or whole.
    pub(super) fn named(&self, path: &Path) -> String {
        named(&self.config, path)
    }
}

/// A path as the settings of a model name it: below the project, or whole.
pub(super) fn named(config: &ModelConfig, path: &Path) -> String {
    let below = path.strip_prefix(&config.project).unwrap_or(path);
    below.display().to_string()
}
