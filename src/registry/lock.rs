//! One run of a model at a time, over processes and machines. A lock is a row; a living holder renews its heartbeat.

use super::db::{Row, Tx, query};
use super::error::Doing;
use super::holder::{Holder, Lock};
use super::{Error, ProcessId, Registry};
use crate::model_types::RunId;

impl Registry {
    /// Takes the lock of a model for a run; one of a dead process is taken over.
    ///
    /// # Errors
    /// [`Error::Locked`] with the holder when a living process has it.
    pub async fn take_lock(&self, model: &str, run: &RunId, now_ms: i64) -> Result<Lock, Error> {
        self.writable("take the lock").await?;
        let me = ProcessId::current();
        let heard_ms = now_ms + self.lease_shift().await?;
        // Between looking and taking, another process may come first; then look again.
        for _ in 0..10 {
            let held = self.holder(model).await?;
            if let Some(holder) = &held
                && holder.is_alive(now_ms)
            {
                return Err(Error::Locked {
                    model: model.to_string(),
                    holder: Box::new(holder.clone()),
                });
            }
            let dead = held.map(|holder| holder.run);
            let taken = query(
                "INSERT INTO locks (model, run, host, boot, pid, pid_started, since_ms, heartbeat_ms)
                 VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                 ON CONFLICT (model) DO UPDATE SET run = excluded.run, host = excluded.host, boot = excluded.boot,
                     pid = excluded.pid, pid_started = excluded.pid_started, since_ms = excluded.since_ms,
                     heartbeat_ms = excluded.heartbeat_ms
                 WHERE locks.run = ?",
            )
            .bind(model)
            .bind(run)
            .bind(&me.host)
            .bind(&me.boot)
            .bind(me.pid)
            .bind(me.started)
            .bind(now_ms)
            .bind(heard_ms)
            .bind(dead.as_deref().unwrap_or(""))
            .execute(&self.writing().await?)
            .await
            .doing("take the lock")?;
            if taken.rows_affected() == 1 {
                return Ok(Lock {
                    model: model.to_string(),
                    run: run.clone(),
                    taken_from: dead,
                });
            }
        }
        match self.holder(model).await? {
            Some(holder) => Err(Error::Locked {
                model: model.to_string(),
                holder: Box::new(holder),
            }),
            None => Err(Error::LockLost {
                model: model.to_string(),
                run: run.clone(),
            }),
        }
    }

    /// Says that the holder still lives.
    ///
    /// # Errors
    /// When the database cannot be written, or the project is read-only.
    pub async fn renew_lock(&self, lock: &Lock, now_ms: i64) -> Result<(), Error> {
        let heard_ms = now_ms + self.lease_shift().await?;
        query("UPDATE locks SET heartbeat_ms = ? WHERE model = ? AND run = ?")
            .bind(heard_ms)
            .bind(&lock.model)
            .bind(&lock.run)
            .execute(&self.writing().await?)
            .await
            .doing("renew the lock")?;
        Ok(())
    }

    /// Gives a lock back; one that was taken over stays with its new holder.
    ///
    /// # Errors
    /// When the database cannot be written, or the project is read-only.
    pub async fn release_lock(&self, lock: &Lock) -> Result<(), Error> {
        query("DELETE FROM locks WHERE model = ? AND run = ?")
            .bind(&lock.model)
            .bind(&lock.run)
            .execute(&self.writing().await?)
            .await
            .doing("release the lock")?;
        Ok(())
    }

    /// Who holds a model's lock.
    ///
    /// # Errors
    /// When the database cannot be read, or holds what this program does not know.
    pub async fn holder(&self, model: &str) -> Result<Option<Holder>, Error> {
        let row = query("SELECT * FROM locks WHERE model = ?")
            .bind(model)
            .fetch_optional(&self.pool())
            .await
            .doing("look at the lock")?;
        let Some(row) = row else {
            return Ok(None);
        };
        let mut holder = holder_of(&row);
        holder.heartbeat_ms -= self.lease_shift().await?;
        Ok(Some(holder))
    }
}

/// Whether a lock is still its own run's, inside the transaction that hangs on it.
///
/// # Errors
/// [`Error::LockLost`] when another run took it over.
pub(super) async fn check_mine(transaction: &mut Tx, lock: &Lock) -> Result<(), Error> {
    let mine = query("SELECT run FROM locks WHERE model = ? AND run = ? {hold}")
        .bind(&lock.model)
        .bind(&lock.run)
        .fetch_optional(&mut *transaction)
        .await
        .doing("look at the lock")?;
    match mine {
        Some(_) => Ok(()),
        None => Err(Error::LockLost {
            model: lock.model.clone(),
            run: lock.run.clone(),
        }),
    }
}

fn holder_of(row: &Row) -> Holder {
    Holder {
        run: row.get("run"),
        process: ProcessId {
            host: row.get("host"),
            boot: row.get("boot"),
            pid: row.get("pid"),
            started: row.get("pid_started"),
        },
        since_ms: row.get("since_ms"),
        heartbeat_ms: row.get("heartbeat_ms"),
    }
}
