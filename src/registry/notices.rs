//! Notices of running processes for the operator: one text each.

use super::db::query;
use super::error::Doing;
use super::{Error, ProcessId, Registry};

/// What a process says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// The process.
    pub process: ProcessId,
    /// The command that it is, like `up`.
    pub command: String,
    /// What it says.
    pub text: String,
}

impl Registry {
    /// Says something, or nothing any more.
    ///
    /// # Errors
    /// When the statement fails.
    pub async fn notice(
        &self,
        process: &ProcessId,
        command: &str,
        text: Option<&str>,
        now_ms: i64,
    ) -> Result<(), Error> {
        let Some(text) = text else {
            query("DELETE FROM notices WHERE process = ?")
                .bind(process.to_string())
                .execute(&self.writing().await?)
                .await
                .doing("withdraw a notice")?;
            return Ok(());
        };
        query(
            "INSERT INTO notices (process, command, text, at_ms) VALUES (?, ?, ?, ?)
             ON CONFLICT (process) DO UPDATE SET text = excluded.text, at_ms = excluded.at_ms",
        )
        .bind(process.to_string())
        .bind(command)
        .bind(text)
        .bind(now_ms)
        .execute(&self.writing().await?)
        .await
        .doing("leave a notice")?;
        Ok(())
    }

    /// What living processes of this machine say; those of others cannot be asked whether they live, and are shown.
    ///
    /// # Errors
    /// When the statement fails.
    pub async fn notices(&self) -> Result<Vec<Notice>, Error> {
        let rows = query("SELECT process, command, text FROM notices ORDER BY at_ms")
            .fetch_all(&self.pool())
            .await
            .doing("look for notices")?;
        let notices = rows.iter().filter_map(|row| {
            let process: String = row.get("process");
            Some(Notice {
                process: ProcessId::read(&process)?,
                command: row.get("command"),
                text: row.get("text"),
            })
        });
        Ok(notices
            .filter(|notice| notice.process.is_alive() != Some(false))
            .collect())
    }
}
