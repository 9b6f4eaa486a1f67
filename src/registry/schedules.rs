//! What was set by hand about schedules, and how far each was worked off.

use serde::Serialize;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

use super::{Doing, Error, Registry};

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
    /// Who paused it; `None` when it is not paused.
    pub paused_by: Option<String>,
    /// Since when it is paused.
    pub paused_ms: Option<i64>,
    /// Expression and zone that the cursor belongs to.
    pub followed: Option<String>,
    /// Every tick up to here has its row.
    pub cursor_ms: Option<i64>,
}

impl Registry {
    /// What is stored about a model's schedule.
    pub async fn schedule(&self, model: &str) -> Result<ScheduleRow, Error> {
        let row = sqlx::query("SELECT * FROM schedules WHERE model = ?")
            .bind(model)
            .fetch_optional(&self.pool)
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
        sqlx::query(
            "INSERT INTO schedules (model, cron, timezone, set_by, set_ms) VALUES (?, ?, ?, ?, ?)
             ON CONFLICT (model) DO UPDATE SET cron = excluded.cron, timezone = excluded.timezone,
                 set_by = excluded.set_by, set_ms = excluded.set_ms",
        )
        .bind(model)
        .bind(cron)
        .bind(timezone)
        .bind(actor)
        .bind(now_ms)
        .execute(&self.pool)
        .await
        .doing("set the schedule")?;
        Ok(())
    }

    /// Pauses a schedule, or lets it go on (`actor` is `None`).
    pub async fn pause_schedule(
        &self,
        model: &str,
        actor: Option<&str>,
        now_ms: i64,
    ) -> Result<(), Error> {
        sqlx::query(
            "INSERT INTO schedules (model, paused_by, paused_ms) VALUES (?, ?, ?)
             ON CONFLICT (model) DO UPDATE SET paused_by = excluded.paused_by, paused_ms = excluded.paused_ms",
        )
        .bind(model)
        .bind(actor)
        .bind(actor.map(|_| now_ms))
        .execute(&self.pool)
        .await
        .doing("pause the schedule")?;
        Ok(())
    }
}

/// Moves the cursor of a schedule, inside the transaction that records the ticks up to it. Two schedulers may do so at once;
/// the key of the ticks keeps them apart.
///
/// # Errors
/// When the statement fails.
pub async fn move_cursor(
    connection: &mut SqliteConnection,
    model: &str,
    followed: &str,
    cursor_ms: i64,
) -> Result<(), Error> {
    sqlx::query(
        "INSERT INTO schedules (model, followed, cursor_ms) VALUES (?, ?, ?)
         ON CONFLICT (model) DO UPDATE SET followed = excluded.followed, cursor_ms = excluded.cursor_ms",
    )
    .bind(model)
    .bind(followed)
    .bind(cursor_ms)
    .execute(connection)
    .await
    .doing("move the schedule's cursor")?;
    Ok(())
}

fn schedule_of(row: &SqliteRow) -> ScheduleRow {
    ScheduleRow {
        model: row.get("model"),
        cron: row.get("cron"),
        timezone: row.get("timezone"),
        set_by: row.get("set_by"),
        set_ms: row.get("set_ms"),
        paused_by: row.get("paused_by"),
        paused_ms: row.get("paused_ms"),
        followed: row.get("followed"),
        cursor_ms: row.get("cursor_ms"),
    }
}
