//! Reads the file, lays environment and flags over it, checks everything. Precedence is decided here and nowhere else.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::checked::{check, is_name};
use super::database::{Database, database_url};
use super::dynamodb::DynamoDb;
use super::mlflow::Mlflow;
use super::model::ModelConfig;
use super::notify::Notify;
use super::problem::Problem;
use super::project::Config;
use super::raw::RawConfig;
use super::schedule::{Jobs, tag_problems};
use super::server::Server;
use super::stores::{Artifacts, Stores};
use super::{Error, merge, shape};
use crate::data::{KeyTwice, key_twice};

/// What comes after the file: `(key path, value)` from the environment, then from flags.
#[derive(Debug, Clone, Default)]
pub struct Overrides {
    /// From `UNSEAT_…` variables.
    pub environment: Vec<(String, String)>,
    /// From flags.
    pub flags: Vec<(String, String)>,
}

/// Loads the configuration of the project in whose folder `file` stands.
///
/// # Errors
/// [`Error::Invalid`] lists every problem at once.
pub fn load(file: &Path, overrides: &Overrides) -> Result<Config, Error> {
    let path = file.strip_prefix(".").unwrap_or(file);
    let path = path.display().to_string();
    let text = std::fs::read_to_string(file).map_err(|source| Error::Unreadable {
        path: path.clone(),
        source,
    })?;
    let value: Value =
        serde_json::from_str(text.trim_start_matches('\u{feff}')).map_err(|error| {
            Error::NotJson {
                path: path.clone(),
                line: error.line(),
                column: error.column(),
                reason: without_position(&error.to_string()),
            }
        })?;
    if let Some(twice) = key_twice(text.trim_start_matches('\u{feff}').as_bytes()) {
        let KeyTwice { key, line } = twice;
        return Err(Error::KeyTwice { path, key, line });
    }
    let folder = match file.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    from_value(value, folder, overrides).map_err(|problems| Error::Invalid { path, problems })
}

/// Checks a configuration that is already JSON.
///
/// # Errors
/// Every problem found.
pub fn from_value(
    value: Value,
    project: &Path,
    overrides: &Overrides,
) -> Result<Config, Vec<Problem>> {
    let Value::Object(mut object) = value else {
        return Err(vec![Problem::at("", "expected an object".to_string())]);
    };
    let mut problems = Vec::new();
    for (path, text) in overrides.environment.iter().chain(&overrides.flags) {
        problems.extend(merge::set(&mut object, path, text).err());
    }
    let given = problems.len();
    problems.extend(misplaced_models(&object));
    let server: Server = take_part(&mut object, "server", &mut problems);
    let database: Database = take_part(&mut object, "database", &mut problems);
    let artifacts: Artifacts = take_part(&mut object, "artifacts", &mut problems);
    let stores = Stores::read(&object, project, &artifacts, &mut problems);
    let mut jobs: Jobs = take_part(&mut object, "jobs", &mut problems);
    let notify: Notify = take_part(&mut object, "notify", &mut problems);
    let mlflow: Mlflow = take_part(&mut object, "mlflow", &mut problems);
    let dynamodb: DynamoDb = take_part(&mut object, "dynamodb", &mut problems);
    let parts = models_of(&object, overrides);
    let mut models = BTreeMap::new();
    for (prefix, name, settings) in parts {
        if let Some(model) = check_model(settings, project, &stores, &prefix, &mut problems) {
            if !is_name(&name) && !prefix.is_empty() && model.name != name {
                problems.push(Problem::at(
                    prefix.trim_end_matches('.'),
                    "is not a usable model name".to_string(),
                ));
            }
            models.insert(model.name.clone(), model);
        }
    }
    let asks = models
        .values()
        .filter_map(|model| Some((model.name.clone(), model.tags.clone()?)));
    jobs.asks = asks.collect();
    for (model, tags) in &jobs.asks {
        let path = format!("models.{model}.jobs.tags");
        problems.extend(tag_problems(&path, tags));
    }
    match stores.place(project, &server.prediction_log.folder) {
        Ok(place) => {
            for model in models.values_mut() {
                model.prediction_log = place.clone();
            }
        }
        Err(reason) => problems.push(Problem::at("server.prediction_log.folder", reason)),
    }
    problems.extend(shared_deployments(&models));
    let database_url = database_url(&object, project, &mut problems);
    problems.extend(database.problems());
    problems.extend(server.problems());
    problems.extend(jobs.problems());
    problems.extend(notify.problems());
    problems.extend(mlflow.problems());
    problems.extend(dynamodb.problems());
    problems.dedup();
    for problem in problems.iter_mut().filter(|it| it.path == "server.listen") {
        if problem.reason == "expected a text, found a whole number" {
            problem
                .reason
                .push_str("; write the address, too, like \"127.0.0.1:8000\"");
        }
    }
    name_the_source(&mut problems[given..], overrides);
    if problems.is_empty() {
        Ok(Config {
            project: project.to_path_buf(),
            database_url,
            database,
            stores,
            server,
            jobs,
            notify,
            mlflow,
            dynamodb,
            models,
            created: BTreeSet::new(),
            inherited: super::inherited::inherited(&object),
        })
    } else {
        Err(problems)
    }
}

