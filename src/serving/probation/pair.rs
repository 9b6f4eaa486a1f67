//! The version on probation and the one before it on the same rows of requests, off the threads that answer.

use std::collections::HashSet;
use std::sync::Arc;

use xxhash_rust::xxh3::xxh3_64;

use super::judge::LiveShift;
use super::sample::SampledRow;
use crate::bundle::Slot;
use crate::data::Kind;
use crate::features::CellRef;
use crate::pipeline::numbers_apart;
use crate::serving::prediction_json::per_class;
use crate::serving::served::Served;

/// Different rows after which no more are compared.
const ENOUGH_ROWS: usize = 5000;

/// Two versions that can be asked about the same rows.
pub struct Pair {
    new: Arc<Served>,
    old: Arc<Served>,
    /// Per input of the old version, which input of the new one it is.
    inputs: Vec<usize>,
    /// Per class of the old version, which class of the new one it is.
    classes: Vec<Option<usize>>,
    seen: HashSet<u64>,
    rows: u64,
    labels: u64,
    scores: f64,
    not_finite: u64,
}

impl Pair {
    /// Pairs two versions; `None` when one predicts classes and the other numbers, or when the old one reads a column that the new one does not, or as another kind: then its
    /// rows cannot be made out of those of the new one.
    pub fn new(new: Arc<Served>, old: Arc<Served>) -> Option<Self> {
        if new.is_of_numbers() != old.is_of_numbers() {
            return None;
        }
        let is_text = |kind: Kind| kind == Kind::Text;
        let place = |input: &crate::serving::served::InputFacts| {
            new.model_inputs
                .iter()
                .position(|it| it.name == input.name && is_text(it.kind) == is_text(input.kind))
        };
        let inputs = old
            .model_inputs
            .iter()
            .map(place)
            .collect::<Option<Vec<_>>>()?;
        let known = |class: &String| new.bundle.classes.iter().position(|it| it == class);
        let classes = old.bundle.classes.iter().map(known).collect();
        Some(Pair {
            new,
            old,
            inputs,
            classes,
            seen: HashSet::new(),
            rows: 0,
            labels: 0,
            scores: 0.0,
            not_finite: 0,
        })
    }

    /// Whether more rows are wanted.
    pub fn wants_more(&self) -> bool {
        self.seen.len() < ENOUGH_ROWS
    }

    /// Compares rows. One that came before says nothing new: a probe that asks the same all day counts once.
    pub fn compare(&mut self, rows: &[SampledRow]) {
        for row in rows {
            if self.wants_more() && self.seen.insert(hash_of(row)) {
                self.compare_one(row);
            }
        }
    }

    fn compare_one(&mut self, row: &SampledRow) {
        let mut room = Vec::new();
        let mut new = vec![0.0; self.new.scorer.n_outputs()];
        let mut old = vec![0.0; self.old.scorer.n_outputs()];
        self.new.scorer.score_slots(&row.slots, &mut room, &mut new);
        let cells = self.inputs.iter().enumerate();
        let slots = cells.map(|(at, &input)| self.old.scorer.read(at, self.cell(row, input)));
        let slots: Vec<Slot> = slots.collect();
        self.old.scorer.score_slots(&slots, &mut room, &mut old);
        if !new.iter().all(|it| it.is_finite()) {
            self.not_finite += 1;
            return;
        }
        // Two honest versions may say opposite things of a row that is unlike all that one of them was trained on, and
        // any caller could send such rows.
        if !(is_usual(&self.new, &row.slots) && is_usual(&self.old, &slots)) {
            return;
        }
        if self.new.is_of_numbers() {
            // No two versions say exactly the same of a row, so only how far they are apart counts.
            let apart = numbers_apart(new[0], old[0]);
            if apart.is_finite() {
                self.rows += 1;
                self.scores += apart;
            }
            return;
        }
        let new_label = self.new.scorer.label(&new, self.new.bundle.threshold);
        let old_label = self.old.scorer.label(&old, self.old.bundle.threshold);
        let is_same = self.classes[old_label as usize] == Some(new_label as usize);
        let apart = self.apart(&per_class(&self.new, &new), &per_class(&self.old, &old));
        // What the old version cannot say is not checked against the new one.
        if apart.is_finite() {
            self.rows += 1;
            self.labels += u64::from(!is_same);
            self.scores += apart;
        }
    }

    /// Total variation between the two distributions: half the sum of the differences over all classes of both.
    fn apart(&self, new: &[f64], old: &[f64]) -> f64 {
        let mut left: Vec<f64> = new.to_vec();
        let mut strange = 0.0;
        for (class, p) in self.classes.iter().zip(old) {
            match class {
                Some(class) => left[*class] -= p,
                None => strange += p,
            }
        }
        (left.iter().map(|it| it.abs()).sum::<f64>() + strange) / 2.0
    }

    /// The cell of the new version's input, as it was sent.
    fn cell<'r>(&'r self, row: &'r SampledRow, input: usize) -> CellRef<'r> {
        let entry = match &row.slots[input] {
            Slot::Missing => return CellRef::Missing,
            Slot::Number(number) => return CellRef::Number(*number),
            Slot::Text(text) => return CellRef::Text(text),
            Slot::Entry(entry) => *entry,
        };
        let categories = self.new.bundle.transformer.inputs[input].step.categories();
        let category = categories.and_then(|all| all.get(entry as usize).map(String::as_str));
        let is_other = Some(entry) == self.new.model_inputs[input].other;
        let mut unknown = row.unknown_categories.iter().rev();
        let unknown = unknown.find(|(other, _)| *other as usize == input);
        let unknown = unknown.filter(|_| is_other).map(|(_, text)| &**text);
        category.or(unknown).map_or(CellRef::Missing, CellRef::Text)
    }

    /// What was found so far.
    pub fn found(&self) -> LiveShift {
        let rows = self.rows;
        let mean = |sum: f64| if rows == 0 { 0.0 } else { sum / rows as f64 };
        LiveShift {
            rows,
            labels: mean(self.labels as f64),
            scores: mean(self.scores),
            not_finite: self.not_finite,
        }
    }
}

/// Whether every cell of a row is such as a version was trained on.
fn is_usual(served: &Served, slots: &[Slot]) -> bool {
    let mut cells = served.model_inputs.iter().zip(slots);
    cells.all(|(input, slot)| input.unusual(slot).is_none())
}

/// Whether two versions take the same columns as the same kinds.
pub fn reads_alike(new: &Served, old: &Served) -> bool {
    let is_there = |input: &crate::serving::served::InputFacts| {
        let mut same = old.inputs.iter();
        same.any(|it| it.name == input.name && it.kind == input.kind)
    };
    new.inputs.len() == old.inputs.len()
        && new.inputs.iter().all(is_there)
        && new.fields.len() == old.fields.len()
        && new.fields.keys().all(|name| old.fields.contains_key(name))
}

fn hash_of(row: &SampledRow) -> u64 {
    let mut bytes = Vec::with_capacity(row.slots.len() * 9);
    for slot in &row.slots {
        let (kind, bits) = match slot {
            Slot::Missing => (0, 0),
            Slot::Number(number) => (1, number.to_bits()),
            Slot::Entry(entry) => (2, u64::from(*entry)),
            Slot::Text(text) => (3, xxh3_64(text.as_bytes())),
        };
        bytes.push(kind);
        bytes.extend_from_slice(&bits.to_le_bytes());
    }
    for (input, text) in &row.unknown_categories {
        bytes.extend_from_slice(&input.to_le_bytes());
        bytes.extend_from_slice(text.as_bytes());
    }
    xxh3_64(&bytes)
}
