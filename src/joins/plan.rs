//! Training tables to what they teach.

use std::collections::BTreeMap;

use polars::prelude::DataFrame;

use super::error::Error;
use super::related_plan::{RelatedPlan, TablePlan};
use super::tables::Tables;
use super::tables::{kind_of, named};
use crate::config::{Related, Relation};
use crate::data::{Schema, TimeForm};
use crate::features::Cells;

/// Learns a plan from training tables.
///
/// Categories of a column are the most frequent ones of its table, at most `max_categories`, then in the order of numbers
/// where all are numbers, else of letters.
///
/// # Errors
/// When a table or a column that the settings name is not there.
pub fn plan(settings: &Related, tables: &Tables) -> Result<RelatedPlan, Error> {
    let base = named(tables, &settings.base)?;
    let schema = Schema::of(base);
    let mut own = TablePlan {
        columns: schema.clone(),
        ..TablePlan::default()
    };
    let structural = [
        (Some(&settings.key), "`related.key`"),
        (settings.entity.as_ref(), "`related.entity`"),
        (settings.time.as_ref(), "`related.time`"),
    ];
    for (column, role) in structural {
        if let Some(column) = column {
            remember(&mut own, base, &settings.base, column, role)?;
        }
    }
    let mut planned = BTreeMap::new();
    for (name, table) in &settings.tables {
        let frame = named(tables, name)?;
        let mut plan = TablePlan::default();
        remember(
            &mut own,
            base,
            &settings.base,
            &table.on,
            "`related.tables.….on`",
        )?;
        remember(&mut plan, frame, name, table.to(), "`on` or `to`")?;
        let wanted: Vec<&String> = match table.relation {
            Relation::OneToMany => table.last.iter().collect(),
            Relation::ManyToOne => table.columns.iter().flatten().collect(),
        };
        let schema = Schema::of(frame);
        let is_all = table.relation == Relation::ManyToOne && table.columns.is_none();
        let is_own = |column: &str| column == table.to() || table.time.as_deref() == Some(column);
        plan.columns.columns = schema.columns;
        plan.columns.columns.retain(|column| {
            if is_all {
                !is_own(&column.name) && !table.days_since.contains(&column.name)
            } else {
                wanted.contains(&&column.name)
            }
        });
        if !frame.get_column_names().is_empty() {
            let named = wanted
                .into_iter()
                .map(|column| (column, "`columns` or `last`"));
            let dates = table
                .days_since
                .iter()
                .map(|column| (column, "`days_since`"));
            let times = table.time.iter().map(|column| (column, "`time`"));
            for (column, role) in named.chain(dates).chain(times) {
                kind_of(frame, name, column, role)?;
            }
        }
        for column in table.category_columns() {
            remember(&mut plan, frame, name, column, "`count_by` or `any`")?;
            let most = table.max_categories as usize;
            let found = categories(frame, column, most)?;
            plan.categories.insert(column.to_string(), found);
        }
        planned.insert(name.clone(), plan);
    }
    planned.insert(settings.base.clone(), own);
    Ok(RelatedPlan {
        settings: settings.clone(),
        tables: planned,
        form: TimeForm::default(),
    })
}

fn remember(
    plan: &mut TablePlan,
    frame: &DataFrame,
    table: &str,
    column: &str,
    role: &'static str,
) -> Result<(), Error> {
    if let Some(kind) = kind_of(frame, table, column, role)? {
        plan.kinds.insert(column.to_string(), kind);
    }
    Ok(())
}

/// The most frequent labels of a column, then sorted.
fn categories(frame: &DataFrame, column: &str, most: usize) -> Result<Vec<String>, Error> {
    let Ok(cells) = frame.column(column) else {
        return Ok(Vec::new());
    };
    let cells = cells.rechunk();
    let encoded = Cells::of(&cells)
        .map_err(|_| crate::data::Error::NoColumn {
            column: column.to_string(),
        })?
        .encode(frame.height());
    let counts = encoded.counts();
    let mut found: Vec<(u64, String)> = counts.into_iter().zip(encoded.distinct).collect();
    found.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    found.truncate(most);
    let mut labels: Vec<String> = found.into_iter().map(|(_, label)| label).collect();
    let numbers: Option<Vec<f64>> = labels.iter().map(|label| label.parse().ok()).collect();
    match numbers {
        Some(_) => labels.sort_by(|a, b| {
            let number = |label: &str| label.parse::<f64>().unwrap_or(f64::NAN);
            number(a).total_cmp(&number(b)).then_with(|| a.cmp(b))
        }),
        None => labels.sort(),
    }
    Ok(labels)
}
