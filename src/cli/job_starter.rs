//! runs that are requested from the server: each becomes a job. Where no worker is there to do it, the server starts one: a process
//! of its own that ends with the queue, and continues when the server ends.

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::pin::Pin;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use tokio::sync::{Mutex, Notify};

use crate::config::{Jobs, Overlap};
use crate::jobs::{self, Launcher, ModelSubmitted, Program, Queue, Submitted};
use crate::pipeline::{self, Environments};
use crate::registry::{CreatedModel, JobRow, JobState, Lock, NewJob, Registry};
use crate::serve::{ModelStart, RunStart, StartRun};

/// How long a run may take until it is recorded as started.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long it is waited for while a worker is busy with another.
const BUSY_PATIENCE: Duration = Duration::from_secs(3);
/// How often the registry is queried meanwhile.
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// How often to check whether a worker still works on what was requested.
const MIND_EVERY: Duration = Duration::from_secs(2);
/// Longest wait before another worker is started when the last one failed.
const MOST_WAIT: Duration = Duration::from_secs(64);
/// Bytes of a worker's log that are shown when it fails.
const LAST_BYTES: u64 = 2000;

/// Asks for runs of a project's models.
pub struct JobStarter {
    shared: Arc<Shared>,
}

struct Shared {
    program: Program,
    registry: Registry,
    envs: Environments,
    /// Made when it is needed first: a server that is asked for no run writes nothing.
    queue: Queue,
    helper: Mutex<Helper>,
    /// Told when there is a job to mind.
    asked: Notify,
    /// Starts machines for jobs, where the settings say how.
    launcher: Launcher,
}

/// The worker that this server has started.
#[derive(Default)]
struct Helper {
    lives: Arc<AtomicBool>,
    failed: Arc<AtomicBool>,
}

impl JobStarter {
    /// Runs are started with the settings that the server was started with. A queue that others of this process wait at may be
    /// given.
    pub fn new(
        program: Program,
        registry: Registry,
        envs: Environments,
        queue: Option<Queue>,
        settings: Arc<ArcSwap<Jobs>>,
    ) -> Self {
        let queue = queue.unwrap_or_else(|| Queue::of(&registry));
        let shared = Arc::new(Shared {
            launcher: Launcher {
                queue: queue.clone(),
                settings,
                project: program.project.clone(),
                clock: program.clock,
            },
            program,
            queue,
            registry,
            envs,
            helper: Mutex::default(),
            asked: Notify::new(),
        });
        tokio::spawn(mind(shared.clone()));
        JobStarter { shared }
    }
}

impl StartRun for JobStarter {
    fn start(
        &self,
        model: &str,
        force: bool,
        by: &str,
    ) -> Pin<Box<dyn Future<Output = RunStart> + Send>> {
        let (shared, model, by) = (self.shared.clone(), model.to_string(), by.to_string());
        Box::pin(async move {
            let started = shared.start(&model, force, by).await;
            started.unwrap_or_else(|error| RunStart::Failed(format!("{error:#}")))
        })
    }

    fn retry(&self, job: &JobRow) -> Pin<Box<dyn Future<Output = Option<RunStart>> + Send>> {
        let (shared, job) = (self.shared.clone(), job.clone());
        Box::pin(async move {
            let started = shared.retry(&job).await;
            started.unwrap_or_else(|error| Some(RunStart::Failed(format!("{error:#}"))))
        })
    }

    fn create(
        &self,
        model: CreatedModel,
        replaces: bool,
        held: Option<Lock>,
    ) -> Pin<Box<dyn Future<Output = ModelStart> + Send>> {
        let shared = self.shared.clone();
        Box::pin(async move {
            let created = shared.create(&model, replaces, held.as_ref()).await;
            created.unwrap_or_else(|error| ModelStart::Failed(format!("{error:#}")))
        })
    }
}

