//! A version, ready to answer.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use crate::bundle::{Bundle, Scorer, Slot};
use crate::config::features::DatePart;
use crate::data::rules::{Checker, Rule};
use crate::data::{Kind, NumberForm, TimeForm};
use crate::evaluate::Task;
use crate::features::{CellRef, Dates, is_encoded_as_number};
use crate::model_types::{Sha256, VersionNumber};
use crate::serving::probation::counts::Counts;
use crate::serving::probation::sample::Sample;
use serde::Serialize;
use utoipa::ToSchema;

/// A version, loaded, verified and ready to answer. Never changes.
pub struct Served {
    /// The model.
    pub model: String,
    /// The version.
    pub version: VersionNumber,
    /// Since when it is or was the champion, in milliseconds since 1970; 0 where that is not known.
    pub since_ms: i64,
    /// Checksum of its bundle.
    pub sha256: Sha256,
    /// The bundle.
    pub bundle: Bundle,
    /// Cells of a CSV body that mean "missing".
    pub null_values: Vec<String>,
    /// The bundle, compiled.
    pub scorer: Scorer,
    /// What it knows of each column's name.
    pub fields: HashMap<Box<str>, Field>,
    /// Per column that a row of a request has. Where nothing is prepared, these are the model's inputs.
    pub inputs: Vec<InputFacts>,
    /// Per input of the model, in the scorer's order: what the slots of a row are.
    pub model_inputs: Vec<InputFacts>,
    /// The same facts as far as they tell usual slots from unusual ones, close together.
    usual: Box<[Usual]>,
    /// A row in which every input of the model is missing.
    pub blank: Box<[Slot]>,
    /// Each class as it stands in an answer: JSON, a number where the target was one; none where numbers are predicted.
    pub labels: Vec<Box<str>>,
    /// When it was loaded.
    pub loaded: Instant,
    /// How often it predicted each class.
    pub tally: Tally,
    /// What requests came to that it was picked for.
    pub counts: Counts,
    /// Rows that are to be compared with another version's answers.
    pub sample: Sample,
}

/// Predictions per class; of numbers all together.
#[derive(Debug)]
pub struct Tally(Box<[AtomicU64]>);

impl Tally {
    /// None yet, of `n_classes`.
    pub(super) fn new(n_classes: usize) -> Self {
        Tally((0..n_classes).map(|_| AtomicU64::new(0)).collect())
    }

    /// A row was predicted to be of this class.
    #[inline]
    pub fn add(&self, class: u32) {
        if let Some(count) = self.0.get(class as usize) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// In the order of the classes.
    pub fn counts(&self) -> impl Iterator<Item = u64> {
        self.0.iter().map(|count| count.load(Ordering::Relaxed))
    }
}

/// What a column of a request is to a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// Input at this position.
    Input(usize),
    /// A column of the training data that is not learned from: the target, a key, a dropped one.
    Unused,
}

/// What is known of an input from training.
#[derive(Debug, Clone)]
pub struct InputFacts {
    /// Its name.
    pub name: String,
    /// Its name and a colon, as JSON has them.
    pub key: Box<str>,
    /// Its kind.
    pub kind: Kind,
    /// Smallest and largest number seen in training.
    pub range: Option<(f64, f64)>,
    /// Position of "other" in a text column's table.
    pub other: Option<u32>,
    /// How its cells are read as times, where they are: what is none is rejected.
    pub time: Option<TimeForm>,
    /// The rule that is enforced.
    pub rule: Option<Checker>,
    /// How its numbers are written, where they are not plain.
    pub reading: Option<NumberForm>,
    /// Whether a computed column counts on whole numbers in it.
    pub is_whole: bool,
    /// Whether a finite number goes into a slot as it is: it is the model's own input, and nothing is ruled, read as a time or
    /// computed.
    pub is_plain: bool,
    /// Whether a text goes into a slot as it is where it is a category: as with numbers.
    pub is_label: bool,
}

