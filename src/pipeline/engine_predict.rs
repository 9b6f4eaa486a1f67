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
pub fn predict_elsewhere(
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
    use crate::data::{self, ReadOptions, Scan};
    use crate::engine::{self, Input, Scorer, engine_path};
    use crate::features;
    use crate::model_types::Location;
    use crate::pipeline::engine::open;
    use crate::pipeline::ingest::{Seen, read_options, same_as_scanned, seen};

    /// Has the engine predict a file or a folder of files that it sees, into a folder that is not there yet.
    ///
    /// # Errors
    /// When the settings name no engine, the folder is there, the model is none that the engine can have, or the engine fails.
    pub fn predict_elsewhere(
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
        if out.exists() {
            return Err(reject(format!("{} is there already", out.display())));
        }
        if bundle.related.is_some() || bundle.costs.is_some() {
            return Err(reject(
                "the version decides by more than one row or by costs; `unseat predict FILE` can"
                    .to_string(),
            ));
        }
        if bundle.after().is_some() {
            return Err(reject(
                "the version's probabilities are calibrated by a curve, which the engine cannot compute; `unseat predict FILE` can, and `learner.calibration: platt` or `none` makes versions that the engine can have"
                    .to_string(),
            ));
        }
        let (folder, scan) = scanned(rows)?;
        let inputs = bundle.transformer.inputs.iter();
        let kinds: BTreeMap<_, _> = inputs
            .map(|input| (input.name.clone(), input.kind))
            .collect();
        let options = ReadOptions {
            on_bad_file: data::OnBadFile::Fail,
            kinds,
            ..read_options(config, false)
        };
        let place = Location::Folder(folder);
        let Seen { files, names, .. } = seen(&place, &scan, &options)?;
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
        let beside = beside(out, &env.new_run_id());
        let to = engine_path(&Location::Folder(beside.clone()), "")?;
        let scorer = Scorer {
            transformer: &bundle.transformer,
            predictor: &bundle.predictor,
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
        let answered = || {
            let answered = engine::answer(&open(config)?, &scorer, &input, &to)?;
            same_as_scanned(&place.here(), &scan, &files)?;
            Ok::<_, Error>(answered)
        };
        let answered = answered().inspect_err(|_| {
            // What is half written has a temporary name; what cannot be removed stays visible.
            let _ = std::fs::remove_dir_all(&beside);
        })?;
        std::fs::rename(&beside, out).map_err(|source| data::Error::File {
            action: "name",
            path: out.to_path_buf(),
            source,
        })?;
        let classes = bundle.classes.iter().cloned();
        Ok(Predicted {
            rows: answered.rows,
            classes: classes.zip(answered.classes).collect(),
        })
    }

    fn reject(why: String) -> Error {
        Error::Engine(engine::Error::Input(why))
    }

    /// The folder that is read, and what of it.
    fn scanned(rows: &Path) -> Result<(PathBuf, Scan), Error> {
        if rows.is_dir() {
            return Ok((rows.to_path_buf(), data::scan(rows)?));
        }
        let above = rows.parent().filter(|it| !it.as_os_str().is_empty());
        let folder = above.unwrap_or(Path::new("."));
        let name = rows.file_name().unwrap_or_default().to_string_lossy();
        let mut scan = data::scan(folder)?;
        scan.files.retain(|file| file.path == name);
        Ok((folder.to_path_buf(), scan))
    }

    /// A folder beside the one that is wanted, of this command alone.
    fn beside(out: &Path, id: &str) -> PathBuf {
        let name = out.file_name().unwrap_or_default().to_string_lossy();
        out.with_file_name(format!("{name}.{id}.unfinished"))
    }
}
