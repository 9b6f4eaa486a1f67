//! The nearest change of a single cell that turns the answer of a linear model with two classes.

use std::cell::Cell as StdCell;

use serde::Serialize;

use crate::bundle::{Bundle, Scorer, Slot};
use crate::data::Kind;
use crate::features::{CellRef, Input, Step};
use crate::predictors::{Link, Predictor};

/// A cell's value in a counterfactual.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Value {
    /// Of a column of truth values.
    Boolean(bool),
    /// Of a column of numbers.
    Number(f64),
    /// Of a column of categories.
    Category(String),
}

/// What one column alone would have to be for the answer to turn.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Counterfactual {
    /// The column.
    pub column: String,
    /// The nearest value that turns the answer.
    pub value: Value,
    /// How far it is in the model's features: standard deviations of a number; √2 for another category, since one feature
    /// goes from 1 to 0 and one from 0 to 1.
    pub distance: f64,
    /// Whether the training data reached so far; always for categories.
    pub is_seen: bool,
}

/// Steps beyond the computed value, in standard deviations, until rounding no longer keeps the answer as it was.
const NUDGES: [f64; 6] = [0.0, 1e-12, 1e-9, 1e-6, 1e-4, 1e-2];

/// The counterfactuals of one row, nearest first, ties by the order of the columns; a column that cannot turn the answer alone has
/// none. `None` unless the model is linear with two classes and a logistic link.
///
/// With the margin `m = bias + Σ push` and the threshold's `t = ln(threshold / (1 - threshold))`, a number has to push by
/// `t - (m - push)`, which it does at `centre + scale · (that - push at centre) / weight`. Whole numbers are rounded away from
/// the row; truth values, and whole numbers of which the training data had two, can only be the other one. Every value is put
/// to the scorer before it is trusted. Values that the training data did not reach are left out, unless `unseen` wants them.
pub fn counterfactuals(
    bundle: &Bundle,
    scorer: &Scorer,
    slots: &[Slot],
    threshold: f64,
    unseen: bool,
) -> Option<Vec<Counterfactual>> {
    counterfactuals_while(bundle, scorer, slots, threshold, unseen, &|| true)
}

/// As [`counterfactuals`], for as long as `goes_on` says so; `None` also when it no longer does. The cost is the square of the number of
/// columns, and the number of categories times that of columns.
pub fn counterfactuals_while(
    bundle: &Bundle,
    scorer: &Scorer,
    slots: &[Slot],
    threshold: f64,
    unseen: bool,
    goes_on: &dyn Fn() -> bool,
) -> Option<Vec<Counterfactual>> {
    if !has_counterfactuals(bundle) {
        return None;
    }
    let row = Row::of(scorer, slots, threshold, goes_on);
    let inputs = bundle.transformer.inputs.iter().enumerate();
    let mut counterfactuals: Vec<Counterfactual> = inputs
        .filter_map(|(position, input)| row.counterfactual(bundle, position, input))
        .filter(|counterfactual| unseen || counterfactual.is_seen)
        .collect();
    if row.is_stopped.get() {
        return None;
    }
    counterfactuals.sort_by(|a, b| a.distance.total_cmp(&b.distance));
    Some(counterfactuals)
}

/// Whether it is a linear model with two classes and a logistic link, and nothing after that.
pub fn has_counterfactuals(bundle: &Bundle) -> bool {
    let is_linear = match &bundle.predictor {
        Predictor::Linear(linear) => linear.link == Link::Logistic,
        Predictor::Trees(_) => false,
    };
    is_linear && bundle.is_binary() && bundle.after().is_none()
}

/// A row with what its columns push.
struct Row<'a> {
    scorer: &'a Scorer,
    slots: &'a [Slot],
    threshold: f64,
    label: u32,
    contributions: Vec<f64>,
    /// How much the margin has to grow to meet the threshold.
    lack: f64,
    goes_on: &'a dyn Fn() -> bool,
    n_tries: StdCell<usize>,
    is_stopped: StdCell<bool>,
}

/// Answers to changed rows between two looks at whether to continue.
const TRIES_PER_LOOK: usize = 64;

impl<'a> Row<'a> {
    fn of(
        scorer: &'a Scorer,
        slots: &'a [Slot],
        threshold: f64,
        goes_on: &'a dyn Fn() -> bool,
    ) -> Self {
        let (bias, contributions) = scorer.linear_contributions(slots, 0);
        let margin = bias + contributions.iter().sum::<f64>();
        let mut row = Row {
            scorer,
            slots,
            threshold,
            label: 0,
            lack: (threshold / (1.0 - threshold)).ln() - margin,
            contributions,
            goes_on,
            n_tries: StdCell::new(0),
            is_stopped: StdCell::new(false),
        };
        row.label = row.label_of(slots);
        row
    }

    fn label_of(&self, slots: &[Slot]) -> u32 {
        let mut answer = [0.0];
        self.scorer.score_slots(slots, &mut Vec::new(), &mut answer);
        self.scorer.label(&answer, self.threshold)
    }

    /// The slots with another cell at a place.
    fn with(&self, position: usize, cell: CellRef<'_>) -> Vec<Slot> {
        let mut slots = self.slots.to_vec();
        slots[position] = self.scorer.read(position, cell);
        slots
    }

    /// What a column contributes when its cell is another.
    fn contribution_of(&self, position: usize, cell: CellRef<'_>) -> f64 {
        let slot = self.scorer.read(position, cell);
        self.scorer.contribution_of(position, &slot, 0)
    }

