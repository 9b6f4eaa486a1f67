//! The columns that the settings name, checked against those that are there.

use polars::prelude::DataFrame;

use crate::config::ModelConfig;
use crate::data::Schema;
use crate::pipeline::error::{Error, did_you_mean};

/// Says at once when a column that the settings name is not there.
pub(super) fn check_columns(config: &ModelConfig, frame: &DataFrame) -> Result<(), Error> {
    missing_columns(config, frame)
        .into_iter()
        .next()
        .map_or(Ok(()), Err)
}

/// Every column that the settings name and that is not there.
pub fn missing_columns(config: &ModelConfig, frame: &DataFrame) -> Vec<Error> {
    let schema = Schema::of(frame);
    if schema.columns.is_empty() {
        // No file could be read, which is said elsewhere.
        return Vec::new();
    }
    // Of related tables a column may be read and go into others.
    let is_flat = config.related.is_none();
    let typed = config.schema.iter();
    let typed = typed.filter(|(column, rule)| is_flat || rule.rule(column).is_some());
    let named = config
        .target
        .iter()
        .map(|column| (column, "`target`"))
        .chain(config.keys.iter().map(|column| (column, "`keys`")))
        .chain(config.drop.iter().map(|column| (column, "`drop`")))
        .chain(
            config
                .time_column
                .iter()
                .map(|column| (column, "`time_column`")),
        )
        .chain(typed.map(|(column, _)| (column, "`schema`")));
    // Also a part of a time, `time.month`, may have settings.
    let is_part = |name: &str| {
        let whole = name.rsplit_once('.').map(|(whole, _)| whole);
        whole.is_some_and(|whole| schema.get(whole).is_some())
    };
    let features = config.features.columns.keys();
    let features = features.map(|column| (column, "`features.columns`"));
    let drift = config.drift.columns.keys();
    let drift = drift.map(|column| (column, "`drift.columns`"));
    let named = named.chain(features.chain(drift).filter(|(name, _)| !is_part(name)));
    let missing = named.filter(|(column, _)| schema.get(column).is_none());
    missing
        .map(|(column, role)| Error::NoColumn {
            column: column.clone(),
            role,
            place: "the data set".to_string(),
            hint: did_you_mean(column, schema.names().into_iter()),
        })
        .collect()
}
