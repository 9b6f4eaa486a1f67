//! Test data as far as its first rows show.

use super::head::{Head, head};
use crate::checks::{Finding, unknown_labels};
use crate::config::ModelConfig;
use crate::config::features::Encode;
use crate::data::{self, ColumnSummary, Scan, Schema};
use crate::features::Dropped;
use crate::pipeline::dataset::quarantine_line;
use crate::pipeline::derive::with_derived;
use crate::pipeline::error::{Error, did_you_mean, no_test_data};
use crate::pipeline::ingest::test_options;
use crate::pipeline::labels::labels_of;
use crate::pipeline::target::Target;

/// What the data set says of test rows.
pub(super) struct TestRowFacts<'a> {
    /// Whether all of its rows were seen.
    pub is_whole: bool,
    pub schema: &'a Schema,
    pub profile: &'a [ColumnSummary],
    pub named: &'a [Dropped],
    pub target: &'a str,
    pub wanted: Option<&'a Target>,
}

/// What a run would find of the labels there, beside what it would fail for.
pub(super) fn test_data(
    config: &ModelConfig,
    scan: &Scan,
    known: &TestRowFacts<'_>,
) -> Result<Vec<Finding>, Error> {
    let nothing = |why: String| no_test_data(config, why);
    let options = test_options(config, scan, known.schema)?;
    let Head { read, is_whole } = head(config, scan, &config.test_folder.here(), options)?;
    // Of the first rows alone a column may look like another kind than it is in the whole.
    let is_whole = is_whole && known.is_whole;
    if read.frame.height() == 0 && is_whole {
        let bad = read
            .quarantined
            .first()
            .map(|file| format!("test file {}", quarantine_line(file)));
        return Err(nothing(bad.unwrap_or_else(|| {
            "the files have headers but no rows".to_string()
        })));
    }
    if read.frame.width() == 0 {
        return Ok(Vec::new());
    }
    // A column that a derived one reads may be missing, which scoring reports with all others.
    let Ok(frame) = with_derived(config, read.frame) else {
        return Ok(Vec::new());
    };
    let labels = labels_of(&frame, known.target, "the test data")?;
    if labels.distinct.is_empty() && is_whole && frame.height() > 0 {
        return Err(nothing(format!("no row has a value in `{}`", known.target)));
    }
    if let Some(wanted @ Target::Classes { classes, .. }) = known.wanted
        && is_whole
        && !labels.distinct.is_empty()
        && !labels.distinct.iter().any(|label| classes.contains(label))
    {
        let shown = |names: &[String]| {
            let few: Vec<String> = names
                .iter()
                .take(5)
                .map(|name| format!("`{name}`"))
                .collect();
            few.join(", ")
        };
        let n = wanted.n_classes().unwrap_or(0);
        return Err(nothing(format!(
            "no label there is one of the {n} classes of the data set: `{}` is {} there and {} here; spell them alike",
            known.target,
            shown(&labels.distinct),
            shown(classes)
        )));
    }
    // A class of later rows is unknown to the first ones.
    let found = match known.wanted {
        Some(Target::Classes { classes, .. }) if known.is_whole => {
            let counts = labels.distinct.iter().cloned().zip(labels.counts());
            let counts: Vec<(String, u64)> = counts.collect();
            unknown_labels(&counts, classes, known.target, &config.checks)
        }
        _ => None,
    };
    let schema = Schema::of(&frame);
    let slices = config.gate.slices.iter().map(|slice| &slice.column);
    if let Some(column) = slices.into_iter().find(|name| schema.get(name).is_none()) {
        return Err(Error::NoColumn {
            column: column.clone(),
            role: "`gate.slices`",
            place: "the test data".to_string(),
            hint: did_you_mean(column, schema.names().into_iter()),
        });
    }
    let is_needed = |column: &&ColumnSummary| {
        let own = config.features.columns.get(&column.name);
        let is_dropped = own.is_some_and(|own| own.encode == Some(Encode::Drop));
        let is_text = column.kind == data::Kind::Text;
        let names_rows = is_text && column.distinct * 4 > column.rows;
        let is_named = known
            .named
            .iter()
            .any(|dropped| dropped.column == column.name);
        let is_excluded = config.excluded(known.target).contains(&column.name);
        !(is_excluded || is_dropped || names_rows || is_named || column.distinct < 2)
    };
    let needed = known.profile.iter().filter(is_needed);
    match needed
        .map(|it| &it.name)
        .find(|name| schema.get(name).is_none())
    {
        Some(column) => Err(Error::NoColumn {
            column: column.clone(),
            role: "learned from",
            place: "the test data".to_string(),
            hint: did_you_mean(column, schema.names().into_iter()),
        }),
        None => Ok(found.into_iter().collect()),
    }
}
