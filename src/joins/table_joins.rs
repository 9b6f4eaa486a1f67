//! Columns out of other tables: joined, counted, looked for.

use polars::prelude::{Column, DataFrame, IdxCa, IntoColumn, Series};

use super::error::Error;
use super::history::days;
use super::records::{Base, Label, Records, labels, times};
use super::related_plan::RelatedPlan;

/// The base table's own columns, those that training had.
pub fn base_columns(plan: &RelatedPlan, base: &Base) -> Result<Vec<Column>, Error> {
    let planned = plan.table(&plan.settings.base).columns.columns.iter();
    // One that is not there is missed where it is needed, by its name.
    Ok(planned
        .filter_map(|column| base.frame.column(&column.name).ok().cloned())
        .collect())
}

/// The labels by which each row finds records of a table.
fn wanted(plan: &RelatedPlan, base: &Base, records: &Records<'_>) -> Result<Vec<Label>, Error> {
    let name = &plan.settings.base;
    let role = "`related.tables.….on`";
    labels(&base.frame, plan.table(name), name, &records.table.on, role)
}

/// `<table>.<column>` of the one record that goes with each row, and `<table>.<column>.days`.
pub fn many_to_one(
    plan: &RelatedPlan,
    base: &Base,
    records: &Records<'_>,
    notes: &mut Vec<String>,
) -> Result<Vec<Column>, Error> {
    let wanted = wanted(plan, base, records)?;
    let mut several = 0;
    let found: Vec<Option<u32>> = wanted
        .iter()
        .zip(&base.times)
        .map(|(label, time)| {
            let rows = records.as_of(label.as_deref(), *time);
            several += usize::from(records.times.is_none() && rows.len() > 1);
            rows.last().copied()
        })
        .collect();
    if several > 0 {
        notes.push(format!(
            "{several} rows go with several records of `{}`, which is `many_to_one`; one is taken, always the same",
            records.name
        ));
    }
    let mut columns = picked(plan, records, &found, "")?;
    for column in &records.table.days_since {
        let dates = times(
            &plan.form,
            &records.frame,
            records.name,
            column,
            "`days_since`",
        )?;
        let cells = found.iter().zip(&base.times).map(|(found, time)| {
            let (date, time) = (dates[(*found)? as usize]?, (*time)?);
            (date <= time).then(|| days(time - date))
        });
        let cells: Vec<Option<f64>> = cells.collect();
        let name = format!("{}.{column}.days", records.name);
        columns.push(Column::new(name.into(), cells));
    }
    Ok(columns)
}

/// Counts and indicators over the records that go with each row, and the latest values.
pub fn one_to_many(
    plan: &RelatedPlan,
    base: &Base,
    records: &Records<'_>,
) -> Result<Vec<Column>, Error> {
    let (name, table) = (records.name, records.table);
    let wanted = wanted(plan, base, records)?;
    let rows = wanted.iter().zip(&base.times);
    let found: Vec<&[u32]> = rows
        .map(|(label, time)| records.as_of(label.as_deref(), *time))
        .collect();
    let mut columns = Vec::new();
    if table.count {
        let counts: Vec<i64> = found.iter().map(|rows| rows.len() as i64).collect();
        columns.push(Column::new(format!("{name}.count").into(), counts));
    }
    let own = plan.table(name);
    for (column, categories) in &own.categories {
        let role = "`count_by` or `any`";
        let labels = labels(&records.frame, own, name, column, role)?;
        let counts = counted(&found, &labels, categories);
        let of = |marks: Vec<i64>, name: String| Column::new(name.into(), marks);
        if table.count_by.contains(column) {
            let columns_of = categories.iter().zip(&counts);
            columns.extend(columns_of.map(|(category, counts)| {
                of(counts.clone(), format!("{name}.{column}={category}"))
            }));
        }
        if table.any.contains(column) {
            columns.extend(categories.iter().zip(counts).map(|(category, counts)| {
                let marks = counts.into_iter().map(|n| i64::from(n > 0)).collect();
                of(marks, format!("{name}.any.{column}={category}"))
            }));
        }
    }
    let latest: Vec<Option<u32>> = found.iter().map(|rows| rows.last().copied()).collect();
    columns.extend(picked(plan, records, &latest, "last.")?);
    Ok(columns)
}

/// Per category the number of records in each row's list.
fn counted(found: &[&[u32]], labels: &[Label], categories: &[String]) -> Vec<Vec<i64>> {
    let places: std::collections::HashMap<&str, usize> =
        categories.iter().map(String::as_str).zip(0..).collect();
    let place = |label: &Label| places.get(label.as_deref()?).copied();
    let places: Vec<Option<usize>> = labels.iter().map(place).collect();
    let mut counts = vec![vec![0; found.len()]; categories.len()];
    for (row, records) in found.iter().enumerate() {
        for place in records.iter().filter_map(|&it| places[it as usize]) {
            counts[place][row] += 1;
        }
    }
    counts
}

/// The planned columns of the record that was picked for each row.
fn picked(
    plan: &RelatedPlan,
    records: &Records<'_>,
    rows: &[Option<u32>],
    prefix: &str,
) -> Result<Vec<Column>, Error> {
    let mut columns = Vec::new();
    for column in &plan.table(records.name).columns.columns {
        let name = format!("{}.{prefix}{}", records.name, column.name);
        let series = match cells(&records.frame, &column.name) {
            // One that is not there is missed where it is needed, by its name; a table without records has every column.
            None if records.frame.height() > 0 => continue,
            None => Series::full_null(name.into(), rows.len(), &column.kind.dtype()),
            Some(cells) if cells.is_empty() => {
                Series::full_null(name.into(), rows.len(), cells.dtype())
            }
            Some(cells) => {
                let rows: IdxCa = rows.iter().copied().collect();
                cells.take(&rows)?.with_name(name.into())
            }
        };
        columns.push(series.rechunk().into_column());
    }
    Ok(columns)
}

fn cells(frame: &DataFrame, column: &str) -> Option<Series> {
    let column = frame.column(column).ok()?;
    Some(column.as_materialized_series().clone())
}
