//! What can be wrong with data, looked for before anything is learned from it.
//!
//! In: a data set, its target and the settings. Out: a list of [`Finding`]s, the worst first. Everything is a function of
//! its arguments; where a look at all rows would cost too much, a sample is drawn by the seed, and the finding says so. It
//! must not know runs, versions, files or what is done about a finding, and a finding never holds a cell of the data.

mod bins;
mod columns;
mod files;
mod finding;
mod identifiers;
mod inputs;
mod labels;
mod leak;
mod rank;
mod rows;
mod sentinels;
mod spelling;
mod target;
mod target_kinds;
mod test_labels;
mod wording;

#[cfg(test)]
mod tests;

pub use files::of_files;
pub use identifiers::{Rows as IdentifierRows, identifiers};
pub use inputs::Categories;
pub use labels::{FileLabels, Labels, NullWord};
pub use rows::sample;
pub use target::{look_at_target, needs_files};
pub use test_labels::unknown_labels;

use crate::features::Error;
pub use finding::{Check, Finding};
use inputs::UnknownTexts;
pub use inputs::{Inputs, Target, TestInputs};

/// Looks at a data set before it is trained on.
///
/// # Errors
/// When a column is of a type that ingest never makes.
pub fn look(inputs: &Inputs<'_>) -> Result<Vec<Finding>, Error> {
    let mut found = Vec::new();
    found.extend(rows::rejected(inputs));
    found.extend(rows::rare_class(inputs));
    found.extend(columns::missing(inputs));
    found.extend(columns::constant(inputs));
    found.extend(columns::duplicates(inputs)?);
    found.extend(sentinels::sentinels(inputs)?);
    found.extend(columns::outside_rules(inputs)?);
    found.extend(leak::leaks(inputs)?);
    found.extend(rows::conflicts(inputs)?);
    let new = &inputs.settings.new_categories;
    let told = UnknownTexts {
        check: Check::NewCategories,
        severity: new.severity,
        bound: new.bound,
        rows: "row",
        unknown_to: "the champion was not trained on",
    };
    found.extend(rows::unknown_categories(
        inputs.frame,
        inputs.champion,
        &told,
        inputs.seed,
    )?);
    Ok(worst_first(found))
}

/// Looks at the test rows before a verdict is built on them.
///
/// # Errors
/// When a column is of a type that ingest never makes.
pub fn look_at_test(inputs: &TestInputs<'_>) -> Result<Vec<Finding>, Error> {
    let settings = inputs.settings;
    let told = UnknownTexts {
        check: Check::TestCategories,
        severity: settings.test_categories.severity,
        bound: settings.test_categories.bound,
        rows: "test row",
        unknown_to: "no training row has",
    };
    let mut found = Vec::new();
    found.extend(files::of_test_files(inputs.remarks, settings));
    found.extend(unknown_labels(
        inputs.labels,
        inputs.classes,
        inputs.target,
        settings,
    ));
    found.extend(rows::overlap(inputs));
    found.extend(rows::unknown_categories(
        inputs.frame,
        inputs.known,
        &told,
        inputs.seed,
    )?);
    Ok(worst_first(found))
}

/// Sorted by severity; findings alike stay in the order of checks and columns.
pub fn worst_first(mut found: Vec<Finding>) -> Vec<Finding> {
    found.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    found
}
