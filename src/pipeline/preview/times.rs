//! Columns of times that a run could not read.

use polars::prelude::DataFrame;

use crate::config::features::Encode;
use crate::config::{ModelConfig, SplitKind, Window};
use crate::data;
use crate::features;
use crate::pipeline::error::Error;

/// What a run would say of columns that the settings call times and that cannot be read as such.
pub(super) fn times_in_doubt(config: &ModelConfig, frame: &DataFrame) -> Vec<Error> {
    let settings = config.ingest.times();
    let features = config.features.columns.iter();
    let named = features.filter(|(_, own)| own.encode == Some(Encode::Date));
    let columns = named.filter_map(|(name, _)| frame.column(name).ok().map(|cells| (name, cells)));
    let unread = columns.filter_map(|(name, cells)| {
        let found = data::time_column(cells, 0..frame.height() as u32, &settings);
        let (column, why) = (name.clone(), found.why_not()?);
        Some(Error::Features(features::Error::Times { column, why }))
    });
    let mut found: Vec<Error> = unread.collect();
    let is_windowed = matches!(config.window, Window::Days(_));
    let is_split = config.split_kind() == SplitKind::Time;
    if let Some(column) = config
        .time_column
        .as_deref()
        .filter(|_| is_windowed || is_split)
        && frame.column(column).is_ok()
        && let Err(error) = data::timestamps(frame, column, &settings, !is_windowed)
    {
        found.push(Error::Data(error));
    }
    found
}
