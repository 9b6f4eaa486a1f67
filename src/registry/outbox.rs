//! The outbox: messages that are to be sent. A row says who is to get what, and how far that came. Any number of processes
//! may send; a row is claimed for a while, and its count of attempts distinguishes a claim from an earlier one.

use serde::{Deserialize, Serialize};

use super::db::{Row, Tx, query, settled};
use super::error::Doing;
use super::{Error, Registry};
use crate::model_types::named;

named! {
    /// Where a message stands.
    pub enum MessageState: "a state of a message" {
        /// Waits for its first or its next attempt.
        Waiting = "waiting",
        /// A process has claimed it; `next_ms` says how long the claim holds.
        Sending = "sending",
        /// It was taken.
        Sent = "sent",
        /// It was tried enough.
        GivenUp = "given_up",
    }
}

/// A message that is to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewMessage {
    /// What must not be said twice, the channel included.
    pub topic: String,
    /// The model it is about.
    pub model: String,
    /// What kind of thing happened.
    pub kind: String,
    /// The channel that it goes to.
    pub channel: String,
    /// What happened.
    pub body: String,
    /// When it was put here.
    pub at_ms: i64,
}

/// A message as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MessageRow {
    /// Its number.
    pub id: i64,
    /// What is not said twice.
    pub topic: String,
    /// The model.
    pub model: String,
    /// What kind of thing happened.
    pub kind: String,
    /// The channel.
    pub channel: String,
    /// What happened.
    pub body: String,
    /// Where it stands.
    pub state: MessageState,
    /// Attempts that were started.
    pub attempts: i64,
    /// While it waits, when it is due; while it is sent, how long the claim holds.
    pub next_ms: i64,
    /// When it was put here.
    pub created_ms: i64,
    /// When it was sent or given up.
    pub ended_ms: Option<i64>,
    /// Why the last attempt failed.
    pub error: Option<String>,
}

/// Puts a message into the outbox, in the transaction of what happened where there is one. One of the same topic is there
/// already: nothing happens, and the answer is no.
///
/// # Errors
/// When the statement fails.
pub async fn enqueue(connection: &mut Tx, message: &NewMessage) -> Result<bool, Error> {
    let added = query(
        "INSERT INTO outbox (topic, model, kind, channel, body, state, attempts, next_ms, created_ms)
         VALUES (?, ?, ?, ?, ?, 'waiting', 0, ?, ?) ON CONFLICT (topic) DO NOTHING",
    )
    .bind(&message.topic)
    .bind(&message.model)
    .bind(&message.kind)
    .bind(&message.channel)
    .bind(&message.body)
    .bind(message.at_ms)
    .bind(message.at_ms)
    .execute(connection)
    .await
    .doing("put the message into the outbox")?;
    Ok(added.rows_affected() == 1)
}

impl Registry {
    /// Puts messages into the outbox, all or none; returns how many were new.
    ///
    /// # Errors
    /// When the database cannot be written, or the project is read-only.
    pub async fn enqueue(&self, messages: &[NewMessage]) -> Result<usize, Error> {
        settled!(self.try_enqueue(messages))
    }

    async fn try_enqueue(&self, messages: &[NewMessage]) -> Result<usize, Error> {
        let mut transaction = self.begin().await?;
        let mut added = 0;
        for message in messages {
            added += usize::from(enqueue(&mut transaction, message).await?);
        }
        let done = transaction.commit().await;
        done.doing("put the message into the outbox")?;
        Ok(added)
    }

    /// Whether a topic is in the outbox already.
    ///
    /// # Errors
    /// When the database cannot be read, or holds what this program does not know.
    pub async fn has_topic(&self, topic: &str) -> Result<bool, Error> {
        let row = query("SELECT 1 FROM outbox WHERE topic = ?")
            .bind(topic)
            .fetch_optional(&self.pool())
            .await
            .doing("look into the outbox")?;
        Ok(row.is_some())
    }

    /// Claims the message of a channel that is due longest, until `until_ms`. One whose claim ran out, since the process that held it
    /// is gone, is due again.
    ///
    /// # Errors
    /// When the database cannot be written, or the project is read-only.
    pub async fn claim_message(
        &self,
        channel: &str,
        now_ms: i64,
        until_ms: i64,
    ) -> Result<Option<MessageRow>, Error> {
        let shift = self.lease_shift().await?;
        // One that was never tried is due, whatever the clock of the sender said.
        // Most of the time nothing is, and looking takes no lock.
        let due = query(
            "SELECT 1 FROM outbox WHERE channel = ? AND state IN ('waiting', 'sending') AND (attempts = 0 OR next_ms <= ?) LIMIT 1",
        )
        .bind(channel)
        .bind(now_ms + shift)
        .fetch_optional(&self.pool())
        .await
        .doing("look for messages that are due")?;
        if due.is_none() {
            return Ok(None);
        }
        let row = query(
            "UPDATE outbox SET state = 'sending', attempts = attempts + 1, next_ms = ?
             WHERE id = (SELECT id FROM outbox
                         WHERE channel = ? AND state IN ('waiting', 'sending')
                         AND (attempts = 0 OR next_ms <= ?)
                         ORDER BY next_ms, id LIMIT 1 {skip held})
             RETURNING *",
        )
        .bind(until_ms + shift)
        .bind(channel)
        .bind(now_ms + shift)
        .fetch_optional(&self.writing().await?)
        .await
        .doing("claim a message")?;
        row.as_ref().map(message_of).transpose()
    }

