//! One row of a request as a line: columns out of slots, and the prediction as the answer gave it.

use chrono::SecondsFormat;

use super::kept::Kept;
use crate::bundle::Slot;
use crate::data::Kind;
use crate::features::{Cell, is_encoded_as_number};
use crate::serving::prediction_json::{id, number, per_class, prediction, text};
use crate::serving::rows::Rows;
use crate::serving::served::Served;

/// Whole numbers up to here are the same as a float.
const MOST_EXACT: f64 = 9_007_199_254_740_992.0;

/// Writes a line per row: `{"at", "id", "request_id", "model", "version", "row", "given", "prediction", "probability"}`,
/// `"flagged"` where the version flags a share of numbers, `"given"` where the model's inputs are made of the columns of requests, with more than two classes `"probabilities"` instead of
/// the last, of numbers neither.
pub fn write_lines(out: &mut Vec<u8>, kept: &Kept) {
    let Kept { served, rows, .. } = kept;
    let mut probabilities = vec![0.0; served.scorer.n_outputs()];
    let at = kept.at.to_rfc3339_opts(SecondsFormat::Millis, true);
    for row in 0..rows.n_rows {
        let slots = rows.row(row);
        served
            .scorer
            .score_slots(slots, &mut Vec::new(), &mut probabilities);
        let label = served.scorer.label(&probabilities, kept.threshold);
        out.extend_from_slice(b"{\"at\":");
        text(out, &at);
        out.extend_from_slice(b",\"id\":");
        id(out, rows, &kept.unique, row);
        out.extend_from_slice(b",\"request_id\":");
        text(out, &kept.request_id);
        out.extend_from_slice(b",\"model\":");
        text(out, &served.model);
        out.extend_from_slice(format!(",\"version\":{},\"row\":{{", served.version).as_bytes());
        for (position, slot) in slots.iter().enumerate() {
            if position > 0 {
                out.push(b',');
            }
            text(out, &served.model_inputs[position].name);
            out.push(b':');
            cell(out, served, rows, (row, position), slot);
        }
        out.push(b'}');
        given(out, served, rows, row);
        out.extend_from_slice(b",\"prediction\":");
        prediction(out, served, label as usize, &probabilities);
        if let Some(flag) = &served.bundle.flag {
            let flagged = flag.flags(probabilities[0]);
            out.extend_from_slice(format!(",\"flagged\":{flagged}").as_bytes());
        }
        if served.is_of_numbers() {
            // The number is all there is.
        } else if served.bundle.is_binary() {
            out.extend_from_slice(b",\"probability\":");
            number(out, probabilities[0]);
        } else {
            out.extend_from_slice(b",\"probabilities\":");
            let mut before = b'{';
            for (class, p) in per_class(served, &probabilities).into_iter().enumerate() {
                out.push(before);
                text(out, &served.bundle.classes[class]);
                out.push(b':');
                number(out, p);
                before = b',';
            }
            out.push(b'}');
        }
        out.extend_from_slice(b"}\n");
    }
}

/// Of a model whose inputs are made of the columns of requests, those columns.
fn given(out: &mut Vec<u8>, served: &Served, rows: &Rows, row: usize) {
    let width = served.inputs.len();
    let Some(cells) = rows.given.get(row * width..(row + 1) * width) else {
        return;
    };
    let mut before = b'{';
    for (input, cell) in served.inputs.iter().zip(cells) {
        if before == b'{' {
            out.extend_from_slice(b",\"given\":");
        }
        out.push(before);
        text(out, &input.name);
        out.push(b':');
        match cell {
            Cell::Missing => out.extend_from_slice(b"null"),
            Cell::Boolean(flag) => out.extend_from_slice(flag.to_string().as_bytes()),
            Cell::Integer(number) => out.extend_from_slice(number.to_string().as_bytes()),
            Cell::Number(value) => numeric(out, input.kind, *value),
            Cell::Text(words) => text(out, words),
        }
        before = b',';
    }
    if before == b',' {
        out.push(b'}');
    }
}

/// A cell as the model saw it.
fn cell(out: &mut Vec<u8>, served: &Served, rows: &Rows, at: (usize, usize), slot: &Slot) {
    let input = &served.bundle.transformer.inputs[at.1];
    match slot {
        Slot::Missing => out.extend_from_slice(b"null"),
        Slot::Number(value) => numeric(out, input.kind, *value),
        Slot::Text(words) => text(out, words),
        &Slot::Entry(entry) => {
            let categories = input.step.categories();
            let category = categories.and_then(|all| all.get(entry as usize).map(String::as_str));
            let is_other = Some(entry) == served.model_inputs[at.1].other;
            match category.or_else(|| rows.unknown_category(at.0, at.1).filter(|_| is_other)) {
                // A number that is known by its category is spelled as one.
                Some(number) if is_encoded_as_number(input.kind) => {
                    out.extend_from_slice(number.as_bytes());
                }
                Some(category) => text(out, category),
                None => out.extend_from_slice(b"null"),
            }
        }
    }
}

/// The number as its column spells numbers.
fn numeric(out: &mut Vec<u8>, kind: Kind, value: f64) {
    let is_whole = value.fract() == 0.0 && value.abs() < MOST_EXACT;
    match kind {
        Kind::Boolean if value == 0.0 => out.extend_from_slice(b"false"),
        Kind::Boolean if value == 1.0 => out.extend_from_slice(b"true"),
        Kind::Integer if is_whole && !(value == 0.0 && value.is_sign_negative()) => {
            out.extend_from_slice((value as i64).to_string().as_bytes());
        }
        _ => number(out, value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_spelled_as_their_columns_spell_them() {
        let cases = [
            (Kind::Integer, 78.0, "78"),
            (Kind::Integer, -3.0, "-3"),
            (Kind::Integer, 0.5, "0.5"),
            (Kind::Integer, 1e300, "1e+300"),
            (Kind::Integer, -0.0, "-0.0"),
            (Kind::Number, 78.0, "78.0"),
            (Kind::Number, 0.1, "0.1"),
            (Kind::Boolean, 1.0, "true"),
            (Kind::Boolean, 0.0, "false"),
        ];
        for (kind, value, expected) in cases {
            let mut out = Vec::new();
            numeric(&mut out, kind, value);
            let text = String::from_utf8(out).expect("text");
            assert_eq!(text, expected, "{kind:?}");
            if kind != Kind::Boolean {
                let back: f64 = serde_json::from_str(&text).expect("a number");
                assert_eq!(back.to_bits(), value.to_bits(), "{text}");
            }
        }
    }

    #[test]
    fn the_last_text_of_a_cell_is_found() {
        let rows = Rows {
            n_rows: 3,
            slots: Vec::new(),
            given: Vec::new(),
            unknown_categories: vec![
                (0, 1, "a".into()),
                (2, 0, "b".into()),
                (2, 1, "c".into()),
                (2, 0, "d".into()),
            ],
            ids: Vec::new(),
        };
        assert_eq!(rows.unknown_category(0, 1), Some("a"));
        assert_eq!(rows.unknown_category(1, 0), None);
        assert_eq!(rows.unknown_category(2, 0), Some("d"));
        assert_eq!(rows.unknown_category(2, 1), Some("c"));
    }
}