/// `(prefix for key paths, name, settings)` of each model: the top level alone, or each entry of `models` over it.
fn models_of(
    object: &Map<String, Value>,
    overrides: &Overrides,
) -> Vec<(String, String, Map<String, Value>)> {
    let several = object
        .get("models")
        .and_then(Value::as_object)
        .filter(|models| !models.is_empty());
    let Some(several) = several else {
        return vec![(String::new(), String::new(), object.clone())];
    };
    let mut base = object.clone();
    base.remove("models");
    several
        .iter()
        .map(|(name, own)| {
            let mut settings = base.clone();
            settings.insert("name".to_string(), Value::String(name.clone()));
            for key in OWN_FOLDERS {
                if let Some(Value::String(folder)) = settings.get_mut(key) {
                    *folder = format!("{folder}/{name}");
                }
            }
            if let Value::Object(own) = own {
                merge::overlay(&mut settings, own);
                settings.remove("models");
            }
            set_anew(&mut settings, own, overrides);
            (format!("models.{name}."), name.clone(), settings)
        })
        .collect()
}

/// Folders of which each model has its own below the project's.
const OWN_FOLDERS: [&str; 2] = ["output_folder_path", "prod_deployment_path"];

/// Settings of the whole project, which no model has of its own, and what to say of one that is set for a model.
const PARTS: [(&str, &str); 9] = [
    (
        "database_url",
        "a project has one database: set it at the top",
    ),
    ("database", "a project has one database: set it at the top"),
    (
        "artifact_url",
        "a project has one: set it at the top, or give the model's folders URLs of their own",
    ),
    (
        "artifacts",
        "they hold for the whole project: set it at the top",
    ),
    ("server", "a project has one server: set it at the top"),
    (
        "jobs",
        "workers work for the whole project: set it at the top; a model may have its own `tags`",
    ),
    (
        "notify",
        "messages are for the whole project: set it at the top",
    ),
    (
        "mlflow",
        "a project is sent to one server: set it at the top",
    ),
    ("dynamodb", "a project has one table: set it at the top"),
];

/// Environment and flags go over what a model sets for itself, too. What could not be set was a problem already.
fn set_anew(settings: &mut Map<String, Value>, own: &Value, overrides: &Overrides) {
    for (path, text) in overrides.environment.iter().chain(&overrides.flags) {
        let first = path.split('.').next().unwrap_or_default();
        let is_of_the_project =
            first == "models" || path == "name" || PARTS.iter().any(|(part, _)| *part == first);
        let is_below = OWN_FOLDERS.contains(&path.as_str()) && own.get(path).is_none();
        if !is_of_the_project && !is_below {
            let _ = merge::set(settings, path, text);
        }
    }
}

/// Entries of `models` that are no models, or hold models of their own.
fn misplaced_models(object: &Map<String, Value>) -> Vec<Problem> {
    let models = object.get("models").and_then(Value::as_object);
    let misplaced = models.into_iter().flatten().filter_map(|(name, own)| {
        let path = format!("models.{name}");
        let part = PARTS.iter().find(|(part, _)| {
            let found = own.get(*part);
            found.is_some_and(|it| *part != "jobs" || !has_tags_only(it))
        });
        match (own, part) {
            (Value::Object(_), Some((part, why))) => {
                Some(Problem::at(&format!("{path}.{part}"), why.to_string()))
            }
            (Value::Object(own), _) if own.contains_key("models") => Some(Problem::at(
                &format!("{path}.models"),
                "a model cannot hold models".to_string(),
            )),
            (Value::Object(_), _) => None,
            (other, _) => Some(Problem::at(
                &path,
                format!("expected an object, found {}", shape::kind_of(other)),
            )),
        }
    });
    misplaced.collect()
}

/// Whether the settings of jobs are those that a model may have of its own.
fn has_tags_only(jobs: &Value) -> bool {
    let keys = jobs.as_object().map(|jobs| jobs.keys());
    keys.is_some_and(|mut keys| keys.all(|key| key == "tags"))
}

