//! Workers: who takes jobs at present. A worker is a row with a heartbeat; one that is dead has no say about its jobs.

use super::db::{Held, On, Row, Tx, query, settled};
use super::error::Doing;
use super::jobs::job_of;
use super::{Error, JobRow, ProcessId, Registry};

/// How often a worker says that it lives, in seconds.
pub const HEARTBEAT_SECONDS: u64 = 5;
/// A worker that was not heard of for this long counts as dead: three heartbeats.
const SILENT_MS: i64 = 3 * HEARTBEAT_SECONDS as i64 * 1000;

/// A worker as it is stored.
struct WorkerRow {
    name: String,
    silent_ms: i64,
}

impl WorkerRow {
    /// Its process, if it can be asked; else whether it was heard of lately.
    fn is_living(&self) -> bool {
        let process = ProcessId::read(&self.name);
        let is_gone = process.is_some_and(|process| process.is_alive() == Some(false));
        !is_gone && self.silent_ms < SILENT_MS
    }
}

/// Of which models a worker takes jobs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Takes {
    /// Of all but these.
    AllBut(Vec<String>),
    /// Of these alone.
    Only(Vec<String>),
}

impl Takes {
    /// A condition on the column `model`, and what is bound to it.
    fn condition(&self) -> (String, &[String]) {
        let marks = |models: &[String]| vec!["?"; models.len()].join(", ");
        match self {
            Takes::AllBut(models) if models.is_empty() => (String::new(), models),
            Takes::AllBut(models) => (format!(" AND model NOT IN ({})", marks(models)), models),
            Takes::Only(models) if models.is_empty() => (" AND 1 = 0".to_string(), models),
            Takes::Only(models) => (format!(" AND model IN ({})", marks(models)), models),
        }
    }

    /// Whether it takes jobs of a model.
    pub fn has(&self, model: &str) -> bool {
        let is_named = |models: &[String]| models.iter().any(|it| it == model);
        match self {
            Takes::AllBut(models) => !is_named(models),
            Takes::Only(models) => is_named(models),
        }
    }
}

impl Registry {
    /// A worker says that it lives.
    ///
    /// # Errors
    /// When the statement fails.
    pub async fn worker_lives(&self, name: &str) -> Result<(), Error> {
        let now_ms = self.lease_ms().await?;
        query(
            "INSERT INTO job_workers (name, since_ms, heartbeat_ms) VALUES (?, ?, ?)
             ON CONFLICT (name) DO UPDATE SET heartbeat_ms = excluded.heartbeat_ms",
        )
        .bind(name)
        .bind(now_ms)
        .bind(now_ms)
        .execute(&self.writing().await?)
        .await
        .doing("say that the worker lives")?;
        Ok(())
    }

    /// A worker leaves; no job waits for it any more.
    ///
    /// # Errors
    /// When the statement fails.
    pub async fn worker_leaves(&self, name: &str) -> Result<(), Error> {
        settled!(self.try_worker_leaves(name))
    }

    async fn try_worker_leaves(&self, name: &str) -> Result<(), Error> {
        let mut transaction = self.begin().await?;
        take_out(&mut transaction, name).await?;
        transaction.commit().await.doing("take the worker out")
    }

    /// A worker leaves if there is nothing left to do: no job waits, and those that run are living workers' own. In one
    /// transaction, so that a process that submits a job either finds the worker there or sees that it is gone.
    ///
    /// # Errors
    /// When a statement fails; then it has not left.
    pub async fn worker_leaves_if_idle(&self, name: &str, takes: &Takes) -> Result<bool, Error> {
        settled!(self.try_worker_leaves_if_idle(name, takes))
    }

    async fn try_worker_leaves_if_idle(&self, name: &str, takes: &Takes) -> Result<bool, Error> {
        let now_ms = self.lease_ms().await?;
        let mut transaction = self.begin().await?;
        transaction.hold(Held::Queue).await?;
        let workers = workers(&mut transaction, now_ms).await?;
        let open =
            query("SELECT worker, model FROM job_records WHERE state IN ('queued', 'running')")
                .fetch_all(&mut transaction)
                .await
                .doing("look for open jobs")?;
        let is_others = |worker: Option<String>| {
            worker.is_some_and(|worker| worker != name && is_living(&workers, &worker))
        };
        let is_left = |row: &Row| {
            let (worker, model): (Option<String>, String) = (row.get("worker"), row.get("model"));
            // One that waits for a worker with other tags is none of this one's.
            let waits_for_others = worker.is_none() && !takes.has(&model);
            !waits_for_others && !is_others(worker)
        };
        if open.iter().any(is_left) {
            return Ok(false);
        }
        take_out(&mut transaction, name).await?;
        transaction.commit().await.doing("take the worker out")?;
        Ok(true)
    }

