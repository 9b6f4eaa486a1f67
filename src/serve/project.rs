//! The project behind the server: its registry, its models, how runs are started.

use super::Created;
use crate::pipeline::Environments;
use crate::registry::{CreatedModel, JobRow, Lock, Registry};

/// What came of asking for a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RunStart {
    /// It is on its way.
    Started {
        /// The run's id.
        run: String,
        /// Its job's.
        job: String,
    },
    /// Another one is under way.
    Busy(String),
    /// It could not be started.
    Failed(String),
}

/// What came of asking for a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ModelStart {
    /// It is in the registry, and its first run waits for a worker.
    Queued {
        /// The job's id.
        job: String,
    },
    /// There is one of the name, which was not to be changed.
    Exists,
    /// A job of the model is open.
    Busy(String),
    /// It could not be recorded.
    Failed(String),
}

/// Starts a run of a model without waiting for it. Serving knows no training: the process that starts the server says how.
pub trait StartRun: Send + Sync {
    /// Starts one, `force` as in `unseat run --force`, in the name of a caller.
    fn start(
        &self,
        model: &str,
        force: bool,
        by: &str,
    ) -> std::pin::Pin<Box<dyn Future<Output = RunStart> + Send>>;

    /// Tries a job again that failed, was cancelled or was given up; nothing is done of any other.
    fn retry(
        &self,
        job: &JobRow,
    ) -> std::pin::Pin<Box<dyn Future<Output = Option<RunStart>> + Send>>;

    /// Records a model and the job of its run, both or none. An existing one is changed only if it is to be replaced. A caller who
    /// holds the lock of one that was removed gives it back with that.
    fn create(
        &self,
        model: CreatedModel,
        replaces: bool,
        held: Option<Lock>,
    ) -> std::pin::Pin<Box<dyn Future<Output = ModelStart> + Send>>;
}

/// The project behind the server; there is none with `--bundle`.
pub struct Project {
    /// The registry.
    pub registry: Registry,
    /// What the stages of each model may touch.
    pub envs: Environments,
    /// Models that come while the server runs.
    pub created: Created,
    /// How runs are started.
    pub starter: Box<dyn StartRun>,
}
