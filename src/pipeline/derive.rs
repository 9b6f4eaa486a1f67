//! The columns that the settings compute, put beside those of the files: in the data set and in the test rows alike.

use polars::prelude::DataFrame;

use super::error::Error;
use crate::config::ModelConfig;
use crate::data::{self, Expression, TimeColumn};
use crate::features;

/// The frame with the columns of `derive`.
///
/// # Errors
/// When a column of that name is there already, or cannot be computed.
pub fn with_derived(config: &ModelConfig, frame: DataFrame) -> Result<DataFrame, Error> {
    if config.derive.is_empty() || frame.width() == 0 {
        return Ok(frame);
    }
    let failed = |column: &str, key: &str, why: String| {
        let at = config.derive.iter().position(|it| it.name == column);
        let at = at.map_or(String::new(), |at| format!("`derive[{at}].{key}`: "));
        Error::Features(features::Error::Derive {
            column: column.to_string(),
            why: format!("{at}{why}"),
        })
    };
    let mut expressions = Vec::new();
    for derive in &config.derive {
        if frame.column(&derive.name).is_ok() {
            let why =
                "the data has a column of that name; give the derived one another in `derive`";
            return Err(failed(&derive.name, "name", why.to_string()));
        }
        let parsed =
            Expression::parse(&derive.sql).map_err(|why| failed(&derive.name, "sql", why))?;
        expressions.push((derive.name.clone(), parsed));
    }
    let mut forms = Vec::new();
    for name in config.times() {
        let Ok(column) = frame.column(&name) else {
            continue;
        };
        match data::time_column(column, 0..frame.height() as u32, &config.ingest.times()) {
            TimeColumn::Times { form, .. } => forms.push((name, form)),
            found @ TimeColumn::Ambiguous { .. } => {
                let why = found.why_not().unwrap_or_default();
                return Err(Error::Features(features::Error::Times {
                    column: name,
                    why,
                }));
            }
            TimeColumn::UnknownUnit | TimeColumn::Not => {}
        }
    }
    data::with_iso_times(&frame, &forms, |frame| {
        data::derive(frame, &config.times(), &expressions)
            .map_err(|failure| failed(&failure.column, "sql", failure.why))
    })
}

/// The frame as the files had it.
pub fn without_derived(config: &ModelConfig, frame: &DataFrame) -> DataFrame {
    let names = config.derive.iter().map(|derive| derive.name.as_str());
    frame.drop_many(names)
}
