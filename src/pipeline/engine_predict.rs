//! Predictions of many rows by the engine: files to a folder of Parquet, counted before it gets its name.

use std::path::Path;

use super::Env;
use super::error::Error;
use super::loaded_version::LoadedVersion;

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Predicted {
    /// Rows with an answer.
    pub rows: u64,
    /// Each class with its rows; none of numbers.
    pub classes: Vec<(String, u64)>,
}

/// Has the engine predict a file or a folder of files that it sees, into a folder that is not there yet.
///
/// # Errors
/// When the settings name no engine, the folder is there, the model is none that the engine can have, or the engine fails.
#[cfg(not(feature = "spark"))]
pub async fn predict_elsewhere(
    _: &Env,
    _: &LoadedVersion,
    _: &Path,
    _: &Path,
) -> Result<Predicted, Error> {
    Err(super::engine::not_built_in())
}

#[cfg(feature = "spark")]
pub use by_engine::predict_elsewhere;

#[cfg(feature = "spark")]
mod by_engine {
    use std::collections::BTreeMap;
    use std::path::PathBuf;

    use super::{Env, Error, LoadedVersion, Path, Predicted};
    use crate::artifacts::Artifacts;
    use crate::config::ModelConfig;
    use crate::data::{self, ReadOptions};
    use crate::engine::{self, Input, Scorer, engine_path};
    use crate::features;
    use crate::model_types::{Location, scheme_of};
    use crate::pipeline::engine::open;
    use crate::pipeline::engine_input::{Looked, look};
    use crate::pipeline::ingest::{Seen, read_options, same_as_scanned, seen};

    /// Has the engine predict a file or a folder of files that it sees, into a folder that is not there yet. Either may be a URL of a store.
    ///
    /// # Errors
    /// When the settings name no engine, the folder is there, the model is none that the engine can have, or the engine fails.
    pub async fn predict_elsewhere(
        env: &Env,
        version: &LoadedVersion,
        rows: &Path,
        out: &Path,
    ) -> Result<Predicted, Error> {
        let (config, bundle) = (&env.config, &version.bundle);
        if !config.engine.is_remote() {
            return Err(Error::NoEngine(
                "`engine.kind` is `local`; name an engine in config.json".to_string(),
            ));
        }
        let to = Target::new(config, out, &env.new_run_id()).await?;
        if bundle.related.is_some() || bundle.costs.is_some() {
            return Err(reject(
                "the version decides by more than one row or by costs; `unseat predict FILE` can"
                    .to_string(),
            ));
        }
        let given = place_of(config, rows)?;
        let Looked {
            place,
            folder,
            scan,
        } = look(&given).await?;
        let inputs = bundle.transformer.inputs.iter();
        let kinds: BTreeMap<_, _> = inputs
            .map(|input| (input.name.clone(), input.kind))
            .collect();
        let options = ReadOptions {
            on_bad_file: data::OnBadFile::Fail,
            kinds,
            ..read_options(config, false)
        };
        let Seen { files, names, .. } = seen((&place, &folder), &scan, &options)?;
        if files.is_empty() {
            return Err(reject(format!("{} holds no data file", rows.display())));
        }
        let needed = bundle.transformer.inputs.iter().map(|input| &input.name);
        let missing: Vec<String> = needed.filter(|it| !names.contains(it)).cloned().collect();
        if !missing.is_empty() {
            return Err(features::Error::MissingColumns(missing).into());
        }
        let mut own = engine::probability_columns(&bundle.classes);
        own.extend(["prediction", "probability", "flagged"].map(str::to_string));
        if let Some(name) = names.iter().find(|name| own.contains(name)) {
            return Err(reject(format!(
                "the rows have a column `{name}` of their own; rename it"
            )));
        }
        let url = engine_path(&to.beside, "")?;
        let steps = engine_path(&to.steps, "")?;
        let scorer = Scorer {
            transformer: &bundle.transformer,
            predictor: &bundle.predictor,
            after: bundle.after(),
            classes: &bundle.classes,
            threshold: bundle.threshold,
            flag: bundle.flag,
        };
        let input = Input {
            files: &files,
            names: &names,
            nulls: &options.null_values,
            kinds: &options.kinds,
        };
        let answered = async {
            let answered = engine::answer(&open(config)?, &scorer, &input, &url, &steps)?;
            same_as_scanned(&place, &scan, &files).await?;
            Ok::<_, Error>(answered)
        };
        let answered = answered.await;
        // What is half written has a temporary name; what cannot be removed stays visible.
        remove(&to.steps).await;
        let answered = match answered {
            Ok(answered) => answered,
            Err(error) => {
                remove(&to.beside).await;
                return Err(error);
            }
        };
        to.name().await?;
        let classes = bundle.classes.iter().cloned();
        Ok(Predicted {
            rows: answered.rows,
            classes: classes.zip(answered.classes).collect(),
        })
    }

