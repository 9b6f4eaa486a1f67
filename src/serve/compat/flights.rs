//! `{"flights": [...]}` of `POST /predict`: rows whose cells must be such as the model was trained on, and the words in
//! which a flight delay service rejects others.

use std::borrow::Cow;
use std::fmt;

use serde::de::{
    DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor,
};
use serde_json::{Value, json};
use warp::http::StatusCode;

use super::given::Given;
use crate::bundle::Slot;
use crate::data::Kind;
use crate::features::{CellRef, is_encoded_as_number};
use crate::http::dialect::Dialect;
use crate::serve::rows::{Collector, Rows, Stop, ruled, taken};
use crate::serve::{Code, Problem, Reply};
use crate::serving::served::{Field, InputFacts, Served};

/// Mistyped cells that are listed.
const MOST_LISTED: usize = 100;
/// What is said of missing columns, as it has always been spelled.
const MISSING: &str = "Missing requiered columns in data";

/// Each class as a whole number: itself where it is one, else its index, which is 1 for the positive of two.
pub fn integers(served: &Served) -> Vec<String> {
    let labels = served.labels.iter().enumerate();
    labels
        .map(|(index, label)| match label.parse::<f64>() {
            Ok(number) if number.fract() == 0.0 => (number as i64).to_string(),
            _ => index.to_string(),
        })
        .collect()
}

/// What is wrong with the cells.
#[derive(Debug, Default)]
pub struct Mistakes {
    /// One entry per place: `loc`, `msg`, `type`.
    mistyped: Vec<Value>,
    /// First input that has a value that training did not have: texts go before numbers, names by the alphabet.
    strange: Option<usize>,
    /// Rows that were started.
    n_rows: usize,
}

impl Mistakes {
    fn mistyped(&mut self, input: &InputFacts, is_null: bool) {
        if self.mistyped.len() < MOST_LISTED {
            let (msg, sort) = match input.kind {
                _ if is_null => (
                    "none is not an allowed value",
                    "type_error.none.not_allowed",
                ),
                Kind::Integer => ("value is not a valid integer", "type_error.integer"),
                Kind::Number => ("value is not a valid float", "type_error.float"),
                Kind::Boolean => ("value could not be parsed to a boolean", "type_error.bool"),
                Kind::Text => ("str type expected", "type_error.str"),
            };
            let loc = json!(["body", "flights", self.n_rows - 1, input.name]);
            self.mistyped
                .push(json!({"loc": loc, "msg": msg, "type": sort}));
        }
    }

    fn strange(&mut self, served: &Served, position: usize) {
        let rank = |at: usize| {
            (
                is_encoded_as_number(served.inputs[at].kind),
                &served.inputs[at].name,
            )
        };
        if self
            .strange
            .is_none_or(|known| rank(position) < rank(known))
        {
            self.strange = Some(position);
        }
    }

    /// The rejection of something that is not a list of objects.
    pub fn wrong_shape(&self) -> Reply {
        listed(&[match self.n_rows {
            0 => json!({
                "loc": ["body", "flights"], "msg": "value is not a valid list", "type": "type_error.list",
            }),
            n => json!({
                "loc": ["body", "flights", n - 1], "msg": "value is not a valid dict", "type": "type_error.dict",
            }),
        }])
    }

    /// The rows, or the rejection: mistyped cells first, then missing columns, then values that training did not have.
    ///
    /// # Errors
    /// Why reading stopped.
    pub fn reject(
        self,
        served: &Served,
        collector: Collector<'_>,
    ) -> Result<Result<Rows, Reply>, Problem> {
        if !self.mistyped.is_empty() {
            return Ok(Err(listed(&self.mistyped)));
        }
        let rejected = |message: String| {
            let problem = Problem::new(Code::BadRequest, message);
            Ok(Err(Dialect::Detail.tell(&problem)))
        };
        match (collector.finish(), self.strange) {
            // Only cells that fit were put into it, so columns are all that can be missing.
            (Err(problem), _) if problem.code == Code::Unprocessable => rejected(MISSING.into()),
            (Err(problem), _) => Err(problem),
            (Ok(_), Some(at)) => rejected(format!("Invalid values in {}", served.inputs[at].name)),
            (Ok(rows), None) => Ok(Ok(rows)),
        }
    }
}

/// The rejection of a body without rows: `detail` in the words of the flight delay service, `error` for all others.
pub fn neither() -> Reply {
    let detail = json!([{"loc": ["body", "flights"], "msg": "field required", "type": "value_error.missing"}]);
    let error =
        "the body has neither `data` nor `flights`; send {\"data\": [{column: value, …}, …]}";
    Reply::json(&json!({"detail": detail, "error": error})).status(StatusCode::UNPROCESSABLE_ENTITY)
}

fn listed(mistakes: &[Value]) -> Reply {
    Reply::json(&json!({"detail": mistakes})).status(StatusCode::UNPROCESSABLE_ENTITY)
}

/// The list of flights.
pub struct FlightList<'a, 's> {
    /// Whose inputs they must be.
    pub served: &'s Served,
    /// Where they go.
    pub collector: &'a mut Collector<'s>,
    /// What is wrong with them.
    pub mistakes: &'a mut Mistakes,
}

impl<'de> DeserializeSeed<'de> for FlightList<'_, '_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<(), D::Error> {
        reader.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for FlightList<'_, '_> {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of flights")
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        loop {
            let flight = Flight(FlightList {
                served: self.served,
                collector: &mut *self.collector,
                mistakes: &mut *self.mistakes,
            });
            if list.next_element_seed(flight)?.is_none() {
                return Ok(());
            }
        }
    }
}

struct Flight<'a, 's>(FlightList<'a, 's>);

impl<'de> DeserializeSeed<'de> for Flight<'_, '_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<(), D::Error> {
        self.0.mistakes.n_rows += 1;
        reader.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Flight<'_, '_> {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a flight: an object of column and value")
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let FlightList {
            served,
            collector,
            mistakes,
        } = self.0;
        let begun = collector.begin_row();
        begun.map_err(|Stop| A::Error::custom("stopped"))?;
        while let Some(name) = map.next_key::<Cow<'de, str>>()? {
            let Field::Input(position) = collector.field(&name) else {
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            let given: Given<'de> = map.next_value()?;
            let input = &served.inputs[position];
            let cell = given.cell().filter(|cell| *cell != CellRef::Missing);
            let fits = |cell| {
                let reading = input.reading.as_ref();
                taken(input.kind, reading, &served.null_values, cell)
            };
            let Some(cell) = cell.and_then(fits) else {
                mistakes.mistyped(input, given == Given::Nothing);
                continue;
            };
            let ruled = match &input.rule {
                None => Ok(cell),
                Some(rule) => ruled(rule, input.kind, cell),
            };
            match ruled {
                // What the rule fixes is not strange.
                Ok(mended) if mended != cell => collector.put(position, mended),
                Ok(cell) => {
                    if is_strange(input, &served.read(position, cell)) {
                        mistakes.strange(served, position);
                    }
                    collector.put(position, cell);
                }
                Err(_) => {
                    mistakes.strange(served, position);
                    collector.pass_over(position);
                }
            }
        }
        collector.end_row();
        Ok(())
    }
}

/// Whether training had no such category, or no number as small or as large.
fn is_strange(input: &InputFacts, slot: &Slot) -> bool {
    match slot {
        Slot::Entry(entry) => Some(*entry) == input.other,
        Slot::Number(number) => input
            .range
            .is_some_and(|(low, high)| *number < low || *number > high),
        Slot::Missing | Slot::Text(_) => false,
    }
}
