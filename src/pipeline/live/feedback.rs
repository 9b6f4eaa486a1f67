//! Takes labels in: each is checked against the model and comes to an outcome of its own.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::bundle::Bundle;
use crate::clock::instant_ms;
use crate::config::label::Label;
use crate::live::{Outcome, Spans, outcome};
use crate::model_types::PredictionId;
use crate::pipeline::{Env, Error};

/// A label as it is given.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Given {
    /// Id of the answer, as it was given with it.
    pub id: PredictionId,
    /// The true class or number.
    pub label: Label,
    /// When it was seen to be so, RFC 3339 with its offset. Default: now.
    #[serde(default)]
    pub observed_at: Option<String>,
    /// Who says so. Default: empty.
    #[serde(default)]
    pub source: Option<String>,
}

/// What became of one label.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Item {
    /// Id of the answer.
    pub id: PredictionId,
    /// What became of it.
    pub outcome: Outcome,
    /// Why, where that is not plain.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<&'static str>,
}

/// What became of labels.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LabelsReport {
    /// The model.
    pub model: String,
    /// Whether nothing was written.
    pub dry_run: bool,
    /// Labels per outcome; outcomes that none came to are left out.
    pub counts: BTreeMap<&'static str, u64>,
    /// Each label, in the order in which they were given.
    pub labels: Vec<Item>,
}

/// Longest id and longest source.
const MOST_TEXT: usize = 200;

/// Takes labels in, all or none. The same labels again change nothing.
///
/// # Errors
/// When the registry cannot be written; nothing was recorded then.
pub async fn give(
    env: &Env,
    bundle: &Bundle,
    given: Vec<Given>,
    dry_run: bool,
) -> Result<LabelsReport, Error> {
    let now_ms = env.clock.now_ms();
    let settings = &env.config.labels;
    let spans = Spans {
        keep_ms: settings.keep_ms(),
        hold_ms: settings.hold_ms(),
    };
    let read: Vec<Result<crate::live::Given, &'static str>> = given
        .iter()
        .map(|given| checked(bundle, given, now_ms))
        .collect();
    let well: Vec<crate::live::Given> = read.iter().flatten().cloned().collect();
    let outcomes = env
        .registry
        .put_labels(&env.config.name, &well, now_ms, dry_run, |label, known| {
            outcome(label, known, now_ms, spans)
        })
        .await?;
    let mut outcomes = outcomes.into_iter();
    let items = given.into_iter().zip(read).map(|(given, read)| match read {
        Err(reason) => Item {
            id: given.id,
            outcome: Outcome::Invalid,
            reason: Some(reason),
        },
        Ok(_) => {
            // There is one for each.
            let outcome = outcomes.next().unwrap_or(Outcome::Unknown);
            Item {
                id: given.id,
                outcome,
                reason: why(outcome),
            }
        }
    });
    let labels: Vec<Item> = items.collect();
    let mut counts = BTreeMap::new();
    for item in &labels {
        *counts.entry(item.outcome.name()).or_default() += 1;
    }
    Ok(LabelsReport {
        model: env.config.name.clone(),
        dry_run,
        counts,
        labels,
    })
}

fn why(outcome: Outcome) -> Option<&'static str> {
    match outcome {
        Outcome::Conflict => Some(
            "another label of the same time says otherwise; neither counts until one with a newer `observed_at` comes",
        ),
        Outcome::Held => Some("the answer is not known yet; the label waits for it"),
        Outcome::Unknown => Some("there is no answer of this id"),
        Outcome::TooLate => Some("the answer is kept no more; `labels.keep_days` says how long"),
        Outcome::Superseded => Some("a newer label of this answer is known"),
        Outcome::Recorded | Outcome::Unchanged | Outcome::Replaced | Outcome::Invalid => None,
    }
}

/// A label that can be one of the model's, or why it cannot.
fn checked(
    bundle: &Bundle,
    given: &Given,
    now_ms: i64,
) -> Result<crate::live::Given, &'static str> {
    let source = given.source.as_deref().unwrap_or_default();
    if given.id.is_empty() || given.id.len() > MOST_TEXT || source.len() > MOST_TEXT {
        return Err("`id` and `source` are texts of up to 200 bytes, and `id` is not empty");
    }
    let label = given.label.spelled();
    let is_one = if bundle.classes.is_empty() {
        label.parse().is_ok_and(|number: f64| number.is_finite())
    } else {
        bundle.classes.contains(&label)
    };
    if !is_one {
        return Err(if bundle.classes.is_empty() {
            "the label is not a number, and the model predicts numbers"
        } else {
            "the label is not a class of the model"
        });
    }
    let observed_ms = match given.observed_at.as_deref() {
        None | Some("") => now_ms,
        Some(text) => instant_ms(text)
            .ok_or("`observed_at` is not an instant with an offset, like 2026-11-29T10:00:00Z")?,
    };
    Ok(crate::live::Given {
        id: given.id.clone(),
        label,
        observed_ms,
        source: source.to_string(),
    })
}