impl Shared {
    async fn start(&self, model: &str, force: bool, by: String) -> anyhow::Result<RunStart> {
        let env = self
            .envs
            .get(model)
            .ok_or_else(|| anyhow::anyhow!("find the model `{model}`"))?;
        let now = env.clock.now();
        let holder = self.registry.holder(model).await?;
        if let Some(holder) = holder.filter(|holder| holder.is_alive(env.clock.now_ms())) {
            return Ok(RunStart::Busy(holder.run.into()));
        }
        let asked = jobs::new_job(env.ids, model, "api", &by, now);
        let job = NewJob { force, ..asked };
        let queue = &self.queue;
        if let Submitted::Busy(open) = jobs::submit(queue, &job, Overlap::Skip).await? {
            return Ok(RunStart::Busy(open.run.map_or(open.id, String::from)));
        }
        let started = self.until_begun(&job).await;
        self.asked.notify_one();
        started
    }

    /// Puts a job back into the queue, and sees to it that a worker is there.
    async fn retry(&self, job: &JobRow) -> anyhow::Result<Option<RunStart>> {
        let (ids, now) = (self.program.ids, self.program.clock.now());
        let run = ids.run_id(&job.model, now);
        let retried = jobs::retry(&self.queue, job, &run).await?;
        Ok(match retried {
            None => None,
            Some(Submitted::Busy(open)) => {
                Some(RunStart::Busy(open.run.map_or(open.id, String::from)))
            }
            Some(_) => {
                self.ensure_worker_for(&job.model).await?;
                self.asked.notify_one();
                let (run, job) = (run.into(), job.id.clone());
                Some(RunStart::Started { run, job })
            }
        })
    }

    /// Records a model with its job. A worker that cannot be started now is started later: `mind` sees to it.
    async fn create(
        &self,
        model: &CreatedModel,
        replaces: bool,
        held: Option<&Lock>,
    ) -> anyhow::Result<ModelStart> {
        let (ids, now) = (self.program.ids, self.program.clock.now());
        let asked = jobs::new_job(ids, &model.name, "api", &model.actor, now);
        let job = NewJob {
            force: replaces,
            ..asked
        };
        let queue = &self.queue;
        let submitted = jobs::submit_model(queue, model, &job, replaces, held).await?;
        self.asked.notify_one();
        Ok(match submitted {
            ModelSubmitted::Queued => ModelStart::Queued { job: job.id },
            ModelSubmitted::Exists => ModelStart::Exists,
            ModelSubmitted::Busy(open) => ModelStart::Busy(open.run.map_or(open.id, String::from)),
        })
    }

