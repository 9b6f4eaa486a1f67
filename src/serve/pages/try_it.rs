//! Try it: a form or a CSV gives the prediction, what it rests on, what is unusual, and what would have turned it.

use std::sync::Arc;

use maud::{Markup, html};
use serde_json::Value;

use super::bars::edge;
use super::chart;
use super::form::Form;
use super::kit::{View, number, percent, table};
use crate::data::Kind;
use crate::explain;
use crate::features::CellRef;
use crate::overview::short;
use crate::serve::prediction;
use crate::serve::rows::{self, Collector, Options, Rows, Strictness, version_of};
use crate::serve::work::bounds;
use crate::serve::{Code, Problem, Reply, Request, State};
use crate::serving::served::{Field, InputFacts, Served};

/// Columns up to which there is a field for each; a wider row goes in as CSV.
const MOST_FIELDS: usize = 200;
/// Rows of an answer that are shown.
const MOST_ROWS: usize = 100;

/// The form.
pub async fn form(state: Arc<State>, request: Request) -> Result<Reply, Problem> {
    let view = View::of(&state, &request);
    let served = picked(
        &state,
        &request,
        &request.query("version").unwrap_or_default(),
    )
    .await?;
    Ok(page(&view, &served, &[], "", html! {}))
}

/// The form with an answer above it.
pub async fn answer(state: Arc<State>, request: Request) -> Result<Reply, Problem> {
    let view = View::of(&state, &request);
    let form = Form::read(&state, &request)?;
    let served = picked(&state, &request, form.get("version")).await?;
    let csv = form.get("csv").trim().to_string();
    let given: Vec<(String, String)> = form
        .with_prefix("c.")
        .map(|(name, value)| (name.to_string(), value.to_string()))
        .collect();
    let options = Options {
        explain: csv.is_empty(),
        flips: csv.is_empty() && explain::has_counterfactuals(&served.bundle),
        ..Options::default()
    };
    let (cells, text, of) = (given.clone(), csv.clone(), served.clone());
    let shared = state.clone();
    let done = tokio::task::spawn_blocking(move || {
        let bounds = bounds(&shared, &request);
        let rows = if text.is_empty() {
            one_row(&of, &cells, bounds)
        } else {
            rows::read_csv(
                text.as_bytes(),
                &of,
                Strictness::KnownOnly,
                &of.null_values,
                bounds,
            )
        };
        rows.and_then(|rows| prediction::answer(&shared, &of, rows, &options, &request))
    })
    .await;
    let done = done.map_err(|error| Problem::internal(&error))?;
    let (shown, status) = match done {
        Ok(reply) => {
            let body: Value = serde_json::from_slice(&reply.body).unwrap_or_default();
            (answered(&served, &body), None)
        }
        Err(problem) => {
            let shown = html! { p class="note" role="alert" { (problem.message) } };
            (shown, Some(problem.code.status()))
        }
    };
    let page = page(&view, &served, &given, &csv, shown);
    Ok(match status {
        Some(status) => page.status(status),
        None => page,
    })
}

async fn picked(state: &State, request: &Request, version: &str) -> Result<Arc<Served>, Problem> {
    let version = match version.trim() {
        "" => None,
        text => version_of(text)?,
    };
    let served = state
        .served_models
        .pick(Some(request.param("model")), version)
        .await?;
    if served.bundle.related.is_some() {
        let why = "the model is trained on related tables, for which this page has no form; POST /prediction takes `tables`";
        return Err(Problem::new(Code::Unprocessable, why));
    }
    Ok(served)
}

fn one_row(
    served: &Served,
    cells: &[(String, String)],
    bounds: rows::Bounds<'_>,
) -> Result<Rows, Problem> {
    let mut collector = Collector::new(served, Strictness::KnownOnly, bounds);
    if collector.begin_row().is_ok() {
        for (name, text) in cells {
            if let Field::Input(position) = collector.field(name) {
                let cell = match text.trim() {
                    "" => CellRef::Missing,
                    text => CellRef::Text(text),
                };
                collector.put(position, cell);
            }
        }
        collector.end_row();
    }
    collector.finish()
}

fn page(
    view: &View,
    served: &Served,
    given: &[(String, String)],
    csv: &str,
    shown: Markup,
) -> Reply {
    let (name, version) = (&served.model, served.version);
    let is_champion = format!("{name}, version {version}");
    let body = html! {
        h1 { "Try " (name) }
        p { "Version " a href=(view.link(&format!("ui/models/{name}/versions/{version}"))) { (version) } " answers. An empty field is a missing value." }
        (shown)
        form method="post" action=(view.link(&format!("ui/models/{name}/try"))) class="card" {
            (view.token())
            input type="hidden" name="version" value=(version);
            @if served.inputs.len() <= MOST_FIELDS {
                div class="fields" { @for input in &served.inputs { (field(served, input, given)) } }
            } @else { p class="soft" { "The model has " (served.inputs.len()) " columns; give rows as CSV." } }
            details open[!csv.is_empty()] {
                summary { "Rows as CSV instead" }
                label { span { "A header with the names of the columns, then rows" } textarea name="csv" spellcheck="false" { (csv) } }
            }
            p { button class="main" { "Predict" } }
        }
    };
    view.page(&format!("Try {is_champion}"), &body)
}

