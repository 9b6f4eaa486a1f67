//! Predictions as JSON, written straight into one buffer.

use std::sync::Arc;

use super::rows::{Options, Rows};
use super::scored::predict_each;
use super::{Problem, Request, State};
use crate::bundle::Slot;
use crate::explain;
use crate::http::budget::{For, too_slow};
use crate::serving::predict::{Predicted, ROWS_PER_LOOK, Scoring};
use crate::serving::prediction_json::{id, number, per_class, prediction, text, whole};
use crate::serving::served::Served;

/// Bytes that a row takes about, for the size of the buffer.
const ROW_BYTES: usize = 96;
/// Most words of a text that are listed.
const MOST_WORDS: usize = 50;

/// `{"model", "version", "request_id", "predictions": [{"id", "prediction", "probability", …}]}`; of numbers without the
/// probability. The rows end in the prediction log where there is one.
///
/// # Errors
/// When the time is over before the last row, or there is no room for the answer.
pub fn write_predictions(
    state: &State,
    served: &Arc<Served>,
    rows: Rows,
    options: &Options,
    request: &Request,
) -> Result<Vec<u8>, Problem> {
    let mut out = Vec::with_capacity(160 + rows.n_rows * ROW_BYTES);
    out.extend_from_slice(b"{\"model\":");
    text(&mut out, &served.model);
    out.extend_from_slice(b",\"version\":");
    whole(&mut out, served.version.get() as u64);
    out.extend_from_slice(b",\"request_id\":");
    text(&mut out, &request.id);
    out.extend_from_slice(b",\"predictions\":[");
    let how = scoring(served, options);
    let hold = |out: &mut Vec<u8>| request.work.hold(For::Answer, out.capacity());
    let write = |out: &mut Vec<u8>, it: &Predicted<'_>| {
        if it.row > 0 {
            out.push(b',');
        }
        write_row(out, served, it, options, how.threshold, request)
    };
    predict_each((state, request), served, rows, how, &mut out, hold, write)?;
    out.extend_from_slice(b"]}");
    Ok(out)
}

/// How rows are predicted with these options.
pub fn scoring(served: &Served, options: &Options) -> Scoring {
    Scoring {
        threshold: options.threshold.unwrap_or(served.bundle.threshold),
        // What many trees say of a row's columns may take long for each row.
        rows_per_look: if options.explain || options.flips {
            1
        } else {
            ROWS_PER_LOOK
        },
    }
}

/// One row of the answer.
fn write_row(
    out: &mut Vec<u8>,
    served: &Served,
    it: &Predicted<'_>,
    options: &Options,
    threshold: f64,
    request: &Request,
) -> Result<(), Problem> {
    out.extend_from_slice(b"{\"id\":");
    id(out, it.rows, &request.unique, it.row);
    out.extend_from_slice(b",\"prediction\":");
    prediction(out, served, it.label as usize, it.probabilities);
    if let Some(flag) = &served.bundle.flag {
        let flagged = flag.flags(it.probabilities[0]);
        out.extend_from_slice(if flagged {
            b",\"flagged\":true"
        } else {
            b",\"flagged\":false"
        });
    }
    if !served.is_of_numbers() {
        out.extend_from_slice(b",\"probability\":");
        number(out, served.probability(it.label, it.probabilities));
    }
    if options.probabilities {
        all_probabilities(out, served, it.probabilities);
    }
    if let Some(n) = options.top_n {
        likeliest(out, served, it.probabilities, n);
    }
    if options.explain {
        contributions(out, served, it.slots, it.label, request)?;
    }
    if options.flips {
        flips(out, served, it.slots, threshold, request)?;
    }
    let before = out.len();
    out.extend_from_slice(b",\"warnings\":");
    if !warnings(out, served, it.slots) {
        out.truncate(before);
    }
    out.push(b'}');
    Ok(())
}

/// Class indices, likeliest first, ties in the order of the classes.
pub fn ranked(served: &Served, probabilities: &[f64]) -> Vec<(usize, f64)> {
    let mut ranked: Vec<_> = per_class(served, probabilities)
        .into_iter()
        .enumerate()
        .collect();
    ranked.sort_by(|a, b| b.1.total_cmp(&a.1));
    ranked
}

fn all_probabilities(out: &mut Vec<u8>, served: &Served, probabilities: &[f64]) {
    out.extend_from_slice(b",\"probabilities\":{");
    for (class, p) in per_class(served, probabilities).into_iter().enumerate() {
        if class > 0 {
            out.push(b',');
        }
        text(out, &served.bundle.classes[class]);
        out.push(b':');
        number(out, p);
    }
    out.push(b'}');
}

