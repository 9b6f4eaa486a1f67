//! What an inference is answered with: the outputs a model has, which of them were asked for, and how they are written.

use std::io::Write;
use std::time::Instant;

use super::wire::{Asked, bad};
use crate::serve::fleet::Served;
use crate::serve::rows::{Rows, too_slow};
use crate::serve::written::{number, ranked, text};
use crate::serve::{Problem, Request};

/// Rows between two looks at the clock.
const ROWS_PER_LOOK: usize = 512;

/// An output of a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The label of each row.
    Predict,
    /// The probability of each class.
    PredictProba,
    /// The probability of the positive class; with two classes only.
    Probability,
}

impl Kind {
    /// The outputs of a version, in their order.
    pub fn of(served: &Served) -> Vec<Kind> {
        let mut kinds = vec![Kind::Predict, Kind::PredictProba];
        if served.bundle.is_binary() {
            kinds.push(Kind::Probability);
        }
        kinds
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Predict => "predict",
            Kind::PredictProba => "predict_proba",
            Kind::Probability => "probability",
        }
    }
}

/// Labels as elements of a tensor.
pub enum Labels {
    /// All classes are whole numbers.
    Integers(Vec<i64>),
    /// All are numbers.
    Numbers(Vec<f64>),
    /// They are `true` and `false`.
    Booleans(Vec<bool>),
    /// Anything else.
    Texts(Vec<String>),
}

impl Labels {
    /// The labels of a version, class by class.
    pub fn of(served: &Served) -> Self {
        fn all<T: serde::de::DeserializeOwned>(served: &Served) -> Option<Vec<T>> {
            let labels = served.labels.iter();
            labels
                .map(|label| serde_json::from_str(label).ok())
                .collect()
        }
        if let Some(labels) = all(served) {
            Labels::Integers(labels)
        } else if let Some(labels) = all(served) {
            Labels::Numbers(labels)
        } else if let Some(labels) = all(served) {
            Labels::Booleans(labels)
        } else {
            Labels::Texts(served.bundle.classes.clone())
        }
    }

    /// The datatype that holds them.
    pub fn datatype(&self) -> &'static str {
        match self {
            Labels::Integers(_) => "INT64",
            Labels::Numbers(_) => "FP64",
            Labels::Booleans(_) => "BOOL",
            Labels::Texts(_) => "BYTES",
        }
    }
}

/// An output that is to be written.
pub struct Wanted {
    kind: Kind,
    is_bytes: bool,
    /// The likeliest so many classes as texts, instead of all as numbers.
    n_classes: Option<usize>,
}

/// What was asked for; all outputs where nothing was.
///
/// # Errors
/// 400 with everything that is wrong with it.
pub fn wanted(asked: &Asked<'_>, served: &Served) -> Result<Vec<Wanted>, Problem> {
    let kinds = Kind::of(served);
    let by_default = asked.wants_bytes();
    let outputs = asked.outputs.as_deref().unwrap_or_default();
    if outputs.is_empty() {
        let plain = |kind| Wanted {
            kind,
            is_bytes: by_default,
            n_classes: None,
        };
        return Ok(kinds.into_iter().map(plain).collect());
    }
    let mut wanted: Vec<Wanted> = Vec::new();
    let mut faults = Vec::new();
    for (at, output) in outputs.iter().enumerate() {
        let Some(&kind) = kinds.iter().find(|kind| kind.name() == output.name) else {
            let names: Vec<_> = kinds.iter().map(|kind| kind.name()).collect();
            let names = names.join(", ");
            faults.push(format!("outputs[{at}] is not known; there is {names}"));
            continue;
        };
        let name = kind.name();
        if wanted.iter().any(|other| other.kind == kind) {
            faults.push(format!("the output `{name}` is asked for twice"));
        }
        let parameters = output.parameters.as_ref();
        if parameters.is_some_and(|it| it.is_shared()) {
            faults.push(format!(
                "the output `{name}` cannot go into shared memory, which is not offered"
            ));
        }
        let n_classes = parameters.and_then(|it| it.classification);
        if n_classes == Some(0) {
            faults.push(format!(
                "`classification` of the output `{name}` is at least 1"
            ));
        }
        if n_classes.is_some() && kind != Kind::PredictProba {
            faults.push(format!(
                "`classification` is for the output `predict_proba`, not for `{name}`"
            ));
        }
        let most = served.bundle.classes.len();
        let limited = |n: u64| usize::try_from(n).map_or(most, |n| n.min(most));
        wanted.push(Wanted {
            kind,
            is_bytes: parameters
                .and_then(|it| it.binary_data)
                .unwrap_or(by_default),
            n_classes: n_classes.map(limited),
        });
    }
    if !faults.is_empty() {
        return Err(bad(faults.join("; ")));
    }
    Ok(wanted)
}

/// What the model says of the rows.
pub struct Scored {
    n_rows: usize,
    /// `(n_rows, width)`: P(positive), or one per class.
    probabilities: Vec<f64>,
    width: usize,
    /// Class of each row.
    labels: Vec<u32>,
}

/// Scores rows.
///
/// # Errors
/// When the time is over before the last row.
pub fn score(served: &Served, rows: &Rows, request: &Request) -> Result<Scored, Problem> {
    let width = served.scorer.n_outputs();
    let mut probabilities = vec![0.0; rows.n_rows * width];
    let mut labels = Vec::with_capacity(rows.n_rows);
    for (row, own) in probabilities.chunks_exact_mut(width).enumerate() {
        if row % ROWS_PER_LOOK == ROWS_PER_LOOK - 1 && Instant::now() > request.deadline {
            return Err(too_slow());
        }
        let slots = rows.row(row).iter().copied();
        served.scorer.score_slots(slots, own);
        labels.push(served.scorer.label(own, served.bundle.threshold));
    }
    Ok(Scored {
        n_rows: rows.n_rows,
        probabilities,
        width,
        labels,
    })
}

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
        wanted: &[Wanted],
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

    fn output(&mut self, served: &Served, scored: &Scored, output: &Wanted) {
        let n_rows = scored.n_rows;
        let n_classes = served.bundle.classes.len();
        let name = output.kind.name();
        let of_row = |row: usize| &scored.probabilities[row * scored.width..][..scored.width];
        match (output.kind, output.n_classes) {
            (Kind::Predict, _) => {
                let classes = scored.labels.iter().map(|&class| class as usize);
                self.labels(name, n_rows, &Labels::of(served), classes, output.is_bytes);
            }
            (Kind::Probability, _) => {
                let numbers = scored.probabilities.iter().copied();
                self.head(name, "FP64", &[n_rows]);
                self.numbers(numbers, output.is_bytes);
            }
            (Kind::PredictProba, None) => {
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
            (Kind::PredictProba, Some(n)) => {
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
                self.texts(classes.map(|class| labels[class].as_str()), is_bytes)
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
