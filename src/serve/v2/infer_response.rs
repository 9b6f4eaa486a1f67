//! An answer in the form of the protocol: a JSON object, and behind it the bytes of the outputs that are wanted as bytes.

use std::io::Write;

use super::outputs::{Labels, OutputKind, RequestedOutput, Scored};
use crate::serve::prediction_response::ranked;
use crate::serving::prediction_json::{number, text};
use crate::serving::served::Served;

/// The JSON object of an answer, and the bytes that go behind it.
#[derive(Default)]
pub struct Written {
    /// The JSON object.
    pub json: Vec<u8>,
    /// The bytes; none when no output wants them.
    pub bytes: Option<Vec<u8>>,
}

impl Written {
    /// `{"model_name", "model_version", "id", "parameters", "outputs"}`.
    pub fn of(
        served: &Served,
        scored: &Scored,
        wanted: &[RequestedOutput],
        id: Option<&str>,
        unique: &str,
    ) -> Self {
        let mut written = Written::default();
        let json = &mut written.json;
        json.extend_from_slice(b"{\"model_name\":");
        text(json, &served.model);
        let _ = write!(json, ",\"model_version\":\"{}\"", served.version);
        if let Some(id) = id {
            json.extend_from_slice(b",\"id\":");
            text(json, id);
        }
        json.extend_from_slice(b",\"parameters\":{\"prediction_id\":");
        text(json, unique);
        json.extend_from_slice(b"},\"outputs\":[");
        for (at, output) in wanted.iter().enumerate() {
            if at > 0 {
                written.json.push(b',');
            }
            written.output(served, scored, output);
        }
        written.json.extend_from_slice(b"]}");
        written
    }

    fn output(&mut self, served: &Served, scored: &Scored, output: &RequestedOutput) {
        let n_rows = scored.n_rows;
        let n_classes = served.bundle.classes.len();
        let name = output.kind.name();
        let of_row = |row: usize| &scored.probabilities[row * scored.width..][..scored.width];
        match (output.kind, output.n_classes) {
            (OutputKind::Predict, _) if served.is_of_numbers() => {
                self.head(name, "FP64", &[n_rows]);
                self.numbers(scored.probabilities.iter().copied(), output.is_bytes);
            }
            (OutputKind::Predict, _) => {
                let classes = scored.labels.iter().copied();
                self.labels(name, n_rows, &Labels::of(served), classes, output.is_bytes);
            }
            (OutputKind::Probability, _) => {
                let numbers = scored.probabilities.iter().copied();
                self.head(name, "FP64", &[n_rows]);
                self.numbers(numbers, output.is_bytes);
            }
            (OutputKind::PredictProba, None) => {
                let is_binary = served.bundle.is_binary();
                let numbers = (0..n_rows * n_classes).map(|at| {
                    let (own, class) = (of_row(at / n_classes), at % n_classes);
                    match (is_binary, class) {
                        (true, 0) => 1.0 - own[0],
                        (true, _) => own[0],
                        (false, class) => own[class],
                    }
                });
                self.head(name, "FP64", &[n_rows, n_classes]);
                self.numbers(numbers, output.is_bytes);
            }
            (OutputKind::PredictProba, Some(n)) => {
                let texts = (0..n_rows).flat_map(|row| {
                    let likeliest = ranked(served, of_row(row)).into_iter().take(n);
                    likeliest.map(|(class, p)| {
                        let mut value = Vec::new();
                        number(&mut value, p);
                        let value = String::from_utf8_lossy(&value).into_owned();
                        format!("{value}:{class}:{}", served.bundle.classes[class])
                    })
                });
                self.head(name, "BYTES", &[n_rows, n]);
                self.texts(texts, output.is_bytes);
            }
        }
    }

    fn labels(
        &mut self,
        name: &str,
        n_rows: usize,
        labels: &Labels,
        classes: impl Iterator<Item = usize>,
        is_bytes: bool,
    ) {
        self.head(name, labels.datatype(), &[n_rows]);
        match labels {
            Labels::Integers(labels) => self.elements(
                classes.map(|class| labels[class]),
                is_bytes,
                |out, label| _ = write!(out, "{label}"),
                |out, label| out.extend_from_slice(&label.to_le_bytes()),
            ),
            Labels::Numbers(labels) => self.numbers(classes.map(|class| labels[class]), is_bytes),
            Labels::Booleans(labels) => self.elements(
                classes.map(|class| labels[class]),
                is_bytes,
                |out, label| _ = write!(out, "{label}"),
                |out, label| out.push(u8::from(label)),
            ),
            Labels::Texts(labels) => {
                self.texts(classes.map(|class| labels[class].as_str()), is_bytes);
            }
        }
    }

    fn head(&mut self, name: &str, datatype: &str, shape: &[usize]) {
        let shape: Vec<_> = shape.iter().map(ToString::to_string).collect();
        let shape = shape.join(",");
        let _ = write!(
            self.json,
            "{{\"name\":\"{name}\",\"shape\":[{shape}],\"datatype\":\"{datatype}\","
        );
    }

    fn numbers(&mut self, numbers: impl Iterator<Item = f64>, is_bytes: bool) {
        self.elements(numbers, is_bytes, number, |out, number| {
            out.extend_from_slice(&number.to_le_bytes());
        });
    }

    fn texts(&mut self, texts: impl Iterator<Item = impl AsRef<str>>, is_bytes: bool) {
        self.elements(
            texts,
            is_bytes,
            |out, element| text(out, element.as_ref()),
            |out, element| {
                let bytes = element.as_ref().as_bytes();
                // A class is far shorter than 2^32 bytes.
                out.extend_from_slice(&(bytes.len() as u32).to_le_bytes());
                out.extend_from_slice(bytes);
            },
        );
    }

    /// The elements of an output, as JSON or as bytes, and its end.
    fn elements<T>(
        &mut self,
        elements: impl Iterator<Item = T>,
        is_bytes: bool,
        as_json: impl Fn(&mut Vec<u8>, T),
        as_bytes: impl Fn(&mut Vec<u8>, T),
    ) {
        if is_bytes {
            let bytes = self.bytes.get_or_insert_default();
            let before = bytes.len();
            elements.for_each(|element| as_bytes(bytes, element));
            let size = bytes.len() - before;
            let _ = write!(
                self.json,
                "\"parameters\":{{\"binary_data_size\":{size}}}}}"
            );
            return;
        }
        self.json.extend_from_slice(b"\"data\":[");
        for (at, element) in elements.enumerate() {
            if at > 0 {
                self.json.push(b',');
            }
            as_json(&mut self.json, element);
        }
        self.json.extend_from_slice(b"]}");
    }
}
