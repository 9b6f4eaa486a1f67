//! A model's data sets over time: rows, files, and per column how much is missing and in which range it lies.

use std::sync::Arc;

use maud::{Markup, html};

use super::chart;
use super::kit::{View, count, number, percent, table, when};
use super::squares::files;
use super::trouble::trouble;
use crate::overview::{self, ColumnPoint, DataSet};
use crate::serve::admin::env_of;
use crate::serve::{Problem, Reply, Request, State};

/// Data sets that are shown.
const SHOWN: i64 = 15;

/// A model's data.
pub async fn data(state: Arc<State>, request: Request) -> Result<Reply, Problem> {
    let view = View::of(&state, &request);
    let env = env_of(&state, request.param("model"))?;
    let sets = overview::data_sets(&env, SHOWN).await;
    let sets = sets.map_err(|error| trouble(error.into()))?;
    let name = &env.config.name;
    let body = html! {
        h1 { (name) ", data" }
        p { a href=(view.link(&format!("ui/models/{name}"))) { "Back to " (name) } }
        @if sets.is_empty() { p class="card" { "No data set was made yet." } }
        @else { (columns(&sets)) (list(&view, &sets)) }
    };
    Ok(view.page(&format!("{name}, data"), &body))
}

/// Every column of the newest data set, over all of them.
fn columns(sets: &[DataSet]) -> Markup {
    let newest = &sets[0];
    let rows: Vec<Vec<Markup>> = newest
        .columns
        .iter()
        .map(|column| row(column, sets))
        .collect();
    let heads = [
        "column",
        "kind",
        "missing#",
        "missing over time",
        "min#",
        "median#",
        "max#",
        "range over time",
        "distinct#",
    ];
    html! {
        section class="card" aria-label="Columns" {
            h2 { "Columns" }
            @if newest.columns.is_empty() {
                p class="soft" { "The newest data set was made before columns were recorded; the next run records them." }
            } @else {
                p class="soft small" { "The newest data set, and the last " (sets.len()) " beside each other, oldest first. In the ranges, bars reach from the smallest to the largest value and dots are medians." }
                (table("Columns of the newest data set", &heads, &rows))
            }
        }
    }
}

fn row(column: &ColumnPoint, sets: &[DataSet]) -> Vec<Markup> {
    let name = &column.name;
    let past: Vec<Option<&ColumnPoint>> = sets
        .iter()
        .rev()
        .map(|set| set.columns.iter().find(|it| it.name == *name))
        .collect();
    let missing: Vec<Option<f64>> = past.iter().map(|it| it.map(|it| it.missing)).collect();
    let medians: Vec<Option<f64>> = past.iter().map(|it| it.and_then(|it| it.median)).collect();
    let ranges: Vec<Option<(f64, f64)>> = past
        .iter()
        .map(|it| it.and_then(|it| it.min.zip(it.max)))
        .collect();
    let none = vec![None; missing.len()];
    vec![
        html! { (name) },
        html! { (column.kind.to_string()) },
        html! { (percent(column.missing)) },
        chart::spark(
            &format!("share of missing values of {name} over data sets"),
            &missing,
            &none,
        ),
        plain(column.min),
        plain(column.median),
        plain(column.max),
        chart::spark(
            &format!("range and median of {name} over data sets"),
            &medians,
            &ranges,
        ),
        html! { (count(column.distinct)) },
    ]
}

/// A value of a column, whole where it is.
fn plain(value: Option<f64>) -> Markup {
    match value {
        Some(whole) if whole.fract() == 0.0 && whole.abs() < 1e15 => html! { (whole) },
        other => number(other),
    }
}

fn list(view: &View, sets: &[DataSet]) -> Markup {
    let rows: Vec<Vec<Markup>> = sets
        .iter()
        .map(|set| {
            vec![
                html! { a href=(view.link(&format!("ui/runs/{}", set.run))) { (when(&set.at)) } },
                html! { (count(set.rows.max(0) as u64)) },
                html! { (count(set.rows_read)) },
                html! { (count(set.duplicates)) },
                html! { (count(set.rows_rejected)) },
                html! {
                    details { summary { (files(set.files.len())) } @for file in &set.files { div class="mono" { (file) } } }
                    @for file in &set.quarantined { div class="bad" { "quarantined: " (file) } }
                },
                html! { @for note in &set.notes { div { (note) } } },
            ]
        })
        .collect();
    let heads = [
        "recorded",
        "rows#",
        "rows read#",
        "duplicates#",
        "rejected#",
        "files",
        "notes",
    ];
    html! {
        section class="card" aria-label="Data sets" {
            h2 { "Data sets" }
            (table("Newest first", &heads, &rows))
        }
    }
}