    /// Names of the workers that live.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub async fn living_workers(&self) -> Result<Vec<String>, Error> {
        let now_ms = self.lease_ms().await?;
        let living = workers(&self.pool(), now_ms).await?.into_iter();
        let living = living.filter(WorkerRow::is_living);
        Ok(living.map(|worker| worker.name).collect())
    }

    /// Removes the rows of dead workers and returns whose they were. One that was thought dead and comes back has a row again
    /// with its next heartbeat.
    ///
    /// # Errors
    /// When a statement fails.
    pub async fn take_out_dead_workers(&self) -> Result<Vec<String>, Error> {
        let now_ms = self.lease_ms().await?;
        let known = workers(&self.pool(), now_ms).await?;
        let mut gone = Vec::new();
        for worker in known.into_iter().filter(|worker| !worker.is_living()) {
            // Unless it was heard of since.
            let removed = query("DELETE FROM job_workers WHERE name = ? AND heartbeat_ms <= ?")
                .bind(&worker.name)
                .bind(now_ms - worker.silent_ms)
                .execute(&self.writing().await?)
                .await
                .doing("take out a dead worker")?;
            if removed.rows_affected() == 1 {
                gone.push(worker.name);
            }
        }
        Ok(gone)
    }

    /// Running jobs whose worker is dead, and those of the worker that asks, which knows which of them it is at.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub async fn orphaned_jobs(&self, me: &str) -> Result<Vec<JobRow>, Error> {
        let now_ms = self.lease_ms().await?;
        let running = self.running_jobs().await?;
        let workers = workers(&self.pool(), now_ms).await?;
        let is_orphan = |job: &JobRow| {
            let worker = job.worker.as_deref().unwrap_or_default();
            worker == me || !is_living(&workers, worker)
        };
        Ok(running.into_iter().filter(is_orphan).collect())
    }

    /// The jobs that workers do, oldest first.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub(super) async fn running_jobs(&self) -> Result<Vec<JobRow>, Error> {
        let running = query("SELECT * FROM job_records WHERE state = 'running' ORDER BY id")
            .fetch_all(&self.pool())
            .await
            .doing("look for running jobs")?;
        running.iter().map(job_of).collect()
    }

    /// A worker begins the job that is due longest; `None` when none is. Of workers that ask at once, each gets another one.
    ///
    /// # Errors
    /// When a statement fails; then no job was started.
    pub async fn claim_next_job(
        &self,
        worker: &str,
        takes: &Takes,
        now_ms: i64,
    ) -> Result<Option<JobRow>, Error> {
        let due_ms = self.lease_ms().await?;
        let (condition, models) = takes.condition();
        // One that was never started is due, whatever the clock of the submitter said.
        // Most of the time none is, and looking takes no lock.
        let due = query(format!(
            "SELECT 1 FROM job_records WHERE state = 'queued' AND (started_ms IS NULL OR not_before_ms <= ?){condition} LIMIT 1",
        ))
        .bind(due_ms);
        let due = models
            .iter()
            .fold(due, |due, model| due.bind(model))
            .fetch_optional(&self.pool())
            .await
            .doing("look for jobs that are due")?;
        if due.is_none() {
            return Ok(None);
        }
        let row = query(format!(
            "UPDATE job_records SET state = 'running', worker = ?, attempts = attempts + 1, started_ms = ?, error = NULL
             WHERE state = 'queued' AND id = (
                 SELECT id FROM job_records
                 WHERE state = 'queued' AND (started_ms IS NULL OR not_before_ms <= ?){condition}
                 ORDER BY not_before_ms, id LIMIT 1 {{skip held}})
             RETURNING *",
        ))
        .bind(worker)
        .bind(now_ms)
        .bind(due_ms);
        let row = models
            .iter()
            .fold(row, |row, model| row.bind(model))
            .fetch_optional(&self.writing().await?)
            .await
            .doing("begin a job")?;
        row.as_ref().map(job_of).transpose()
    }
}

fn is_living(workers: &[WorkerRow], name: &str) -> bool {
    workers.iter().any(|it| it.name == name && it.is_living())
}

async fn workers<'a>(on: impl Into<On<'a>>, now_ms: i64) -> Result<Vec<WorkerRow>, Error> {
    let rows = query("SELECT name, heartbeat_ms FROM job_workers ORDER BY name")
        .fetch_all(on)
        .await
        .doing("look for workers")?;
    let worker = |row: &Row| WorkerRow {
        name: row.get("name"),
        silent_ms: now_ms - row.get::<i64>("heartbeat_ms"),
    };
    Ok(rows.iter().map(worker).collect())
}

async fn take_out(connection: &mut Tx, name: &str) -> Result<(), Error> {
    query("DELETE FROM job_workers WHERE name = ?")
        .bind(name)
        .execute(connection)
        .await
        .doing("take the worker out")?;
    Ok(())
}