fn field(served: &Served, input: &InputFacts, given: &[(String, String)]) -> Markup {
    let value = given.iter().find(|(name, _)| *name == input.name);
    let profile = served
        .bundle
        .profile
        .iter()
        .find(|it| it.name == input.name);
    let usual = match (value, profile) {
        (Some((_, value)), _) => value.clone(),
        (None, Some(column)) => match (column.median, column.top.first()) {
            (Some(median), _) if input.kind == Kind::Integer => format!("{median:.0}"),
            (Some(median), _) if input.kind != Kind::Boolean => format!("{median}"),
            (_, Some((most, _))) => most.clone(),
            _ => String::new(),
        },
        (None, None) => String::new(),
    };
    let hint = match input.range {
        Some((low, high)) => format!(
            "{}, {} to {} in training",
            input.kind,
            edge(low),
            edge(high)
        ),
        None => input.kind.to_string(),
    };
    html! {
        label {
            span { (input.name) }
            input name={ "c." (input.name) } value=(usual) autocomplete="off";
            span class="small" { (hint) }
        }
    }
}

/// What was predicted, in the order of the rows.
fn answered(served: &Served, body: &Value) -> Markup {
    let rows: Vec<&Value> = body["predictions"]
        .as_array()
        .into_iter()
        .flatten()
        .collect();
    html! {
        @if let [only] = rows.as_slice() { (one(served, only)) }
        @else {
            section class="card" aria-label="Predictions" {
                h2 { (rows.len()) " predictions" }
                @let lines: Vec<Vec<Markup>> = rows.iter().take(MOST_ROWS).enumerate().map(|(at, row)| vec![
                    html! { (at + 1) }, html! { b { (plain(&row["prediction"])) } }, number(row["probability"].as_f64()), html! { (warned(row)) },
                ]).collect();
                (table("In the order of the rows", &["row#", "prediction", "probability#", "warnings"], &lines))
                @if rows.len() > MOST_ROWS { p class="soft" { "The first " (MOST_ROWS) " are shown." } }
            }
        }
    }
}

fn one(served: &Served, row: &Value) -> Markup {
    let bundle = &served.bundle;
    let probability = row["probability"].as_f64();
    html! {
        section class="card" aria-label="Prediction" {
            h2 { "Prediction: " (plain(&row["prediction"])) }
            @if let Some(p) = probability {
                p {
                    "Probability" @if bundle.is_binary() { " of " (bundle.classes[1]) } " " b { (percent(p)) }
                    @if bundle.is_binary() { ", threshold " (percent(bundle.threshold)) } "."
                }
            }
            @if let (Some(flagged), Some(flag)) = (row["flagged"].as_bool(), &bundle.flag) {
                p { @if flagged { b { "Flagged" } } @else { "Not flagged" } " (a prediction of " (flag.says()) " is)." }
            }
            @if let Some(says) = some(warned(row)) { p class="note warn" { "Unusual: " (says) } }
            (contributions(row))
            (counterfactuals(row))
        }
    }
}

fn contributions(row: &Value) -> Markup {
    let Some(columns) = row["contributions"]["columns"].as_object() else {
        return html! {};
    };
    let mut contributions: Vec<(&String, f64)> = columns
        .iter()
        .map(|(name, it)| (name, it.as_f64().unwrap_or_default()))
        .collect();
    contributions.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()));
    let reach = contributions.first().map_or(1.0, |(_, push)| push.abs());
    let rows: Vec<Vec<Markup>> = contributions
        .iter()
        .take(30)
        .map(|(name, push)| {
            vec![
                html! { (name) },
                chart::signed(&format!("{name}: {}", short(*push)), *push, None, reach),
                html! { (format!("{push:+.4}")) },
            ]
        })
        .collect();
    html! {
        h3 { "What each feature contributes" }
        p class="soft small" { "On the scale of the margin, added to " (number(row["contributions"]["bias"].as_f64())) "; to the right speaks for the predicted number or the positive class." }
        (table("Contributions, the largest first", &["feature", "", "contribution#"], &rows))
    }
}

fn counterfactuals(row: &Value) -> Markup {
    let flips: Vec<&Value> = row["flips"].as_array().into_iter().flatten().collect();
    let rows: Vec<Vec<Markup>> = flips
        .iter()
        .take(10)
        .map(|it| {
            vec![
                html! { (plain(&it["column"])) },
                html! { (plain(&it["value"])) },
                number(it["distance"].as_f64()),
            ]
        })
        .collect();
    html! {
        @if !rows.is_empty() {
            h3 { "Counterfactuals" }
            p class="soft small" { "The nearest value of one feature alone with which the prediction would be another; distances are in standard deviations." }
            (table("The nearest first", &["feature", "value", "distance#"], &rows))
        }
    }
}

/// What is unusual about a row.
fn warned(row: &Value) -> String {
    let warnings = row["warnings"].as_array().into_iter().flatten();
    let told = warnings.map(|it| {
        format!(
            "{} ({})",
            plain(&it["column"]),
            plain(&it["warning"]).replace('_', " ")
        )
    });
    told.collect::<Vec<_>>().join(", ")
}

fn some(text: String) -> Option<String> {
    Some(text).filter(|text| !text.is_empty())
}

/// A value of JSON as people write it.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => "–".to_string(),
        other => other.to_string(),
    }
}