impl InputFacts {
    /// Whether a text that is a plainly written number is that number: no other form of numbers was learned.
    pub fn is_plainly_written(&self) -> bool {
        self.is_plain && self.reading.is_none()
    }

    /// What is unusual about a cell: no such category or number was seen in training.
    pub fn unusual(&self, slot: &Slot) -> Option<WarningKind> {
        match slot {
            Slot::Entry(entry) if Some(*entry) == self.other => Some(WarningKind::UnknownCategory),
            Slot::Number(number) => {
                let (low, high) = self.range?;
                (*number < low || *number > high).then_some(WarningKind::OutsideTrainingRange)
            }
            _ => None,
        }
    }
}

/// Which slots of an input are usual.
#[derive(Debug, Clone, Copy)]
struct Usual {
    low: f64,
    high: f64,
    /// The entry of categories that training did not have; one that never is where there is none.
    other: u32,
}

impl Usual {
    fn of(facts: &InputFacts) -> Usual {
        let (low, high) = facts.range.unwrap_or((f64::NEG_INFINITY, f64::INFINITY));
        let other = facts.other.unwrap_or(u32::MAX);
        Usual { low, high, other }
    }

    #[inline]
    fn has(&self, slot: &Slot) -> bool {
        match slot {
            Slot::Number(number) => !(*number < self.low || *number > self.high),
            Slot::Entry(entry) => *entry != self.other,
            Slot::Missing | Slot::Text(_) => true,
        }
    }
}

impl Served {
    /// Whether there may be something unusual about a row; [`InputFacts::unusual`] says what of each of its slots.
    #[inline]
    pub fn may_warn(&self, slots: &[Slot]) -> bool {
        let mut pairs = self.usual.iter().zip(slots);
        !pairs.all(|(usual, slot)| usual.has(slot))
    }

    /// Whether it predicts numbers; then there are no classes, labels and probabilities.
    pub fn is_of_numbers(&self) -> bool {
        self.bundle.task() == Task::Regression
    }

    /// The probability that an answer shows: P of the positive class where there are two, else of the class that is predicted.
    pub fn probability(&self, label: u32, probabilities: &[f64]) -> f64 {
        let at = if self.bundle.is_binary() {
            0
        } else {
            label as usize
        };
        probabilities[at]
    }