fn likeliest(out: &mut Vec<u8>, served: &Served, probabilities: &[f64], n: usize) {
    out.extend_from_slice(b",\"top\":[");
    for (at, (class, p)) in ranked(served, probabilities)
        .into_iter()
        .take(n)
        .enumerate()
    {
        if at > 0 {
            out.push(b',');
        }
        out.extend_from_slice(b"{\"prediction\":");
        out.extend_from_slice(served.labels[class].as_bytes());
        out.extend_from_slice(b",\"probability\":");
        number(out, p);
        out.push(b'}');
    }
    out.push(b']');
}

/// On the scale of the margin: log-odds of the positive class, the predicted class' own margin before the softmax, or the
/// predicted number.
fn contributions(
    out: &mut Vec<u8>,
    served: &Served,
    slots: &[Slot],
    label: u32,
    request: &Request,
) -> Result<(), Problem> {
    let output = match served.scorer.n_outputs() {
        1 => 0,
        _ => label as usize,
    };
    let predictor = &served.bundle.predictor;
    // A forest may take seconds for one row.
    let mut stopped = None;
    let mut goes_on = || {
        stopped = request.work.look().err();
        stopped.is_none()
    };
    let scorer = &served.scorer;
    let found = scorer.contributions_while(predictor, slots, output, &mut goes_on);
    let Some((bias, contributions)) = found else {
        return Err(stopped.unwrap_or_else(too_slow));
    };
    out.extend_from_slice(b",\"contributions\":{\"bias\":");
    number(out, bias);
    out.extend_from_slice(b",\"columns\":{");
    for (position, push) in contributions.into_iter().enumerate() {
        if position > 0 {
            out.push(b',');
        }
        text(out, &served.model_inputs[position].name);
        out.push(b':');
        number(out, push);
    }
    out.push(b'}');
    words(out, served, slots, output, request)?;
    out.push(b'}');
    Ok(())
}

/// What the words of each text add to its column's contribution, largest first.
fn words(
    out: &mut Vec<u8>,
    served: &Served,
    slots: &[Slot],
    output: usize,
    request: &Request,
) -> Result<(), Problem> {
    let (bundle, scorer) = (&served.bundle, &served.scorer);
    let mut n = 0;
    for (position, input) in served.model_inputs.iter().enumerate() {
        let mut stopped = None;
        let mut goes_on = || {
            stopped = request.work.look().err();
            stopped.is_none()
        };
        let found = explain::words_while(bundle, scorer, slots, output, position, &mut goes_on);
        let Some(found) = found else {
            return Err(stopped.unwrap_or_else(too_slow));
        };
        if found.is_empty() {
            continue;
        }
        out.extend_from_slice(if n == 0 { b",\"words\":{" } else { b"," });
        text(out, &input.name);
        out.push(b':');
        // Writing into memory cannot fail.
        let _ = serde_json::to_writer(&mut *out, &found[..found.len().min(MOST_WORDS)]);
        n += 1;
    }
    if n > 0 {
        out.push(b'}');
    }
    Ok(())
}

/// The nearest value of each column that turns the answer alone.
fn flips(
    out: &mut Vec<u8>,
    served: &Served,
    slots: &[Slot],
    threshold: f64,
    request: &Request,
) -> Result<(), Problem> {
    let goes_on = || request.work.look().is_ok();
    let (bundle, scorer) = (&served.bundle, &served.scorer);
    let found = explain::counterfactuals_while(bundle, scorer, slots, threshold, false, &goes_on);
    if found.is_none() {
        request.work.look()?;
    }
    if let Some(found) = found.filter(|found| !found.is_empty()) {
        out.extend_from_slice(b",\"flips\":");
        // Writing into memory cannot fail.
        let _ = serde_json::to_writer(out, &found);
    }
    Ok(())
}

/// What is unusual about a row as a JSON list, `[{"column", "warning"}]`; returns false and writes nothing where nothing is.
pub fn warnings(out: &mut Vec<u8>, served: &Served, slots: &[Slot]) -> bool {
    if !served.may_warn(slots) {
        return false;
    }
    let mut is_first = true;
    for (input, slot) in served.model_inputs.iter().zip(slots) {
        let Some(what) = input.unusual(slot) else {
            continue;
        };
        out.extend_from_slice(if is_first { b"[{" } else { b",{" });
        out.extend_from_slice(b"\"column\":");
        text(out, &input.name);
        out.extend_from_slice(b",\"warning\":\"");
        out.extend_from_slice(what.name().as_bytes());
        out.extend_from_slice(b"\"}");
        is_first = false;
    }
    if !is_first {
        out.push(b']');
    }
    !is_first
}