    fn reject(why: String) -> Error {
        Error::Engine(engine::Error::Input(why))
    }

    /// A folder of this machine, or a URL of a store.
    fn place_of(config: &ModelConfig, path: &Path) -> Result<Location, Error> {
        let text = path.to_string_lossy();
        if scheme_of(&text).is_none() {
            return Ok(Location::Folder(path.to_path_buf()));
        }
        let place = config.stores.place(&config.project, &text);
        place.map_err(|why| reject(format!("{text} {why}")))
    }

    async fn remove(place: &Location) {
        match place {
            Location::Folder(folder) => {
                let _ = std::fs::remove_dir_all(folder);
            }
            Location::Store(_) => {
                if let Ok(files) = Artifacts::look(place) {
                    let _ = files.remove_folder("").await;
                }
            }
        }
    }

    /// Where the answers go: a folder of this command's own first, which gets its name once it is whole.
    struct Target {
        out: Location,
        beside: Location,
        /// For rows that are not yet answered.
        steps: Location,
    }

    /// What says in a store that a folder is whole, as engines write it.
    const WHOLE: &str = "_SUCCESS";

    impl Target {
        async fn new(config: &ModelConfig, out: &Path, id: &str) -> Result<Self, Error> {
            let out = place_of(config, out)?;
            let is_there = match &out {
                Location::Folder(folder) => folder.exists(),
                Location::Store(_) => !Artifacts::look(&out)?.names("").await?.is_empty(),
            };
            if is_there {
                return Err(reject(format!("{out} is there already")));
            }
            let (Some(above), Some(name)) = (out.parent(), out.name()) else {
                return Err(reject(format!("{out} has no name; name a folder below it")));
            };
            let below = |name: String| match &above {
                Location::Folder(above) => Location::Folder(above.join(name)),
                above => above.join(&name),
            };
            let beside = below(format!("{name}.{id}.unfinished"));
            let steps = below(format!("{name}.{id}.steps.unfinished"));
            Ok(Target { out, beside, steps })
        }

        /// Gives the answers their name: at once in a folder. A store has no such step: objects are copied, and the last one says
        /// that all are there.
        async fn name(&self) -> Result<(), Error> {
            if let (Location::Folder(beside), Location::Folder(out)) = (&self.beside, &self.out) {
                return std::fs::rename(beside, out).map_err(|source| {
                    let path = PathBuf::from(out);
                    let action = "name";
                    data::Error::File {
                        action,
                        path,
                        source,
                    }
                    .into()
                });
            }
            let (Some(above), Some(from), Some(to)) =
                (self.out.parent(), self.beside.name(), self.out.name())
            else {
                return Ok(());
            };
            let files = Artifacts::look(&above)?;
            files.remove(&format!("{from}/{WHOLE}")).await?;
            files.rename(&from, &to).await?;
            Ok(files.put(&format!("{to}/{WHOLE}"), Vec::new()).await?)
        }
    }
}