    /// Makes a verified bundle ready to answer.
    pub fn new(
        model: &str,
        version: VersionNumber,
        since_ms: i64,
        sha256: Sha256,
        null_values: Vec<String>,
        bundle: Bundle,
    ) -> Self {
        let scorer = bundle.scorer();
        let mut fields: HashMap<Box<str>, Field> = HashMap::new();
        for column in &bundle.profile {
            fields.insert(column.name.as_str().into(), Field::Unused);
        }
        fields.insert(bundle.target.as_str().into(), Field::Unused);
        let facts = |name: &str, kind: Kind, other: Option<u32>| {
            let profile = bundle.profile.iter().find(|it| it.name == name);
            let range = profile.and_then(|column| Some((column.min?, column.max?)));
            let enforced = |rule: &&Rule| rule.on_violation.is_some() && !rule.is_empty();
            let mut rules = bundle.rules.iter().filter(|it| it.column == name);
            InputFacts {
                rule: rules.find(enforced).map(Checker::new),
                reading: bundle
                    .reading
                    .get(name)
                    .filter(|_| is_encoded_as_number(kind))
                    .cloned(),
                name: name.to_string(),
                key: format!("{}:", serde_json::Value::from(name)).into(),
                kind,
                range: range.filter(|_| is_encoded_as_number(kind)),
                other,
                time: None,
                is_whole: false,
                is_plain: false,
                is_label: false,
            }
        };
        let of_model = bundle.transformer.inputs.iter().map(|input| {
            let categories = input.step.categories();
            let other = categories.map(|categories| categories.len() as u32 + 1);
            let mut dates = bundle.transformer.prepare.dates.iter();
            let of_days = dates.find(|it| it.name_of(DatePart::Days) == input.name);
            let facts = facts(&input.name, input.kind, other);
            InputFacts {
                range: facts.range.or(of_days.and_then(Dates::usual_days)),
                ..facts
            }
        });
        let model_inputs: Vec<InputFacts> = of_model.collect();
        let prepare = &bundle.transformer.prepare;
        let inputs: Vec<InputFacts> = if prepare.is_empty() {
            let plain = |(position, facts): (usize, &InputFacts)| InputFacts {
                is_plain: facts.rule.is_none()
                    && facts.kind.is_numeric()
                    && scorer.reads_number(position),
                is_label: facts.rule.is_none() && facts.kind == Kind::Text,
                ..facts.clone()
            };
            model_inputs.iter().enumerate().map(plain).collect()
        } else {
            let known = |name: &str| model_inputs.iter().find(|it| it.name == name);
            let whole = prepare.whole_columns();
            let raw = prepare.raw.iter().map(|column| {
                let other = known(&column.name).and_then(|input| input.other);
                InputFacts {
                    time: prepare.time_of(&column.name),
                    is_whole: whole.contains(&column.name),
                    ..facts(&column.name, column.kind, other)
                }
            });
            raw.collect()
        };
        for (position, input) in inputs.iter().enumerate() {
            fields.insert(input.name.as_str().into(), Field::Input(position));
        }
        let target = bundle.profile.iter().find(|it| it.name == bundle.target);
        let kind = target.map_or(Kind::Text, |column| column.kind);
        let labels = bundle.classes.iter().map(|class| label(class, kind));
        Served {
            labels: labels.collect(),
            model: model.to_string(),
            version,
            since_ms,
            sha256,
            null_values,
            loaded: Instant::now(),
            // Numbers are counted as one kind.
            tally: Tally::new(bundle.classes.len().max(1)),
            counts: Counts::default(),
            sample: Sample::default(),
            blank: (0..model_inputs.len())
                .map(|position| scorer.read(position, CellRef::Missing))
                .collect(),
            scorer,
            fields,
            inputs,
            usual: model_inputs.iter().map(Usual::of).collect(),
            model_inputs,
            bundle,
        }
    }

    /// Whether the columns of a request are not the inputs of the model.
    pub fn is_prepared(&self) -> bool {
        !self.bundle.transformer.prepare.is_empty()
    }

    /// A cell of a request's column as the model reads it; missing where the model reads only what is made of the column.
    pub fn read(&self, position: usize, cell: CellRef<'_>) -> Slot {
        let position = if self.is_prepared() {
            let name = &self.inputs[position].name;
            self.model_inputs.iter().position(|it| it.name == *name)
        } else {
            Some(position)
        };
        position.map_or(Slot::Missing, |position| self.scorer.read(position, cell))
    }
}

/// A class as JSON: `1` and `true` stay what they were in the data.
pub(super) fn label(class: &str, kind: Kind) -> Box<str> {
    let is_plain = match kind {
        Kind::Integer => class.parse::<i64>().is_ok(),
        Kind::Number => serde_json::from_str::<f64>(class).is_ok(),
        Kind::Boolean => matches!(class, "true" | "false"),
        Kind::Text => false,
    };
    if is_plain {
        class.into()
    } else {
        serde_json::Value::from(class).to_string().into()
    }
}

/// What is unusual about a value.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum WarningKind {
    /// The training data did not have this text, or too seldom to learn from it.
    UnknownCategory,
    /// The training data had no number as small or as large.
    OutsideTrainingRange,
}

impl WarningKind {
    /// Its name in an answer.
    pub fn name(&self) -> &'static str {
        match self {
            WarningKind::UnknownCategory => "unknown_category",
            WarningKind::OutsideTrainingRange => "outside_training_range",
        }
    }
}
