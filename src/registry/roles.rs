//! Processes of the project that stay: servers, schedulers and workers, each a row that it renews while it lives. Whoever wants to
//! take the database away under them sees that they are there, on whatever machine; and what else is at work.

use super::at_work::{AtWork, JobAtWork, RoleRow};
use super::db::{Row, query};
use super::error::Doing;
use super::{Error, JobRow, ProcessId, Registry};

/// Rows of dead processes are removed after this time.
const KEPT_MS: i64 = 24 * 3600 * 1000;

impl Registry {
    /// A process that stays says that it lives.
    ///
    /// # Errors
    /// When a statement fails, or the project is read-only.
    pub async fn role_lives(
        &self,
        process: &ProcessId,
        command: &str,
        address: Option<&str>,
    ) -> Result<(), Error> {
        let now_ms = self.lease_ms().await?;
        let pool = self.writing().await?;
        query(
            "INSERT INTO roles (process, command, address, since_ms, heartbeat_ms) VALUES (?, ?, ?, ?, ?)
             ON CONFLICT (process) DO UPDATE SET heartbeat_ms = excluded.heartbeat_ms, address = excluded.address",
        )
        .bind(process.to_string())
        .bind(command)
        .bind(address)
        .bind(now_ms)
        .bind(now_ms)
        .execute(&pool)
        .await
        .doing("say that the process lives")?;
        Ok(())
    }

    /// A process that stayed ends; rows of those that died long ago go with it.
    ///
    /// # Errors
    /// When the statement fails, or the project is read-only.
    pub async fn role_leaves(&self, process: &ProcessId) -> Result<(), Error> {
        let long_ago = self.lease_ms().await? - KEPT_MS;
        query("DELETE FROM roles WHERE process = ? OR heartbeat_ms < ?")
            .bind(process.to_string())
            .bind(long_ago)
            .execute(&self.writing().await?)
            .await
            .doing("say that the process ends")?;
        Ok(())
    }

    /// The processes that stay and live, those that began first before others.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub async fn living_roles(&self) -> Result<Vec<RoleRow>, Error> {
        let now_ms = self.lease_ms().await?;
        let rows = query("SELECT * FROM roles ORDER BY since_ms, process")
            .fetch_all(&self.pool())
            .await
            .doing("look which processes live")?;
        let roles = rows.iter().filter_map(|row| role_of(row, now_ms));
        Ok(roles.filter(RoleRow::is_living).collect())
    }

    /// What is at work on the project as far as the database knows: runs first, then processes that stay.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub async fn at_work(&self, now_ms: i64) -> Result<Vec<AtWork>, Error> {
        let mut found = Vec::new();
        let rows = query("SELECT model FROM locks ORDER BY model")
            .fetch_all(&self.pool())
            .await
            .doing("look at the locks")?;
        for row in rows {
            let model: String = row.get("model");
            let holder = self.holder(&model).await?;
            if let Some(holder) = holder.filter(|holder| holder.is_alive(now_ms)) {
                let holder = Box::new(holder);
                found.push(AtWork::Run { model, holder });
            }
        }
        let running = self.running_jobs().await?;
        let jobs_of = |is_of: &dyn Fn(&str) -> bool| -> Vec<JobAtWork> {
            let is_own = |job: &&JobRow| job.worker.as_deref().is_some_and(is_of);
            let own = running.iter().filter(is_own);
            own.map(|job| JobAtWork {
                id: job.id.clone(),
                model: job.model.clone(),
            })
            .collect()
        };
        let roles = self.living_roles().await?;
        let is_process = |name: &str, role: &RoleRow| {
            ProcessId::read(name).is_some_and(|process| process == role.process)
        };
        for role in &roles {
            let jobs = jobs_of(&|name| is_process(name, role));
            let role = role.clone();
            found.push(AtWork::Role { role, jobs });
        }
        for name in self.living_workers().await? {
            if !roles.iter().any(|role| is_process(&name, role)) {
                let jobs = jobs_of(&|worker| worker == name);
                found.push(AtWork::Worker { name, jobs });
            }
        }
        Ok(found)
    }
}

/// `None` of a name that is none of a process.
fn role_of(row: &Row, now_ms: i64) -> Option<RoleRow> {
    let process: String = row.get("process");
    let heartbeat_ms: i64 = row.get("heartbeat_ms");
    Some(RoleRow {
        process: ProcessId::read(&process)?,
        command: row.get("command"),
        address: row.get("address"),
        silent_ms: (now_ms - heartbeat_ms).max(0),
    })
}
