//! What was set by hand about schedules, and how far each was worked off.

use serde::Serialize;

use super::db::{Row, Tx, query, settled};
use super::error::Doing;
use super::{Error, Registry};

/// A model's schedule as it is stored; a model without a row has never been looked at.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct ScheduleRow {
    /// The model.
    pub model: String,
    /// The expression that is in place of `config.json`'s.
    pub cron: Option<String>,
    /// The zone that goes with it.
    pub timezone: Option<String>,
    /// Who set it.
    pub set_by: Option<String>,
    /// When.
    pub set_ms: Option<i64>,
    /// Who paused it last.
    pub paused_by: Option<String>,
    /// Since when.
    pub paused_ms: Option<i64>,
    /// Until when; `None` while it is paused.
    pub resumed_ms: Option<i64>,
    /// Expression and zone that the cursor belongs to.
    pub followed: Option<String>,
    /// Since when they are followed.
    pub since_ms: Option<i64>,
    /// Every tick up to here has its row.
    pub cursor_ms: Option<i64>,
}

impl ScheduleRow {
    /// Whether ticks are left out at present.
    pub fn is_paused(&self) -> bool {
        self.paused_ms.is_some() && self.resumed_ms.is_none()
    }
}

impl Registry {
    /// What is stored about a model's schedule.
    ///
    /// # Errors
    /// When the database cannot be read, or holds what this program does not know.
    pub async fn schedule(&self, model: &str) -> Result<ScheduleRow, Error> {
        let row = query("SELECT * FROM schedules WHERE model = ?")
            .bind(model)
            .fetch_optional(&self.pool())
            .await
            .doing("look at the schedule")?;
        let none = ScheduleRow {
            model: model.to_string(),
            ..ScheduleRow::default()
        };
        Ok(row.as_ref().map_or(none, schedule_of))
    }

    /// Puts an expression in place of `config.json`'s; none gives it back.
    ///
    /// # Errors
    /// When a statement fails; nothing was changed then.
    pub async fn set_schedule(
        &self,
        model: &str,
        cron: Option<&str>,
        timezone: Option<&str>,
        actor: &str,
        now_ms: i64,
    ) -> Result<(), Error> {
        settled!(self.try_set_schedule(model, cron, timezone, actor, now_ms))
    }

    async fn try_set_schedule(
        &self,
        model: &str,
        cron: Option<&str>,
        timezone: Option<&str>,
        actor: &str,
        now_ms: i64,
    ) -> Result<(), Error> {
        let mut transaction = self.begin().await?;
        query(
            "INSERT INTO schedules (model, cron, timezone, set_by, set_ms) VALUES (?, ?, ?, ?, ?)
             ON CONFLICT (model) DO UPDATE SET cron = excluded.cron, timezone = excluded.timezone,
                 set_by = excluded.set_by, set_ms = excluded.set_ms",
        )
        .bind(model)
        .bind(cron)
        .bind(timezone)
        .bind(actor)
        .bind(now_ms)
        .execute(&mut transaction)
        .await
        .doing("set the schedule")?;
        let detail = match (cron, timezone) {
            (Some(cron), Some(zone)) => format!("{cron} in {zone}"),
            (Some(cron), None) => cron.to_string(),
            (None, _) => "back to config.json".to_string(),
        };
        let action = if cron.is_some() {
            "set schedule"
        } else {
            "unset schedule"
        };
        note(&mut transaction, model, (actor, now_ms), action, &detail).await?;
        transaction.commit().await.doing("set the schedule")
    }

    /// Pauses a schedule; one that is paused stays so.
    ///
    /// # Errors
    /// When a statement fails; nothing was changed then.
    pub async fn pause_schedule(&self, model: &str, by: &str, now_ms: i64) -> Result<(), Error> {
        settled!(self.try_pause_schedule(model, by, now_ms))
    }

    async fn try_pause_schedule(&self, model: &str, by: &str, now_ms: i64) -> Result<(), Error> {
        let mut transaction = self.begin().await?;
        let paused = query(
            "INSERT INTO schedules (model, paused_by, paused_ms) VALUES (?, ?, ?)
             ON CONFLICT (model) DO UPDATE SET paused_by = excluded.paused_by, paused_ms = excluded.paused_ms, resumed_ms = NULL
             WHERE schedules.paused_ms IS NULL OR schedules.resumed_ms IS NOT NULL",
        )
        .bind(model)
        .bind(by)
        .bind(now_ms)
        .execute(&mut transaction)
        .await
        .doing("pause the schedule")?;
        if paused.rows_affected() > 0 {
            note(&mut transaction, model, (by, now_ms), "pause schedule", "").await?;
        }
        transaction.commit().await.doing("pause the schedule")
    }

