//! What was set by hand about schedules, and how far each was worked off.

use serde::Serialize;

use super::db::{Row, Tx, query};
use super::error::Doing;
use super::{Error, Registry};

/// A model's schedule as it is stored; a model without a row has never been looked at.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct ScheduleRow {
    /// The model.
    pub model: String,
    /// The expression that stands in place of `config.json`'s.
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
    pub async fn set_schedule(
        &self,
        model: &str,
        cron: Option<&str>,
        timezone: Option<&str>,
        actor: &str,
        now_ms: i64,
    ) -> Result<(), Error> {
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
        .execute(&self.writing().await?)
        .await
        .doing("set the schedule")?;
        Ok(())
    }

    /// Pauses a schedule; one that is paused stays so.
    pub async fn pause_schedule(&self, model: &str, by: &str, now_ms: i64) -> Result<(), Error> {
        query(
            "INSERT INTO schedules (model, paused_by, paused_ms) VALUES (?, ?, ?)
             ON CONFLICT (model) DO UPDATE SET paused_by = excluded.paused_by, paused_ms = excluded.paused_ms, resumed_ms = NULL
             WHERE schedules.paused_ms IS NULL OR schedules.resumed_ms IS NOT NULL",
        )
        .bind(model)
        .bind(by)
        .bind(now_ms)
        .execute(&self.writing().await?)
        .await
        .doing("pause the schedule")?;
        Ok(())
    }

    /// Lets a paused schedule go on. The answer is whether it was paused.
    pub async fn resume_schedule(&self, model: &str, now_ms: i64) -> Result<bool, Error> {
        let resumed = query(
            "UPDATE schedules SET resumed_ms = ? WHERE model = ? AND paused_ms IS NOT NULL AND resumed_ms IS NULL",
        )
        .bind(now_ms)
        .bind(model)
        .execute(&self.writing().await?)
        .await
        .doing("resume the schedule")?;
        Ok(resumed.rows_affected() == 1)
    }
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
