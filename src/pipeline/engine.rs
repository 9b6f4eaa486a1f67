//! The engine that the settings name, as the flow sees it.

use super::dataset::{Dataset, EngineRecord};
use super::error::Error;
use crate::config::ModelConfig;
use crate::text::counted;

/// The record of the engine that has all rows of a data set, where one has more than this machine.
///
/// # Errors
/// When this machine has a sample only, and the settings no longer name the engine.
pub fn record_of<'a>(
    config: &ModelConfig,
    dataset: &'a Dataset,
) -> Result<Option<&'a EngineRecord>, Error> {
    match &dataset.record.engine {
        Some(record) if !config.engine.is_remote() && !record.is_whole() => {
            Err(Error::NoEngine(format!(
                "{} has a sample of {} of {}, and `engine.kind` is `local`; ingest again, or set it to `{}`",
                dataset.name,
                record.sample_rows,
                counted(record.rows, "row"),
                record.kind
            )))
        }
        Some(record) if config.engine.is_remote() => Ok(Some(record)),
        _ => Ok(None),
    }
}

/// A session of the engine.
///
/// # Errors
/// When its token cannot be read, or the server does not answer.
#[cfg(feature = "spark")]
pub fn open(config: &ModelConfig) -> Result<crate::engine::Session, Error> {
    let engine = &config.engine;
    let token = engine.token_file.as_ref().map(|file| {
        let path = config.project.join(file);
        let text = std::fs::read_to_string(&path);
        let text = text.map_err(|error| {
            Error::NoEngine(format!("read the token in {}: {error}", path.display()))
        })?;
        Ok::<_, Error>(text.trim().to_string())
    });
    let address = crate::engine::Address {
        url: engine.url.clone().unwrap_or_default(),
        token: token.transpose()?,
        lost: std::time::Duration::from_secs(u64::from(engine.lost_seconds)),
    };
    Ok(crate::engine::Session::open(&address)?)
}

/// The folder of a data set as the engine sees it.
///
/// # Errors
/// When it is of a kind that the engine does not read.
#[cfg(feature = "spark")]
pub fn folder_of(config: &ModelConfig, folder: &str) -> Result<String, Error> {
    Ok(crate::engine::engine_path(&config.output_folder, folder)?)
}

/// The name of the folder, beside that of a data set, for what the engine needs as long as a model is learned. Recovery takes it for a
/// part that was being written, and removes it.
#[cfg(feature = "spark")]
pub fn scratch_of(folder: &str) -> String {
    format!(".part-{folder}")
}

/// Has someone hear one line on what the engine does, again whenever it changes.
pub fn listen_to_engine(listener: std::sync::Arc<dyn Fn(&str) + Send + Sync>) {
    #[cfg(feature = "spark")]
    crate::engine::listen(listener);
    #[cfg(not(feature = "spark"))]
    drop(listener);
}

/// Interrupts what this process has under way in engines, and waits this long at most for them to say so. The answer is how many queries
/// were ended. Calls to the engine fail from now on, or, where the process is about to end, do not return.
pub fn interrupt_engine(patience: std::time::Duration, is_about_to_end: bool) -> usize {
    #[cfg(feature = "spark")]
    {
        use crate::engine::{Then, interrupt};
        let then = if is_about_to_end {
            Then::Hold
        } else {
            Then::Fail
        };
        interrupt(patience, then)
    }
    #[cfg(not(feature = "spark"))]
    {
        let _ = (patience, is_about_to_end);
        0
    }
}

/// What is said where an engine is requested that is not built in.
#[cfg(not(feature = "spark"))]
pub fn not_built_in() -> Error {
    Error::NoEngine(
        "`spark` is not built into this program; build it with `--features spark`".to_string(),
    )
}
