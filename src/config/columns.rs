//! Columns that several keys name at once.

use super::SplitKind;
use super::raw::RawConfig;

/// Tells which keys claim a column that they cannot both have, or need one that none names.
pub(super) fn check_columns(raw: &RawConfig, say: &mut impl FnMut(&str, String)) {
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
