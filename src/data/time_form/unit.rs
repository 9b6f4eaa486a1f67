//! What numbers count in a column of times.

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What the numbers of a column of times count.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Default, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum EpochUnit {
    /// Seconds since 1970.
    #[default]
    Seconds,
    /// Milliseconds since 1970.
    Milliseconds,
    /// Microseconds since 1970.
    Microseconds,
    /// Nanoseconds since 1970.
    Nanoseconds,
    /// Days since 1970.
    Days,
    /// The day written as one number, 20250131.
    Yyyymmdd,
    /// Days of a spreadsheet, 45688.5: since 1899-12-30.
    Spreadsheet,
}

const MICROS_PER_DAY: f64 = 86_400e6;
/// Days from 1899-12-30, the day 0 of spreadsheets, to 1970-01-01.
const SPREADSHEET_EPOCH: f64 = 25_569.0;

impl EpochUnit {
    /// As it is in messages.
    pub fn name(self) -> &'static str {
        match self {
            EpochUnit::Seconds => "seconds since 1970",
            EpochUnit::Milliseconds => "milliseconds since 1970",
            EpochUnit::Microseconds => "microseconds since 1970",
            EpochUnit::Nanoseconds => "nanoseconds since 1970",
            EpochUnit::Days => "days since 1970",
            EpochUnit::Yyyymmdd => "days as one number, YYYYMMDD",
            EpochUnit::Spreadsheet => "days of a spreadsheet, since 1899-12-30",
        }
    }

    /// A whole number as microseconds since 1970; `None` for what is not a time in this unit.
    pub fn integer(self, value: i64) -> Option<i64> {
        match self {
            EpochUnit::Seconds => value.checked_mul(1_000_000),
            EpochUnit::Milliseconds => value.checked_mul(1000),
            EpochUnit::Microseconds => Some(value),
            EpochUnit::Nanoseconds => Some(value.div_euclid(1000)),
            EpochUnit::Days => value.checked_mul(MICROS_PER_DAY as i64),
            EpochUnit::Yyyymmdd => {
                let year = i32::try_from(value / 10_000)
                    .ok()
                    .filter(|it| *it >= 1000)?;
                let (month, day) = ((value / 100 % 100) as u32, (value % 100) as u32);
                let day = NaiveDate::from_ymd_opt(year, month, day)?.and_hms_opt(0, 0, 0)?;
                Some(day.and_utc().timestamp_micros())
            }
            EpochUnit::Spreadsheet => self.number(value as f64),
        }
    }

    /// As [`EpochUnit::integer`], of a number that may have a fraction.
    pub fn number(self, value: f64) -> Option<i64> {
        let micros = match self {
            EpochUnit::Seconds => value * 1e6,
            EpochUnit::Milliseconds => value * 1e3,
            EpochUnit::Microseconds => value,
            EpochUnit::Nanoseconds => value / 1e3,
            EpochUnit::Days => value * MICROS_PER_DAY,
            EpochUnit::Spreadsheet => (value - SPREADSHEET_EPOCH) * MICROS_PER_DAY,
            EpochUnit::Yyyymmdd => {
                let is_whole = value.fract() == 0.0 && value.abs() < 1e15;
                return is_whole.then(|| self.integer(value as i64))?;
            }
        };
        // The bounds of `i64` are no `f64`s; these are the nearest ones inside.
        let micros = micros.round();
        (micros.abs() < 9.2e18).then_some(micros as i64)
    }

    /// The numbers that a column of times of today holds in this unit: no two units share any. Seconds and their parts from
    /// 1971 to 2100, days of spreadsheets and written days from 1950. Days since 1970 are never guessed.
    pub(super) fn plausible(self) -> Option<(f64, f64)> {
        let since_1971 =
            |per_second: f64| Some((31_536_000.0 * per_second, 4_102_444_800.0 * per_second));
        match self {
            EpochUnit::Seconds => since_1971(1.0),
            EpochUnit::Milliseconds => since_1971(1e3),
            EpochUnit::Microseconds => since_1971(1e6),
            EpochUnit::Nanoseconds => since_1971(1e9),
            EpochUnit::Yyyymmdd => Some((19_000_101.0, 21_001_231.0)),
            EpochUnit::Spreadsheet => Some((18_264.0, 73_051.0)),
            EpochUnit::Days => None,
        }
    }
}
