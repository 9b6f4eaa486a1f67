//! Columns that several keys name at once.

use super::SplitKind;
use super::raw::RawConfig;
use crate::data::Expression;

/// Tells which keys claim a column that they cannot both have, or need one that none names.
pub(super) fn check_columns(raw: &RawConfig, say: &mut impl FnMut(&str, String)) {
    for (at, derive) in raw.derive.iter().enumerate() {
        if let Err(why) = Expression::parse(&derive.sql) {
            say(&format!("derive[{at}].sql"), why);
        }
        let is_twice = raw.derive[..at]
            .iter()
            .any(|other| other.name == derive.name);
        if derive.name.trim().is_empty() || is_twice {
            let reason = "is empty or the name of another derived column";
            say(&format!("derive[{at}].name"), reason.to_string());
        }
    }
    for (column, rule) in &raw.schema {
        if let Some(reason) = rule.problem() {
            say(&format!("schema.{column}"), reason.to_string());
        }
    }
    if let Some(target) = &raw.target {
        for (key, columns) in [("drop", &raw.drop), ("keys", &raw.keys)] {
            if columns.contains(target) {
                say(key, format!("contains the target `{target}`"));
            }
        }
        if raw.time_column.as_ref() == Some(target) {
            say("time_column", "is the target".to_string());
        }
    }
    if raw.split.kind == Some(SplitKind::Time) && raw.time_column.is_none() {
        say("split.kind", "`time` needs `time_column`".to_string());
    }
    if raw.split.kind == Some(SplitKind::Group) && raw.keys.is_empty() {
        say("split.kind", "`group` needs `keys`".to_string());
    }
    if raw.ingest.window.days.is_some() && raw.time_column.is_none() {
        say("ingest.window.days", "needs `time_column`".to_string());
    }
}
