//! An expression in plain English, where it is plain enough; else the expression itself.

use chrono_tz::Tz;

use super::expression::Expression;
use super::field::Field;

const WEEKDAYS: [&str; 7] = [
    "Sunday",
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
];

/// Such as `every day at 03:15 Europe/Berlin`; "`5 4 1-7 * *` Europe/Berlin" where no short sentence says it.
pub fn describe(expression: &Expression, zone: Tz) -> String {
    let said = sentence(expression).unwrap_or_else(|| format!("`{expression}`"));
    format!("{said} {}", zone.name())
}

fn sentence(expression: &Expression) -> Option<String> {
    let [second, minute, hour, day, month, weekday] = expression.fields();
    if second.single() != Some(0) || month.step_of_all() != Some(1) {
        return None;
    }
    let is_every_day = day.step_of_all() == Some(1) && weekday.step_of_all() == Some(1);
    if let (Some(minute), Some(hour)) = (minute.single(), hour.single()) {
        return Some(format!("{} at {hour:02}:{minute:02}", days(day, weekday)?));
    }
    if !is_every_day || hour.step_of_all() != Some(1) {
        return None;
    }
    match (minute.single(), minute.step_of_all()) {
        (Some(minute), _) => Some(format!("every hour at minute {minute}")),
        (_, Some(1)) => Some("every minute".to_string()),
        (_, Some(step)) if 60 % step == 0 => Some(format!("every {step} minutes")),
        _ => None,
    }
}

fn days(day: &Field, weekday: &Field) -> Option<String> {
    let is_any_day = day.step_of_all() == Some(1);
    let is_any_weekday = weekday.step_of_all() == Some(1);
    match (is_any_day, is_any_weekday) {
        (true, true) => Some("every day".to_string()),
        (true, false) => {
            let name = WEEKDAYS.get(weekday.single()? as usize)?;
            Some(format!("every {name}"))
        }
        (false, true) => Some(format!("on day {} of every month", day.single()?)),
        (false, false) => None,
    }
}
