//! Runs that the server starts: processes of their own, so that a training which needs all memory or dies takes no
//! prediction with it. They go on when the server ends; a run that was asked for is finished, and is safe to kill.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{Mutex, oneshot};

use super::{Global, failure};
use crate::pipeline::{Env, run_log};
use crate::registry::Registry;
use crate::serve::{RunStart, StartRun};

/// How long a run may take until it is recorded as begun.
const PATIENCE: Duration = Duration::from_secs(20);
/// How often the registry is asked meanwhile.
const LOOK_EVERY: Duration = Duration::from_millis(10);
/// How much a run steps back before predictions; 19 is most.
const NICE: i32 = 10;

/// Starts runs of a project's models.
pub struct ChildRuns {
    shared: Arc<Shared>,
}

struct Shared {
    /// This program.
    program: std::io::Result<PathBuf>,
    /// `-C` and `--set`, as the server was given them.
    arguments: Vec<String>,
    registry: Registry,
    envs: BTreeMap<String, Arc<Env>>,
    /// Held while one is started: the second of two that ask at once then finds the lock taken.
    starting: Mutex<()>,
}

impl ChildRuns {
    /// Runs are started with the settings that the server was started with.
    pub fn new(global: &Global, registry: Registry, envs: BTreeMap<String, Arc<Env>>) -> Self {
        let mut arguments = vec![
            "--project".to_string(),
            global.project.to_string_lossy().into_owned(),
        ];
        for setting in &global.settings {
            arguments.extend(["--set".to_string(), setting.clone()]);
        }
        ChildRuns {
            shared: Arc::new(Shared {
                program: std::env::current_exe(),
                arguments,
                registry,
                envs,
                starting: Mutex::new(()),
            }),
        }
    }
}

impl StartRun for ChildRuns {
    fn start(&self, model: &str, force: bool) -> Pin<Box<dyn Future<Output = RunStart> + Send>> {
        let (shared, model) = (self.shared.clone(), model.to_string());
        Box::pin(async move {
            let started = shared.start(&model, force).await;
            started.unwrap_or_else(|error| RunStart::Failed(format!("{error:#}")))
        })
    }
}

impl Shared {
    async fn start(&self, model: &str, force: bool) -> Result<RunStart, anyhow::Error> {
        let _mine = self.starting.lock().await;
        let env = self
            .envs
            .get(model)
            .ok_or_else(|| anyhow::anyhow!("find the model `{model}`"))?;
        if let Some(run) = self.run_under_way(model).await? {
            return Ok(RunStart::Busy(run));
        }
        let id = env.new_run_id();
        let log = run_log(&env.config.project, &id);
        let mut child = self.spawn(model, &id, force, &log)?;
        let pid = rustix::process::Pid::from_child(&child);
        // Its group is of its own, so the whole of it steps back, threads that it has begun included.
        if let Err(error) = rustix::process::setpriority_pgrp(Some(pid), NICE) {
            tracing::debug!("a run keeps its priority: {error}");
        }
        let (sender, mut ended) = oneshot::channel();
        let run = id.clone();
        // Somebody has to wait for it, or its place in the table of processes is never given back.
        std::thread::Builder::new()
            .name("run".to_string())
            .spawn(move || wait(&mut child, &run, sender))?;
        let began = Instant::now();
        loop {
            if !self.registry.find_runs(&id).await?.is_empty() {
                return Ok(RunStart::Started(id));
            }
            if let Ok(status) = ended.try_recv() {
                return self.never_began(model, &id, &log, status).await;
            }
            anyhow::ensure!(began.elapsed() < PATIENCE, "see run {id} begin in time");
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// The run that holds the model's lock, if its process lives.
    async fn run_under_way(&self, model: &str) -> Result<Option<String>, anyhow::Error> {
        let holder = self.registry.holder(model).await?;
        let alive = holder.filter(|holder| holder.process.is_alive() != Some(false));
        Ok(alive.map(|holder| holder.run))
    }

    fn spawn(&self, model: &str, id: &str, force: bool, log: &Path) -> anyhow::Result<Child> {
        let program = match &self.program {
            Ok(program) => program,
            Err(error) => anyhow::bail!("find this program: {error}"),
        };
        let log = open_log(log)?;
        let mut command = Command::new(program);
        command
            .args(&self.arguments)
            .args(["--model", model, "--json", "--log-format", "json"])
            .args(["run", "--detailed-exit-code", "--trigger", "api"])
            .args(["--run-id", id])
            .args(force.then_some("--force"))
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            // A Ctrl-C on the server's terminal is not meant for it.
            .process_group(0);
        Ok(command.spawn()?)
    }

    /// What to say of a process that ended before its run was recorded, or right after it.
    async fn never_began(
        &self,
        model: &str,
        id: &str,
        log: &Path,
        status: Option<ExitStatus>,
    ) -> Result<RunStart, anyhow::Error> {
        if !self.registry.find_runs(id).await?.is_empty() {
            return Ok(RunStart::Started(id.to_string()));
        }
        let text = std::fs::read_to_string(log).unwrap_or_default();
        // There is no run that it would be the log of.
        let _ = std::fs::remove_file(log);
        let code = status.and_then(|status| status.code());
        if code == Some(i32::from(failure::LOCKED)) {
            // Somebody came first, and may be done by now: then it was the newest run.
            let run = self.run_under_way(model).await?;
            let newest = self.registry.runs(Some(model), 1).await?.pop();
            let run = run.or(newest.map(|newest| newest.id));
            return Ok(RunStart::Busy(run.unwrap_or_else(|| id.to_string())));
        }
        let last = text.trim_end().lines().next_back().unwrap_or_default();
        Ok(RunStart::Failed(format!(
            "it ended before it began, {}: {last}",
            status.map_or("nobody knows how".to_string(), |status| status.to_string())
        )))
    }
}

fn wait(child: &mut Child, run: &str, sender: oneshot::Sender<Option<ExitStatus>>) {
    let status = child.wait();
    match &status {
        Ok(status) => tracing::info!(run, %status, "a run ended"),
        Err(error) => tracing::warn!(run, "a run cannot be waited for: {error}"),
    }
    // Nobody listens any more once it was seen to begin.
    let _ = sender.send(status.ok());
}

/// Opens a run's log.
fn open_log(path: &Path) -> std::io::Result<File> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let mut options = OpenOptions::new();
    options.append(true).create(true).mode(0o600).open(path)
}
