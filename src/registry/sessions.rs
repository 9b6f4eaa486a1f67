//! What servers of a project share about sessions of browsers: the key that signs them, and which were ended.

use super::db::{query, settled};
use super::error::Doing;
use super::{Error, Registry};

impl Registry {
    /// A secret that all processes of the project share: the one that is there, else `fresh`, which is there from then on.
    ///
    /// # Errors
    /// When a statement fails.
    pub async fn shared_secret(
        &self,
        name: &str,
        fresh: &str,
        now_ms: i64,
    ) -> Result<String, Error> {
        settled!(self.try_shared_secret(name, fresh, now_ms))
    }

    async fn try_shared_secret(
        &self,
        name: &str,
        fresh: &str,
        now_ms: i64,
    ) -> Result<String, Error> {
        let doing = "share a secret among servers";
        let mut transaction = self.begin().await?;
        query(
            "INSERT INTO secrets (name, value, made_ms) VALUES (?, ?, ?) ON CONFLICT (name) DO NOTHING",
        )
        .bind(name)
        .bind(fresh)
        .bind(now_ms)
        .execute(&mut transaction)
        .await
        .doing(doing)?;
        let row = query("SELECT value FROM secrets WHERE name = ?")
            .bind(name)
            .fetch_one(&mut transaction)
            .await
            .doing(doing)?;
        let value: String = row.get("value");
        transaction.commit().await.doing(doing)?;
        Ok(value)
    }

    /// Remembers that a session was ended, for as long as it would have lasted; those that would be over by now are forgotten.
    ///
    /// # Errors
    /// When a statement fails.
    pub async fn end_session(&self, id: &str, until_ms: i64, now_ms: i64) -> Result<(), Error> {
        let doing = "end a session";
        query(
            "INSERT INTO ended_sessions (id, until_ms) VALUES (?, ?) ON CONFLICT (id) DO NOTHING",
        )
        .bind(id)
        .bind(until_ms)
        .execute(&self.writing().await?)
        .await
        .doing(doing)?;
        query("DELETE FROM ended_sessions WHERE until_ms < ?")
            .bind(now_ms)
            .execute(&self.writing().await?)
            .await
            .doing(doing)?;
        Ok(())
    }

    /// Sessions that were ended before their time, and until when they would have lasted.
    ///
    /// # Errors
    /// When the statement fails.
    pub async fn ended_sessions(&self) -> Result<Vec<(String, i64)>, Error> {
        let rows = query("SELECT id, until_ms FROM ended_sessions")
            .fetch_all(&self.pool())
            .await
            .doing("look for sessions that were ended")?;
        Ok(rows
            .iter()
            .map(|row| (row.get("id"), row.get("until_ms")))
            .collect())
    }
}