    /// Waits until a job's run is recorded, so that the caller finds it.
    async fn until_begun(&self, job: &NewJob) -> anyhow::Result<RunStart> {
        let helps = self.ensure_worker_for(&job.model).await?;
        let patience = if helps { PATIENCE } else { BUSY_PATIENCE };
        let began = Instant::now();
        loop {
            let row = self.registry.job(&job.id).await?;
            let row = row.ok_or_else(|| anyhow::anyhow!("find the job {}", job.id))?;
            let run = row.run.clone().unwrap_or_default();
            let is_recorded = self.registry.run(&run).await?.is_some();
            if is_recorded || began.elapsed() > patience {
                let (run, job) = (run.into(), row.id);
                return Ok(RunStart::Started { run, job });
            }
            if !row.is_open() {
                let why = row.error.unwrap_or_else(|| row.state.to_string());
                return Ok(RunStart::Failed(why));
            }
            let is_minded = self.is_for_others(&job.model);
            if row.state == JobState::Queued && !is_minded && !self.has_worker().await? {
                if self.helper.lock().await.failed.load(Ordering::Relaxed) {
                    return self.give_up(&row).await;
                }
                // It ended as the job came.
                self.ensure_worker().await?;
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// No worker can be started: the caller gets the error, and the job does not wait for one.
    async fn give_up(&self, row: &JobRow) -> anyhow::Result<RunStart> {
        let now_ms = self.program.clock.now_ms();
        self.registry.cancel_job(&row.id, "serve", now_ms).await?;
        let said = pipeline::log_end(&self.worker_log(), LAST_BYTES).unwrap_or_default();
        let said = said.lines().next_back().unwrap_or_default();
        Ok(RunStart::Failed(format!(
            "no worker could be started: {said}"
        )))
    }

    /// Whether a job of a model is none for a worker that this server starts: it gets a machine of its own, or asks for tags.
    fn is_for_others(&self, model: &str) -> bool {
        let settings = self.launcher.settings.load();
        self.launcher.is_on() || !settings.asks_of(model).is_empty()
    }

    /// Starts a worker if none is there and the model's jobs are for such a one, or a machine.
    async fn ensure_worker_for(&self, model: &str) -> anyhow::Result<bool> {
        if self.launcher.is_on() {
            self.launcher.look().await?;
            return Ok(false);
        }
        if self.is_for_others(model) {
            return Ok(false);
        }
        self.ensure_worker().await
    }

    async fn has_worker(&self) -> anyhow::Result<bool> {
        if self.helper.lock().await.lives.load(Ordering::Relaxed) {
            return Ok(true);
        }
        Ok(!self.registry.living_workers().await?.is_empty())
    }

    /// Starts a worker if none is there. The answer is whether the one that is there is this server's.
    async fn ensure_worker(&self) -> anyhow::Result<bool> {
        let helper = self.helper.lock().await;
        if helper.lives.load(Ordering::Relaxed) {
            return Ok(true);
        }
        if !self.registry.living_workers().await?.is_empty() {
            return Ok(false);
        }
        let mut child = self.command()?.spawn()?;
        helper.lives.store(true, Ordering::Relaxed);
        helper.failed.store(false, Ordering::Relaxed);
        let (lives, failed) = (helper.lives.clone(), helper.failed.clone());
        // It has to be waited for, or it stays in the table of processes as a zombie.
        std::thread::Builder::new()
            .name("worker".to_string())
            .spawn(move || {
                let status = child.wait();
                let is_well = status.as_ref().is_ok_and(|status| status.success());
                if !is_well {
                    tracing::warn!(?status, "a worker failed; logs/worker.ndjson says more");
                }
                failed.store(!is_well, Ordering::Relaxed);
                lives.store(false, Ordering::Relaxed);
            })?;
        Ok(true)
    }

    fn command(&self) -> anyhow::Result<Command> {
        let log = self.worker_log();
        if let Some(folder) = log.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let mut options = OpenOptions::new();
        let log = options.append(true).create(true).mode(0o600).open(log)?;
        let mut command = Command::new(&self.program.path);
        command
            .args(&self.program.arguments)
            .args(["--json", "--log-format", "json", "worker", "--once"])
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            // A Ctrl-C on the server's terminal is not meant for it.
            .process_group(0);
        Ok(command)
    }

    fn worker_log(&self) -> PathBuf {
        self.program.project.join("logs").join("worker.ndjson")
    }

    async fn has_asked_jobs(&self) -> anyhow::Result<bool> {
        let jobs = self.registry.jobs(None, 100).await?;
        let settings = self.launcher.settings.load();
        let is_ours =
            |job: &&JobRow| self.launcher.is_on() || settings.asks_of(&job.model).is_empty();
        let mut asked = jobs
            .iter()
            .filter(|job| job.trigger == "api")
            .filter(is_ours);
        Ok(asked.any(JobRow::is_open))
    }
}

/// Sees to it that what was requested from a server is done, also when the worker dies, and what was requested before a restart.
async fn mind(shared: Arc<Shared>) {
    let mut wait = MIND_EVERY;
    loop {
        let minded = async {
            let is_wanted = shared.has_asked_jobs().await?;
            if is_wanted && shared.launcher.is_on() {
                shared.launcher.look().await?;
            } else if is_wanted {
                shared.ensure_worker().await?;
            }
            anyhow::Ok(is_wanted)
        };
        match minded.await {
            Ok(true) => {}
            Ok(false) => {
                shared.asked.notified().await;
                continue;
            }
            Err(error) => tracing::debug!("jobs cannot be minded: {error:#}"),
        }
        let has_failed = shared.helper.lock().await.failed.load(Ordering::Relaxed);
        wait = if has_failed {
            MOST_WAIT.min(wait * 2)
        } else {
            MIND_EVERY
        };
        tokio::time::sleep(wait).await;
    }
}
