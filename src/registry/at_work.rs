//! What is at work on a project, on whatever machine: runs, servers, schedulers, workers. Said in words, with how each is ended.

use std::fmt;

use super::holder::Holder;
use super::process::ProcessId;

/// How often a process that stays says that it lives, in seconds.
pub const SAYS_EVERY_SECONDS: u64 = 15;
/// One on another machine that was not heard of for this long counts as dead.
const SILENT_MS: i64 = 3 * SAYS_EVERY_SECONDS as i64 * 1000;

/// A process that stays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleRow {
    /// The process.
    pub process: ProcessId,
    /// The command that it is: `up`, `serve`, `schedule` or `worker`.
    pub command: String,
    /// Where it listens.
    pub address: Option<String>,
    /// How long ago it was last heard of, in milliseconds.
    pub silent_ms: i64,
}

impl RoleRow {
    /// Whether the process lives; one on another machine, if it was heard of lately.
    pub fn is_living(&self) -> bool {
        let is_heard_of = self.silent_ms < SILENT_MS;
        self.process.is_alive().unwrap_or(is_heard_of)
    }
}

/// A job that a worker does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobAtWork {
    /// Its id.
    pub id: String,
    /// Of which model.
    pub model: String,
}

/// One thing that is at work.
#[derive(Debug, Clone)]
pub enum AtWork {
    /// A run, by the lock of its model.
    Run {
        /// The model.
        model: String,
        /// Who holds the lock.
        holder: Box<Holder>,
    },
    /// A server, a scheduler, a worker, or all of them in one process.
    Role {
        /// The process.
        role: RoleRow,
        /// Jobs that its worker does.
        jobs: Vec<JobAtWork>,
    },
    /// A worker that is known by its name alone: one of an earlier version of this program, or one that a server started.
    Worker {
        /// Its name.
        name: String,
        /// Jobs that it does.
        jobs: Vec<JobAtWork>,
    },
}

impl AtWork {
    /// Whether it is a server and nothing else: it continues with whatever database takes the place of its own.
    pub fn is_server_alone(&self) -> bool {
        matches!(self, AtWork::Role { role, .. } if role.command == "serve")
    }

    /// How it is ended, in words.
    pub fn how_to_end(&self) -> String {
        let process = match self {
            AtWork::Run { holder, .. } => Some(holder.process.clone()),
            AtWork::Role { role, .. } => Some(role.process.clone()),
            AtWork::Worker { name, .. } => ProcessId::read(name),
        };
        let what = match self {
            AtWork::Run { model, .. } => format!("the run of `{model}`: wait for it, or"),
            AtWork::Role { role, .. } => format!("`unseat {}`:", role.command),
            AtWork::Worker { .. } => "the worker:".to_string(),
        };
        let Some(ProcessId { host, pid, .. }) = process else {
            return format!("{what} end its process");
        };
        if host == ProcessId::current().host {
            return format!("{what} `kill {pid}`, or stop its service");
        }
        format!("{what} `kill {pid}` on {host}, or stop its service or container there")
    }
}

impl fmt::Display for AtWork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AtWork::Run { model, holder } => {
                write!(f, "a run of `{model}` is under way: {holder}")
            }
            AtWork::Role { role, jobs } => {
                let what = match role.command.as_str() {
                    "serve" => "a server",
                    "schedule" => "a scheduler",
                    "worker" => "a worker",
                    _ => "server, schedule and worker in one",
                };
                let RoleRow {
                    process, command, ..
                } = role;
                write!(
                    f,
                    "{what} runs (`unseat {command}`, process {} on {}",
                    process.pid, process.host
                )?;
                if let Some(address) = &role.address {
                    write!(f, ", {address}")?;
                }
                write!(f, ", heard of {} s ago)", role.silent_ms / 1000)?;
                write_jobs(f, jobs)
            }
            AtWork::Worker { name, jobs } => {
                match ProcessId::read(name) {
                    Some(process) => write!(
                        f,
                        "a worker runs (process {} on {})",
                        process.pid, process.host
                    )?,
                    None => write!(f, "the worker {name} runs")?,
                }
                write_jobs(f, jobs)
            }
        }
    }
}

fn write_jobs(f: &mut fmt::Formatter<'_>, jobs: &[JobAtWork]) -> fmt::Result {
    for job in jobs {
        write!(f, ", with the job {} of `{}`", job.id, job.model)?;
    }
    Ok(())
}