    /// Lets a paused schedule continue. The answer is whether it was paused.
    ///
    /// # Errors
    /// When a statement fails; nothing was changed then.
    pub async fn resume_schedule(&self, model: &str, by: &str, now_ms: i64) -> Result<bool, Error> {
        settled!(self.try_resume_schedule(model, by, now_ms))
    }

    async fn try_resume_schedule(&self, model: &str, by: &str, now_ms: i64) -> Result<bool, Error> {
        let mut transaction = self.begin().await?;
        let resumed = query(
            "UPDATE schedules SET resumed_ms = ? WHERE model = ? AND paused_ms IS NOT NULL AND resumed_ms IS NULL",
        )
        .bind(now_ms)
        .bind(model)
        .execute(&mut transaction)
        .await
        .doing("resume the schedule")?;
        let was_paused = resumed.rows_affected() == 1;
        if was_paused {
            note(&mut transaction, model, (by, now_ms), "resume schedule", "").await?;
        }
        transaction.commit().await.doing("resume the schedule")?;
        Ok(was_paused)
    }

    /// The newest changes of a model's schedule, newest first.
    ///
    /// # Errors
    /// When the statement fails.
    pub async fn schedule_changes(
        &self,
        model: &str,
        most: i64,
    ) -> Result<Vec<ScheduleChange>, Error> {
        let rows = query("SELECT at_ms, actor, action, detail FROM schedule_changes WHERE model = ? ORDER BY at_ms DESC LIMIT ?")
            .bind(model)
            .bind(most)
            .fetch_all(&self.pool())
            .await
            .doing("look for changes of the schedule")?;
        let change = |row: &Row| ScheduleChange {
            at_ms: row.get("at_ms"),
            actor: row.get("actor"),
            action: row.get("action"),
            detail: row.get("detail"),
        };
        Ok(rows.iter().map(change).collect())
    }
}

/// A change of a schedule by a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScheduleChange {
    /// When.
    pub at_ms: i64,
    /// Who.
    pub actor: String,
    /// What: `set schedule`, `unset schedule`, `pause schedule`, `resume schedule`.
    pub action: String,
    /// To what.
    pub detail: String,
}

async fn note(
    transaction: &mut Tx,
    model: &str,
    (actor, at_ms): (&str, i64),
    action: &str,
    detail: &str,
) -> Result<(), Error> {
    query(
        "INSERT INTO schedule_changes (model, at_ms, actor, action, detail) VALUES (?, ?, ?, ?, ?)
         ON CONFLICT (model, at_ms, action) DO NOTHING",
    )
    .bind(model)
    .bind(at_ms)
    .bind(actor)
    .bind(action)
    .bind(detail)
    .execute(transaction)
    .await
    .doing("record who changed the schedule")?;
    Ok(())
}

/// Begins to follow an expression from now on, inside a transaction: what lies before is never a tick of it.
///
/// # Errors
/// When the statement fails.
pub async fn follow_schedule(
    connection: &mut Tx,
    model: &str,
    followed: &str,
    now_ms: i64,
) -> Result<(), Error> {
    query(
        "INSERT INTO schedules (model, followed, since_ms, cursor_ms) VALUES (?, ?, ?, ?)
         ON CONFLICT (model) DO UPDATE SET followed = excluded.followed, since_ms = excluded.since_ms,
             cursor_ms = excluded.cursor_ms",
    )
    .bind(model)
    .bind(followed)
    .bind(now_ms)
    .bind(now_ms)
    .execute(connection)
    .await
    .doing("follow the schedule")?;
    Ok(())
}

/// Moves the cursor of a schedule, inside the transaction that records the ticks up to it. It never goes back, and one of an
/// expression that is not followed any more does not move: two schedulers may do so at once.
///
/// # Errors
/// When the statement fails.
pub async fn move_cursor(
    connection: &mut Tx,
    model: &str,
    followed: &str,
    cursor_ms: i64,
) -> Result<(), Error> {
    query("UPDATE schedules SET cursor_ms = ? WHERE model = ? AND followed = ? AND cursor_ms < ?")
        .bind(cursor_ms)
        .bind(model)
        .bind(followed)
        .bind(cursor_ms)
        .execute(connection)
        .await
        .doing("move the schedule's cursor")?;
    Ok(())
}

fn schedule_of(row: &Row) -> ScheduleRow {
    ScheduleRow {
        model: row.get("model"),
        cron: row.get("cron"),
        timezone: row.get("timezone"),
        set_by: row.get("set_by"),
        set_ms: row.get("set_ms"),
        paused_by: row.get("paused_by"),
        paused_ms: row.get("paused_ms"),
        resumed_ms: row.get("resumed_ms"),
        followed: row.get("followed"),
        since_ms: row.get("since_ms"),
        cursor_ms: row.get("cursor_ms"),
    }
}
