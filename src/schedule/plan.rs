//! What a model's schedule is at present: `config.json`'s, or what was set by hand since.

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use serde::Serialize;

use super::Error;
use crate::config::{ModelConfig, Overlap};
use crate::cron::{self, Expression, Pause};
use crate::registry::ScheduleRow;

/// A tick that is late by no more than this is on time: a loop that was slow, a laptop that slept for a moment.
const GRACE: TimeDelta = TimeDelta::seconds(60);

/// Who says when runs are due.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "from")]
pub enum Origin {
    /// `config.json`.
    Config,
    /// A user, by `unseat schedule set`.
    Set {
        /// Who.
        by: String,
        /// When.
        at_ms: i64,
    },
}

/// A model's schedule as it is at present.
#[derive(Debug, Clone)]
pub struct Plan {
    /// When, by the clock on the wall.
    pub expression: Expression,
    /// Whose wall.
    pub zone: Tz,
    /// The latest pause.
    pub pause: Option<Pause>,
    /// What happens to a tick that comes while a job is open.
    pub overlap: Overlap,
    /// Who says so.
    pub origin: Origin,
}

impl Plan {
    /// The schedule of a model, if it has one.
    ///
    /// # Errors
    /// When an expression or zone that was stored cannot be read; `config.json`'s were checked when it was loaded.
    pub fn of(model: &ModelConfig, row: &ScheduleRow) -> Result<Option<Plan>, Error> {
        let own = &model.schedule;
        let (expression, timezone, origin) = match &row.cron {
            Some(cron) => {
                let origin = Origin::Set {
                    by: row.set_by.clone().unwrap_or_default(),
                    at_ms: row.set_ms.unwrap_or_default(),
                };
                (cron, row.timezone.as_ref().unwrap_or(&own.timezone), origin)
            }
            None => match &own.cron {
                Some(cron) => (cron, &own.timezone, Origin::Config),
                None => return Ok(None),
            },
        };
        let (expression, zone) = parse(expression, timezone)?;
        Ok(Some(Plan {
            expression,
            zone,
            pause: pause(row),
            overlap: own.overlap,
            origin,
        }))
    }

    /// The rule by which ticks come due.
    pub fn rule<'a>(&'a self, model: &'a ModelConfig, since: DateTime<Utc>) -> cron::Plan<'a> {
        cron::Plan {
            model: &model.name,
            expression: &self.expression,
            zone: self.zone,
            since,
            jitter: TimeDelta::seconds(i64::from(model.schedule.jitter_seconds)),
            grace: GRACE,
            catch_up: TimeDelta::minutes(i64::from(model.schedule.catch_up_minutes)),
            pause: self.pause,
        }
    }

    /// The first tick after an instant, jitter left aside.
    pub fn next_after(&self, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
        cron::next_after(&self.expression, self.zone, after)
    }

    /// Every tick after an instant, jitter left aside.
    pub fn ticks_after(&self, after: DateTime<Utc>) -> impl Iterator<Item = DateTime<Utc>> {
        cron::ticks_after(&self.expression, self.zone, after)
    }

    /// What a cursor belongs to: with another expression or zone, the cursor begins again.
    pub fn followed(&self) -> String {
        format!("{} {}", self.expression, self.zone.name())
    }
}

fn pause(row: &ScheduleRow) -> Option<Pause> {
    Some(Pause {
        from: DateTime::from_timestamp_millis(row.paused_ms?)?,
        until: row.resumed_ms.and_then(DateTime::from_timestamp_millis),
    })
}

/// An expression and a zone out of texts.
///
/// # Errors
/// What is wrong, and what would be right.
pub fn parse(expression: &str, timezone: &str) -> Result<(Expression, Tz), Error> {
    Ok((Expression::parse(expression)?, cron::parse_zone(timezone)?))
}
