//! What training has to tell of rows and columns, in words.

use crate::config::ModelConfig;
use crate::features;
use crate::pipeline::dataset::Dataset;
use crate::text::counted;

/// What the data set itself has to tell.
pub(super) fn notes_on(dataset: &Dataset, target: &str, unlabelled: usize) -> Vec<String> {
    let mut notes = Vec::new();
    if unlabelled > 0 {
        notes.push(format!(
            "{} without a value in `{target}`, not trained on",
            counted(unlabelled as u64, "row")
        ));
    }
    for (column, cells) in &dataset.record.non_finite {
        notes.push(format!(
            "{} of `{column}`, NaN or infinite, counted as missing",
            counted(*cells, "cell")
        ));
    }
    notes
}

/// One line on the columns that cannot help.
pub(super) fn left_out(dropped: &[features::Dropped]) -> Option<String> {
    const FEW: usize = 3;
    let named = dropped.iter().take(FEW);
    let mut named: Vec<String> = named
        .map(|dropped| format!("`{}` is {}", dropped.column, dropped.reason))
        .collect();
    if dropped.len() > FEW {
        named.push(format!("and {} more", dropped.len() - FEW));
    }
    let what = counted(dropped.len() as u64, "column");
    (!dropped.is_empty()).then(|| format!("{what} not used: {}", named.join("; ")))
}

/// One line on each column with more categories than features for them.
pub(super) fn bucketed(
    transformer: &features::Transformer,
    profile: &[crate::data::ColumnSummary],
    config: &ModelConfig,
) -> Vec<String> {
    let most_of = |input: &features::Input| {
        let own = config.features.columns.get(&input.name);
        let own = own.and_then(|own| own.max_categories);
        own.unwrap_or(config.features.max_categories) as usize
    };
    let is_full = |input: &&features::Input| {
        let categories = input.step.categories();
        categories.is_some_and(|categories| categories.len() == most_of(input))
    };
    let full = transformer.inputs.iter().filter(is_full);
    let over = full.filter(|input| {
        let summary = profile.iter().find(|column| column.name == input.name);
        summary.is_some_and(|summary| summary.distinct > most_of(input) as u64)
    });
    over.map(|input| {
        let most = most_of(input);
        format!(
            "`{}` has more than {most} categories: the most frequent have a feature each, the rest share one (`features.max_categories`)",
            input.name
        )
    })
    .collect()
}