/// Checks the settings of one model, each problem under a prefix.
pub(super) fn check_model(
    settings: Map<String, Value>,
    project: &Path,
    stores: &Stores,
    prefix: &str,
    problems: &mut Vec<Problem>,
) -> Option<ModelConfig> {
    let value = Value::Object(settings);
    let found = shape::problems(&value, &shape::schema_of::<RawConfig>());
    if !found.is_empty() {
        // What is left without these keys is checked all the same, so that everything is reported at once.
        let mut more = Vec::new();
        if let Ok(raw) = serde_json::from_value::<RawConfig>(without(value, &found)) {
            check(raw, project, stores, "", &mut more);
        }
        more.retain(|problem| {
            let same = |known: &Problem| problem.path.starts_with(known.path.as_str());
            !found.iter().any(same) && !problem.reason.contains(STAND_IN)
        });
        problems.extend(found.into_iter().chain(more).map(|problem| Problem {
            path: format!("{prefix}{}", problem.path),
            ..problem
        }));
        return None;
    }
    match serde_json::from_value::<RawConfig>(value) {
        Ok(raw) => Some(check(raw, project, stores, prefix, problems)),
        Err(error) => {
            problems.push(Problem::at(prefix.trim_end_matches('.'), error.to_string()));
            None
        }
    }
}

/// Stands in for a folder that is missing or no text.
const STAND_IN: &str = "\u{0}folder";

/// The settings without the keys that have problems; each folder that is thereby missing gets a stand-in.
fn without(mut value: Value, found: &[Problem]) -> Value {
    for problem in found {
        let key_path = problem.path.split('[').next().unwrap_or_default();
        let (parents, last) = key_path.rsplit_once('.').unwrap_or(("", key_path));
        let parent = parents
            .split('.')
            .filter(|key| !key.is_empty())
            .try_fold(&mut value, |here, key| here.get_mut(key));
        if let Some(Value::Object(parent)) = parent {
            parent.shift_remove(last);
        }
    }
    for (at, key) in FOLDER_KEYS.iter().enumerate() {
        if value.get(key).is_none() {
            value[*key] = Value::String(format!("{STAND_IN}{at}"));
        }
    }
    value
}

/// The keys without which there is no project.
const FOLDER_KEYS: [&str; 5] = [
    "input_folder_path",
    "output_folder_path",
    "test_data_path",
    "output_model_path",
    "prod_deployment_path",
];

/// Says which problems are not in the file but in a variable or a flag.
pub(super) fn name_the_source(problems: &mut [Problem], overrides: &Overrides) {
    let layers = [
        (&overrides.flags, "a flag"),
        (&overrides.environment, "the environment"),
    ];
    for problem in problems {
        let is_here = |(path, _): &&(String, String)| {
            problem.path == *path || path.starts_with(&format!("{}.", problem.path))
        };
        let source = layers
            .iter()
            .find(|(layer, _)| layer.iter().any(|setting| is_here(&setting)));
        if let Some((_, source)) = source {
            problem.reason = format!("{} (set by {source})", problem.reason);
        }
    }
}

fn shared_deployments(models: &BTreeMap<String, ModelConfig>) -> Vec<Problem> {
    // Paths are compared as paths: `./live` is `live`.
    let mut seen: BTreeMap<PathBuf, &str> = BTreeMap::new();
    let mut problems = Vec::new();
    for (name, model) in models {
        if let Some(other) = seen.insert(model.deployment_folder.shown(), name) {
            problems.push(Problem::at(
                &format!("models.{name}.prod_deployment_path"),
                format!("is also that of `{other}`; each model needs its own"),
            ));
        }
    }
    problems
}

/// Takes settings of the whole project out, so that they are checked once and not with each model.
pub(super) fn take_part<T>(
    object: &mut Map<String, Value>,
    part: &str,
    problems: &mut Vec<Problem>,
) -> T
where
    T: Default + DeserializeOwned + JsonSchema,
{
    let Some(value) = object.shift_remove(part) else {
        return T::default();
    };
    let found = shape::problems(&value, &shape::schema_of::<T>());
    let parsed = serde_json::from_value(value);
    problems.extend(found.into_iter().map(|problem| {
        let path = problem.path.as_str();
        let path = match path.strip_prefix("(the whole file)") {
            Some(_) => part.to_string(),
            None => format!("{part}.{path}"),
        };
        Problem { path, ..problem }
    }));
    parsed.unwrap_or_default()
}

fn without_position(text: &str) -> String {
    text.split(" at line ").next().unwrap_or(text).to_string()
}