    /// Holds a claim for longer. `false`: another process has claimed it since.
    ///
    /// # Errors
    /// When the database cannot be written, or the project is read-only.
    pub async fn hold_message(&self, claimed: &MessageRow, until_ms: i64) -> Result<bool, Error> {
        let until_ms = until_ms + self.lease_shift().await?;
        let held = query(
            "UPDATE outbox SET next_ms = ? WHERE id = ? AND state = 'sending' AND attempts = ?",
        )
        .bind(until_ms)
        .bind(claimed.id)
        .bind(claimed.attempts)
        .execute(&self.writing().await?)
        .await
        .doing("hold the message")?;
        Ok(held.rows_affected() == 1)
    }

    /// Records the result of a claimed message. `false`: another process has claimed it since, and nothing was changed.
    ///
    /// # Errors
    /// When the database cannot be written, or the project is read-only.
    pub async fn settle_message(
        &self,
        claimed: &MessageRow,
        state: MessageState,
        next_ms: i64,
        error: Option<&str>,
        now_ms: i64,
    ) -> Result<bool, Error> {
        let next_ms = next_ms + self.lease_shift().await?;
        let is_over = [MessageState::Sent, MessageState::GivenUp].contains(&state);
        let settled = query(
            "UPDATE outbox SET state = ?, next_ms = ?, error = ?, ended_ms = ?
             WHERE id = ? AND state = 'sending' AND attempts = ?",
        )
        .bind(state.name())
        .bind(next_ms)
        .bind(error)
        .bind(is_over.then_some(now_ms))
        .bind(claimed.id)
        .bind(claimed.attempts)
        .execute(&self.writing().await?)
        .await
        .doing("record what came of the message")?;
        Ok(settled.rows_affected() == 1)
    }

    /// Gives up messages from before `before_ms` that no process sends any more; returns how many.
    ///
    /// # Errors
    /// When the database cannot be written, or the project is read-only.
    pub async fn give_up_messages(
        &self,
        before_ms: i64,
        why: &str,
        now_ms: i64,
    ) -> Result<u64, Error> {
        let given_up = query(
            "UPDATE outbox SET state = 'given_up', error = COALESCE(error, ?), ended_ms = ?
             WHERE state IN ('waiting', 'sending') AND created_ms < ? AND next_ms < ?",
        )
        .bind(why)
        .bind(now_ms)
        .bind(before_ms)
        .bind(now_ms)
        .execute(&self.writing().await?)
        .await
        .doing("give up old messages")?;
        Ok(given_up.rows_affected())
    }

    /// Since when a channel is notified; the first call sets it to `now_ms`.
    ///
    /// # Errors
    /// When the database cannot be written, or the project is read-only.
    pub async fn told_since(&self, channel: &str, now_ms: i64) -> Result<i64, Error> {
        let topic = format!("began/{channel}");
        let row = query("SELECT created_ms FROM outbox WHERE topic = ?")
            .bind(&topic)
            .fetch_optional(&self.pool())
            .await
            .doing("look for the channel")?;
        if let Some(row) = row {
            return Ok(row.get("created_ms"));
        }
        query(
            "INSERT INTO outbox (topic, model, kind, channel, body, state, attempts, next_ms, created_ms, ended_ms)
             VALUES (?, '', 'began', ?, '', 'sent', 0, ?, ?, ?) ON CONFLICT (topic) DO NOTHING",
        )
        .bind(&topic)
        .bind(channel)
        .bind(now_ms)
        .bind(now_ms)
        .bind(now_ms)
        .execute(&self.writing().await?)
        .await
        .doing("record the channel")?;
        let row = query("SELECT created_ms FROM outbox WHERE topic = ?")
            .bind(&topic)
            .fetch_one(&self.pool())
            .await
            .doing("look for the channel")?;
        Ok(row.get("created_ms"))
    }

    /// The newest messages first, of one model or of all; those of a state, or all.
    ///
    /// # Errors
    /// When the database cannot be read, or holds what this program does not know.
    pub async fn messages(
        &self,
        model: Option<&str>,
        state: Option<MessageState>,
        limit: i64,
    ) -> Result<Vec<MessageRow>, Error> {
        let rows = query(
            "SELECT * FROM outbox WHERE kind <> 'began' AND (? IS NULL OR model = ?) AND (? IS NULL OR state = ?)
             ORDER BY id DESC LIMIT ?",
        )
        .bind(model)
        .bind(model)
        .bind(state.map(MessageState::name))
        .bind(state.map(MessageState::name))
        .bind(limit)
        .fetch_all(&self.pool())
        .await
        .doing("list messages")?;
        rows.iter().map(message_of).collect()
    }
}

fn message_of(row: &Row) -> Result<MessageRow, Error> {
    Ok(MessageRow {
        id: row.get("id"),
        topic: row.get("topic"),
        model: row.get("model"),
        kind: row.get("kind"),
        channel: row.get("channel"),
        body: row.get("body"),
        state: row.named("state")?,
        attempts: row.get("attempts"),
        next_ms: row.get("next_ms"),
        created_ms: row.get("created_ms"),
        ended_ms: row.get("ended_ms"),
        error: row.get("error"),
    })
}
