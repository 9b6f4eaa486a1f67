//! A run as a process of its own, so that a training which needs all memory or dies takes nothing else with it.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal};
use tokio::sync::oneshot;

use super::outcome::{End, Said};
use crate::clock::Clock;
use crate::model_types::{Location, RunId};
use crate::pipeline::{Ids, log_end, run_log};
use crate::registry::{JobRow, ProcessId};

/// How much a run steps back before predictions; 19 is most.
const NICE: i32 = 10;
/// Bytes at the end of a log in which its last word is looked for.
const LAST_BYTES: u64 = 64 << 10;
/// What is said where memory ends: by the allocator, by maps, and by threads that find no room for their stack.
const NO_MEMORY: [&str; 3] = ["memory allocation of", "(os error 11)", "(os error 12)"];
/// How long a run may take to end when it is asked to; then it is killed.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often an adopted process is looked at while it ends.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// What is started for a run, and what its ids are made of.
#[derive(Debug, Clone)]
pub struct Program {
    /// This program.
    pub path: PathBuf,
    /// Its global flags, as who started the worker gave them.
    pub arguments: Vec<String>,
    /// The folder of the project.
    pub project: PathBuf,
    /// Where logs of runs are kept for other machines.
    pub logs: Option<Location>,
    /// What time it is.
    pub clock: Clock,
    /// Where run ids come from.
    pub ids: Ids,
}

/// The process of a run.
pub enum Body {
    /// Begun by this process.
    Own {
        /// Its number, which is that of its group.
        pid: Pid,
        /// How it ended.
        ended: oneshot::Receiver<Option<ExitStatus>>,
    },
    /// Begun by a worker that is dead.
    Adopted(ProcessId),
}

impl Program {
    /// Begins a job's run.
    ///
    /// # Errors
    /// When the log cannot be opened or the program cannot be started.
    pub fn spawn(&self, job: &JobRow, run: &str, memory_mb: Option<u64>) -> std::io::Result<Body> {
        let log = open_log(&run_log(&self.project, run))?;
        let mut command = Command::new(&self.path);
        command
            .args(&self.arguments)
            .args([
                "--model",
                &job.model,
                "--json",
                "--log-format",
                "json",
                "--bounded-log",
            ])
            .args(["run", "--detailed-exit-code", "--trigger", &job.trigger])
            .args(["--run-id", run])
            .args(job.force.then_some("--force"))
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            // A Ctrl-C on the terminal is not meant for it.
            .process_group(0);
        if let Some(limit) = memory_mb {
            command.args(["--memory-mb", &limit.to_string()]);
        }
        let mut child = command.spawn()?;
        let pid = Pid::from_child(&child);
        // Its group is of its own, so the whole of it steps back, threads that it has started included.
        if let Err(error) = rustix::process::setpriority_pgrp(Some(pid), NICE) {
            tracing::debug!("a run keeps its priority: {error}");
        }
        let (sender, ended) = oneshot::channel();
        // It has to be waited for, or it stays in the table of processes as a zombie.
        std::thread::Builder::new()
            .name("run".to_string())
            .spawn(move || wait(&mut child, sender))?;
        Ok(Body::Own { pid, ended })
    }

    /// A fresh run id.
    pub fn new_run_id(&self, model: &str) -> RunId {
        self.ids.run_id(model, self.clock.now())
    }
}

fn wait(child: &mut Child, sender: oneshot::Sender<Option<ExitStatus>>) {
    let status = child.wait();
    if let Err(error) = &status {
        tracing::warn!("a run cannot be waited for: {error}");
    }
    // Nobody listens any more when the job was taken over.
    let _ = sender.send(status.ok());
}

impl Body {
    /// Waits for its end. An adopted one is not a child of this process; its end is seen by its lock.
    pub async fn ended(&mut self) -> End {
        match self {
            Body::Own { ended, .. } => match ended.await {
                Ok(Some(status)) => end_of(status),
                _ => End::Unseen,
            },
            Body::Adopted(_) => std::future::pending().await,
        }
    }

    /// Ends it: asks its group, and kills it when it does not hear. The answer is whether it is gone.
    pub async fn stop(&mut self) -> bool {
        for signal in [Signal::TERM, Signal::KILL] {
            if !self.signal(signal) {
                return matches!(self, Body::Own { .. });
            }
            // One that was stopped hears nothing else before.
            self.signal(Signal::CONT);
            if tokio::time::timeout(PATIENCE, self.gone()).await.is_ok() {
                return true;
            }
        }
        false
    }

    /// Sends a signal to its group; not to a process that is gone or on another machine.
    fn signal(&self, signal: Signal) -> bool {
        let pid = match self {
            Body::Own { pid, .. } => Some(*pid),
            Body::Adopted(process) => match process.is_alive() {
                Some(true) => i32::try_from(process.pid).ok().and_then(Pid::from_raw),
                _ => None,
            },
        };
        pid.is_some_and(|pid| rustix::process::kill_process_group(pid, signal).is_ok())
    }

    async fn gone(&mut self) {
        match self {
            Body::Own { .. } => {
                self.ended().await;
            }
            Body::Adopted(process) => {
                while process.is_alive() == Some(true) {
                    tokio::time::sleep(LOOK_EVERY).await;
                }
            }
        }
    }
}

fn end_of(status: ExitStatus) -> End {
    match (status.code(), status.signal()) {
        // A run that hears a signal settles itself, and then says which it was.
        (Some(code @ (130 | 143)), _) => End::Signal(code - 128),
        (Some(code), _) => End::Code(code),
        (None, Some(signal)) => End::Signal(signal),
        (None, None) => End::Unseen,
    }
}

/// A run's last word, and whether it said that it had no more memory.
pub fn last_word(log: &Path) -> (Said, bool) {
    let text = log_end(log, LAST_BYTES).unwrap_or_default();
    let said = text.lines().rev().find_map(Said::of);
    let had_no_memory = NO_MEMORY.iter().any(|words| text.contains(words));
    (said.unwrap_or(Said::Nothing), had_no_memory)
}

/// Opens a run's log; `retention.logs` clears old ones away.
fn open_log(path: &Path) -> std::io::Result<File> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let mut options = OpenOptions::new();
    options.append(true).create(true).mode(0o600).open(path)
}
