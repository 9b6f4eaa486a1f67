//! A model gets another name: all its rows in one transaction, with a note that its folders have the old one still.

use super::db::{Row, query, settled};
use super::error::Doing;
use super::{Error, Lock, Registry, lock};

/// What the new name may have already: runs that were rejected, and a place in the schedule. These give way.
const GIVE_WAY: [&str; 14] = [
    "DELETE FROM schedules WHERE model = ?",
    "DELETE FROM places WHERE model = ?",
    "DELETE FROM probations WHERE model = ?",
    "DELETE FROM run_totals WHERE model = ?",
    "DELETE FROM answers WHERE model = ?",
    "DELETE FROM labels WHERE model = ?",
    "DELETE FROM label_totals WHERE model = ?",
    "DELETE FROM live_quality WHERE model = ?",
    "DELETE FROM fresh_rows WHERE model = ?",
    "DELETE FROM schedule_changes WHERE model = ?",
    "DELETE FROM drift_windows WHERE model = ?",
    "DELETE FROM slow_windows WHERE model = ?",
    "DELETE FROM drift_checks WHERE model = ?",
    "DELETE FROM drift_episodes WHERE model = ?",
];

/// Rows that get the new name.
const ROWS: [&str; 24] = [
    "UPDATE runs SET model = ? WHERE model = ?",
    "UPDATE datasets SET model = ? WHERE model = ?",
    "UPDATE versions SET model = ? WHERE model = ?",
    "UPDATE scores SET model = ? WHERE model = ?",
    "UPDATE operations SET model = ? WHERE model = ?",
    "UPDATE conclusions SET model = ? WHERE model = ?",
    "UPDATE files_seen SET model = ? WHERE model = ?",
    "UPDATE schedules SET model = ? WHERE model = ?",
    "UPDATE ticks SET model = ? WHERE model = ?",
    "UPDATE job_records SET model = ? WHERE model = ?",
    "UPDATE outbox SET model = ? WHERE model = ?",
    "UPDATE probations SET model = ? WHERE model = ?",
    "UPDATE places SET model = ? WHERE model = ?",
    "UPDATE run_totals SET model = ? WHERE model = ?",
    "UPDATE answers SET model = ? WHERE model = ?",
    "UPDATE labels SET model = ? WHERE model = ?",
    "UPDATE label_totals SET model = ? WHERE model = ?",
    "UPDATE live_quality SET model = ? WHERE model = ?",
    "UPDATE fresh_rows SET model = ? WHERE model = ?",
    "UPDATE schedule_changes SET model = ? WHERE model = ?",
    "UPDATE drift_windows SET model = ? WHERE model = ?",
    "UPDATE slow_windows SET model = ? WHERE model = ?",
    "UPDATE drift_checks SET model = ? WHERE model = ?",
    "UPDATE drift_episodes SET model = ? WHERE model = ?",
];

/// A model whose rows have another name already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rename {
    /// The name before.
    pub old: String,
    /// The name now.
    pub new: String,
}

impl Registry {
    /// Gives every row of a model another name, whose lock is held beside its own.
    ///
    /// # Errors
    /// [`Error::LockLost`] when another run took one of the locks over; nothing was changed then.
    pub async fn rename(&self, old: &Lock, new: &Lock, at_ms: i64) -> Result<(), Error> {
        settled!(self.try_rename(old, new, at_ms))
    }

    async fn try_rename(&self, old: &Lock, new: &Lock, at_ms: i64) -> Result<(), Error> {
        let doing = "rename the model";
        let mut transaction = self.begin().await?;
        lock::check_mine(&mut transaction, old).await?;
        lock::check_mine(&mut transaction, new).await?;
        for statement in GIVE_WAY {
            query(statement)
                .bind(&new.model)
                .execute(&mut transaction)
                .await
                .doing(doing)?;
        }
        // A tick has one row: where both names have one, that of the old one says what came of it.
        query(
            "DELETE FROM ticks WHERE model = ? AND tick_ms IN (SELECT tick_ms FROM ticks WHERE model = ?)",
        )
        .bind(&new.model)
        .bind(&old.model)
        .execute(&mut transaction)
        .await
        .doing(doing)?;
        for statement in ROWS {
            query(statement)
                .bind(&new.model)
                .bind(&old.model)
                .execute(&mut transaction)
                .await
                .doing(doing)?;
        }
        query(
            "INSERT INTO renames (old_name, new_name, at_ms) VALUES (?, ?, ?)
             ON CONFLICT (new_name) DO UPDATE SET old_name = excluded.old_name, at_ms = excluded.at_ms",
        )
        .bind(&old.model)
        .bind(&new.model)
        .bind(at_ms)
        .execute(&mut transaction)
        .await
        .doing(doing)?;
        crate::faults::point("rename.recording")
            .map_err(sqlx::Error::Io)
            .doing(doing)?;
        transaction.commit().await.doing(doing)
    }

    /// Models whose folders have their old name still.
    ///
    /// # Errors
    /// When the database cannot be read, or holds what this program does not know.
    pub async fn pending_renames(&self) -> Result<Vec<Rename>, Error> {
        let rows = query("SELECT old_name, new_name FROM renames ORDER BY at_ms")
            .fetch_all(&self.pool())
            .await
            .doing("look for renamed models")?;
        let of = |row: &Row| Rename {
            old: row.get("old_name"),
            new: row.get("new_name"),
        };
        Ok(rows.iter().map(of).collect())
    }

    /// The folders of a renamed model have its new name, too.
    ///
    /// # Errors
    /// When the database cannot be written, or the project is read-only.
    pub async fn end_rename(&self, rename: &Rename) -> Result<(), Error> {
        query("DELETE FROM renames WHERE old_name = ? AND new_name = ?")
            .bind(&rename.old)
            .bind(&rename.new)
            .execute(&self.writing().await?)
            .await
            .doing("rename the model")?;
        Ok(())
    }
}