    fn turns(&self, position: usize, cell: CellRef<'_>) -> bool {
        let n_tries = self.n_tries.get() + 1;
        self.n_tries.set(n_tries);
        if n_tries.is_multiple_of(TRIES_PER_LOOK) && !(self.goes_on)() {
            self.is_stopped.set(true);
        }
        !self.is_stopped.get() && self.label_of(&self.with(position, cell)) != self.label
    }

    fn counterfactual(
        &self,
        bundle: &Bundle,
        position: usize,
        input: &Input,
    ) -> Option<Counterfactual> {
        let (centre, scale) = match input.step {
            Step::Scale { mean, scale } => (mean, scale),
            Step::Number { centre, scale, .. } => (centre, scale),
            _ => {
                let categories = input.step.categories()?;
                return self.category(position, &input.name, categories);
            }
        };
        let two = only_two(bundle, &input.name).filter(|_| input.kind == Kind::Integer);
        let (value, distance) = match (input.kind, two) {
            (Kind::Boolean, _) => self.boolean(position, scale)?,
            (_, Some(two)) => self.either(position, scale, two)?,
            _ => self.number(position, input.kind, centre, scale)?,
        };
        Some(Counterfactual {
            column: input.name.clone(),
            distance,
            is_seen: is_seen(bundle, &input.name, &value),
            value,
        })
    }

    fn number(&self, position: usize, kind: Kind, centre: f64, scale: f64) -> Option<(Value, f64)> {
        let at_centre = self.contribution_of(position, CellRef::Number(centre));
        let per_scale = self.contribution_of(position, CellRef::Number(centre + scale)) - at_centre;
        if per_scale == 0.0 {
            return None;
        }
        // In standard deviations from the centre; a missing number stands where its contribution starts.
        let now = match &self.slots[position] {
            Slot::Number(number) => number / scale - centre / scale,
            _ => (self.contributions[position] - at_centre) / per_scale,
        };
        let wanted = self.lack + self.contributions[position] - at_centre;
        let there = wanted / per_scale;
        let away = (there - now).signum();
        NUDGES.iter().find_map(|nudge| {
            let at = there + away * nudge * there.abs().max(1.0);
            let mut value = centre + scale * at;
            if kind == Kind::Integer {
                value = if away < 0.0 {
                    value.floor()
                } else {
                    value.ceil()
                };
            }
            let turns = value.is_finite() && self.turns(position, CellRef::Number(value));
            turns.then(|| {
                (
                    Value::Number(value),
                    (value / scale - centre / scale - now).abs(),
                )
            })
        })
    }

    /// The other one of the two numbers that there are.
    fn either(&self, position: usize, scale: f64, two: [f64; 2]) -> Option<(Value, f64)> {
        let now = match &self.slots[position] {
            Slot::Number(number) => Some(*number),
            _ => None,
        };
        two.into_iter().find_map(|number| {
            let is_other = now != Some(number);
            let turns = is_other && self.turns(position, CellRef::Number(number));
            // One that is missing has no place from which it could be far.
            let far = now.map_or(two[1] - two[0], |now| (number - now).abs());
            turns.then_some((Value::Number(number), far / scale))
        })
    }

    fn boolean(&self, position: usize, scale: f64) -> Option<(Value, f64)> {
        let now = match &self.slots[position] {
            Slot::Number(number) => Some(*number),
            _ => None,
        };
        [false, true].into_iter().find_map(|flag| {
            let is_other = now != Some(f64::from(flag));
            let turns = is_other && self.turns(position, CellRef::Boolean(flag));
            turns.then_some((Value::Boolean(flag), 1.0 / scale))
        })
    }

    /// Of all categories that turn the answer, the one whose push differs least; ties by name.
    fn category(
        &self,
        position: usize,
        column: &str,
        categories: &[String],
    ) -> Option<Counterfactual> {
        let here = self.contributions[position];
        let mut turning: Vec<(f64, &String)> = categories
            .iter()
            .filter(|name| self.turns(position, CellRef::Text(name)))
            .map(|name| {
                let push = self.contribution_of(position, CellRef::Text(name));
                ((push - here).abs(), name)
            })
            .collect();
        turning.sort_by(|(a, one), (b, other)| a.total_cmp(b).then_with(|| one.cmp(other)));
        let (_, name) = turning.first()?;
        Some(Counterfactual {
            column: column.to_string(),
            value: Value::Category(name.to_string()),
            distance: std::f64::consts::SQRT_2,
            is_seen: true,
        })
    }
}

/// The two values of a column that had no others in the training data, as 0 and 1.
fn only_two(bundle: &Bundle, column: &str) -> Option<[f64; 2]> {
    let summary = bundle.profile.iter().find(|it| it.name == column)?;
    let (low, high) = summary.min.zip(summary.max)?;
    (summary.distinct == 2 && low < high).then_some([low, high])
}

/// Whether a value lies within what the training data had.
fn is_seen(bundle: &Bundle, column: &str, value: &Value) -> bool {
    let summary = bundle.profile.iter().find(|it| it.name == column);
    match (value, summary.and_then(|it| it.min.zip(it.max))) {
        (Value::Number(number), Some((low, high))) => (low..=high).contains(number),
        (Value::Number(_), None) => false,
        _ => true,
    }
}
