//! Models that were created by request. They take from the project how one learns, is judged and is kept, and nothing that
//! names a column or a time: those belong to other data.

use serde_json::{Map, Value};

use super::checked::is_name;
use super::load::check_model;
use super::merge;
use super::model::ModelConfig;
use super::paths::CREATED_FOLDER;
use super::problem::Problem;
use super::project::Config;
use crate::model_types::Location;

/// The key under which a model's settings keep the request that created it, where the list of models is to tell it.
pub const ASKED: &str = "asked";

/// What a request may say of a model that it creates.
pub const CREATED_KEYS: [&str; 12] = [
    "target",
    "positive_class",
    "drop",
    "keys",
    "time_column",
    "schema",
    "features",
    "learner",
    "split",
    "metric",
    "score",
    "gate",
];

/// The folders of a created model, whose data is in `data` below its own folder.
pub fn created_folders(name: &str, data: &str) -> Map<String, Value> {
    let own = format!("{CREATED_FOLDER}/{name}");
    [
        ("input_folder_path", format!("{own}/{data}/source")),
        ("test_data_path", format!("{own}/{data}/test")),
        ("output_folder_path", format!("{own}/ingested")),
        ("output_model_path", format!("{own}/versions")),
        ("prod_deployment_path", format!("{own}/production")),
    ]
    .into_iter()
    .map(|(key, folder)| (key.to_string(), Value::String(folder)))
    .collect()
}

impl Config {
    /// The checked settings of a model that was created by request.
    ///
    /// # Errors
    /// Every problem found.
    pub fn created(
        &self,
        name: &str,
        own: &Map<String, Value>,
    ) -> Result<ModelConfig, Vec<Problem>> {
        let mut settings = self.inherited.clone();
        merge::overlay(&mut settings, own);
        let asked = settings.shift_remove(ASKED);
        settings.insert("name".to_string(), Value::String(name.to_string()));
        let mut problems = Vec::new();
        if !is_name(name) {
            let reason = "is not a usable model name".to_string();
            problems.push(Problem::at("id", reason));
        }
        let model = check_model(settings, &self.project, &self.stores, "", &mut problems);
        match model {
            Some(mut model) if problems.is_empty() => {
                model.asked = asked.and_then(|asked| asked.as_object().cloned());
                let folder = &self.server.prediction_log.folder;
                let place = self.stores.place(&self.project, folder);
                // It was checked with the project's own settings.
                model.prediction_log = place
                    .map_err(|reason| vec![Problem::at("server.prediction_log.folder", reason)])?;
                Ok(model)
            }
            _ => Err(problems),
        }
    }

    /// Adds a model that was created by request. One of `config.json` stays what it is.
    ///
    /// # Errors
    /// Every problem found; then it is left out.
    pub fn add_created(
        &mut self,
        name: &str,
        own: &Map<String, Value>,
    ) -> Result<(), Vec<Problem>> {
        if !self.models.contains_key(name) {
            let model = self.created(name, own)?;
            self.models.insert(name.to_string(), model);
            self.created.insert(name.to_string());
        }
        Ok(())
    }

    /// Whether every file of created models would be read as data of a model.
    pub fn reads_created(&self) -> bool {
        let created = self.project.join(CREATED_FOLDER);
        let has = |place: &Location| {
            let folder = place.folder();
            folder.is_some_and(|folder| created.starts_with(folder))
        };
        let mut models = self.models.iter();
        models.any(|(name, model)| {
            !self.created.contains(name) && (has(&model.input_folder) || has(&model.test_folder))
        })
    }
}
