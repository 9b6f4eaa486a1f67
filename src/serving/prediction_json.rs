//! Parts of a prediction as JSON, written straight into a buffer: for answers and for the prediction log.

use super::served::Served;
use crate::serving::rows::Rows;

/// A row's id: its own, else the request's with the row's number.
pub fn id(out: &mut Vec<u8>, rows: &Rows, unique: &str, row: usize) {
    match rows.ids.get(row) {
        Some(own) => text(out, own),
        None => {
            out.push(b'"');
            out.extend_from_slice(unique.as_bytes());
            out.push(b'-');
            whole(out, row as u64);
            out.push(b'"');
        }
    }
}

/// What is predicted of a row, as JSON: its class, or where numbers are predicted the number.
pub fn prediction(out: &mut Vec<u8>, served: &Served, class: usize, answers: &[f64]) {
    if served.is_of_numbers() {
        number(out, answers[0]);
    } else {
        out.extend_from_slice(served.labels[class].as_bytes());
    }
}

/// P of each class by its index, also with two classes.
pub fn per_class(served: &Served, probabilities: &[f64]) -> Vec<f64> {
    if served.bundle.is_binary() {
        vec![1.0 - probabilities[0], probabilities[0]]
    } else {
        probabilities.to_vec()
    }
}

/// A text as JSON. Writing into memory cannot fail.
pub fn text(out: &mut Vec<u8>, text: &str) {
    let _ = serde_json::to_writer(out, text);
}

/// The shortest text that reads back as the same number; what is none is `null`.
pub fn number(out: &mut Vec<u8>, number: f64) {
    let _ = serde_json::to_writer(out, &number);
}

/// A whole number.
pub fn whole(out: &mut Vec<u8>, number: u64) {
    let _ = serde_json::to_writer(out, &number);
}
