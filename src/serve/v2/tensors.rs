//! From tensors to rows: one tensor per column, or one matrix of all of them. Everything that is wrong is reported at once, by
//! the names of columns, never by what is in them.

use super::datatype::Datatype;
use super::elements::{of_bytes, of_json};
use super::wire::{Faults, InferBody, Tensor, bad};
use crate::data::Kind;
use crate::features::CellRef;
use crate::serve::rows::{Bounds, Collector, Rows, Strictness};
use crate::serve::{Code, Problem};
use crate::serving::served::{Field, Served};
use crate::text::counted;

/// Rows of a request; `bytes` is what came behind its JSON object.
///
/// # Errors
/// 400 with all that is wrong with the tensors; what stops a [`Collector`].
pub fn read_rows(
    asked: &InferBody<'_>,
    bytes: &[u8],
    served: &Served,
    bounds: Bounds<'_>,
) -> Result<Rows, Problem> {
    let tensors = asked.inputs.as_deref().unwrap_or_default();
    if tensors.is_empty() {
        let why = "the body has no `inputs`; send {\"inputs\": [{\"name\": …, \"shape\": […], \"datatype\": …, \"data\": […]}]}";
        return Err(bad(why));
    }
    let mut collector = Collector::new(served, Strictness::KnownOnly, bounds);
    if collector.look_at_columns(tensors.len()).is_err() {
        return collector.finish();
    }
    let mut faults = Faults::default();
    let places = places(tensors, served, &mut collector, &mut faults);
    let pieces = pieces(tensors, &places, bytes, &mut faults);
    let n_rows = n_rows(&pieces, &mut faults);
    // Room is only made for as many rows as the body can hold.
    let is_plausible = pieces.iter().all(Piece::is_plausible);
    let n_rows = if faults.is_empty() && is_plausible {
        n_rows
    } else {
        0
    };
    if collector.add_rows(n_rows).is_ok() {
        for piece in &pieces {
            if collector.look_at_clock().is_err() {
                break;
            }
            if let Err(fault) = piece.fill(&mut collector, n_rows) {
                faults.push(format!("{}: {fault}", piece.label));
            }
        }
    }
    match collector.finish() {
        Ok(rows) if faults.is_empty() => return Ok(rows),
        Ok(_) => {}
        Err(problem) if problem.code == Code::Unprocessable => faults.push(problem.message),
        Err(stopped) => return Err(stopped),
    }
    Err(told(&faults, served))
}

fn told(faults: &Faults, served: &Served) -> Problem {
    let message = faults.message().unwrap_or_default();
    let model = &served.model;
    bad(format!(
        "{message}. GET /v2/models/{model} lists the inputs"
    ))
}

/// Where a tensor's elements go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Destination {
    /// Into a column.
    Column(usize),
    /// Into all columns, in the model's order.
    All(usize),
    /// Nowhere: the column is not learned from, or not known, or given before.
    Nowhere,
}

/// Where each tensor goes. Unknown and missing columns are remembered by the collector.
fn places(
    tensors: &[Tensor<'_>],
    served: &Served,
    collector: &mut Collector<'_>,
    faults: &mut Faults,
) -> Vec<Destination> {
    let n_inputs = served.inputs.len();
    if let [only] = tensors
        && let [_, width] = only.shape[..]
    {
        let is_column = served.fields.contains_key(&*only.name);
        let fits = width == n_inputs as u64;
        if (fits && n_inputs > 1) || (!is_column && (fits || width > 1)) {
            let is_text = served.inputs.iter().any(|input| input.kind == Kind::Text);
            if !fits {
                faults.push(format!(
                    "a matrix has one column per input, {n_inputs} of them in the model's order; this one has {width}"
                ));
            } else if is_text && only.datatype != "BYTES" {
                let why = "a matrix of numbers is for models without columns of text; give each column as a tensor of its own";
                faults.push(why.to_string());
            }
            return vec![Destination::All(n_inputs)];
        }
    }
    let mut is_given = vec![false; n_inputs];
    let place = |tensor: &Tensor<'_>| match collector.field(&tensor.name) {
        Field::Input(position) if is_given[position] => {
            faults.push(format!("`{}` is given twice", tensor.name));
            Destination::Nowhere
        }
        Field::Input(position) => {
            is_given[position] = true;
            Destination::Column(position)
        }
        Field::Unused => Destination::Nowhere,
    };
    let places = tensors.iter().map(place).collect();
    let lacking = is_given.iter().enumerate().filter(|(_, given)| !**given);
    lacking.for_each(|(position, _)| collector.lacks(position));
    places
}

/// A tensor whose head is right.
struct Piece<'a> {
    /// How it is called in a message: its name only where that is a column of ours.
    label: String,
    datatype: Datatype,
    shape: Vec<usize>,
    n_elements: usize,
    elements: Elements<'a>,
    place: Destination,
}

#[derive(Clone, Copy)]
enum Elements<'a> {
    Json(&'a str),
    Bytes(&'a [u8]),
}

/// All tensors whose heads are right, each with its part of the bytes.
fn pieces<'a>(
    tensors: &'a [Tensor<'a>],
    places: &[Destination],
    bytes: &'a [u8],
    faults: &mut Faults,
) -> Vec<Piece<'a>> {
    let mut rest = bytes;
    let mut pieces = Vec::with_capacity(tensors.len());
    for (at, (tensor, &place)) in tensors.iter().zip(places).enumerate() {
        let label = match place {
            Destination::Column(_) => format!("`{}`", tensor.name),
            Destination::All(_) | Destination::Nowhere => format!("inputs[{at}]"),
        };
        let own = match tensor.binary_size() {
            None => None,
            Some(size) => {
                let size = usize::try_from(size).ok();
                let Some((own, behind)) = size.and_then(|size| rest.split_at_checked(size)) else {
                    faults.push(format!(
                        "{label}: its `binary_data_size` is more than the bytes behind the JSON object, whose length the header Inference-Header-Content-Length says"
                    ));
                    return pieces;
                };
                rest = behind;
                Some(own)
            }
        };
        match Piece::of(tensor, own, label.clone(), place) {
            Ok(piece) => pieces.push(piece),
            Err(fault) => faults.push(format!("{label}: {fault}")),
        }
    }
    if !rest.is_empty() {
        let left = counted(rest.len() as u64, "byte");
        faults.push(format!(
            "there is more behind the JSON object than the inputs take, by {left}; each needs its `binary_data_size`"
        ));
    }
    pieces
}

impl<'a> Piece<'a> {
    fn of(
        tensor: &'a Tensor<'a>,
        bytes: Option<&'a [u8]>,
        label: String,
        place: Destination,
    ) -> Result<Self, String> {
        let Some(datatype) = Datatype::parse(&tensor.datatype) else {
            let names = Datatype::names();
            return Err(format!("its datatype is not known; there is {names}"));
        };
        if !matches!(
            (place, &tensor.shape[..]),
            (_, [_] | [_, 1]) | (Destination::All(_), [_, _])
        ) {
            let why = "its shape is neither [n] nor [n, 1]; a column has one element per row";
            return Err(why.to_string());
        }
        let length = |&length: &u64| usize::try_from(length).ok();
        let shape: Option<Vec<usize>> = tensor.shape.iter().map(length).collect();
        let n_elements = |shape: &Vec<usize>| {
            let mut lengths = shape.iter();
            lengths.try_fold(1usize, |product, length| product.checked_mul(*length))
        };
        let sized = shape.and_then(|shape| n_elements(&shape).map(|n| (shape, n)));
        let Some((shape, n_elements)) = sized else {
            return Err("its shape is larger than any tensor".to_string());
        };
        let elements = match (tensor.data, bytes) {
            (Some(_), Some(_)) => {
                return Err("it has both `data` and `binary_data_size`".to_string());
            }
            (Some(json), None) => Elements::Json(json.get()),
            (None, Some(bytes)) => Elements::Bytes(bytes),
            (None, None) if tensor.is_shared() => {
                let why =
                    "shared memory is not offered; send `data`, or bytes with `binary_data_size`";
                return Err(why.to_string());
            }
            (None, None) => {
                let why = "it has no elements; send `data`, or bytes with `binary_data_size`";
                return Err(why.to_string());
            }
        };
        Ok(Piece {
            label,
            datatype,
            shape,
            n_elements,
            elements,
            place,
        })
    }

    /// Whether what was sent is long enough for as many elements as the shape says.
    fn is_plausible(&self) -> bool {
        match self.elements {
            Elements::Json(json) => self.n_elements <= json.len(),
            Elements::Bytes(bytes) => self.n_elements <= bytes.len(),
        }
    }

    /// Puts the elements where they go, in the first `n_rows` rows.
    fn fill(&self, collector: &mut Collector<'_>, n_rows: usize) -> Result<(), String> {
        let place = self.place;
        let mut take = |at: usize, cell: CellRef<'_>| {
            let (row, position) = match place {
                Destination::Column(position) => (at, position),
                Destination::All(width) => (at / width, at % width),
                Destination::Nowhere => return,
            };
            if row < n_rows {
                collector.put_at(row, position, cell);
            }
        };
        match self.elements {
            Elements::Json(json) => of_json(json, self.datatype, &self.shape, &mut take),
            Elements::Bytes(bytes) => of_bytes(bytes, self.datatype, self.n_elements, &mut take),
        }
    }
}

/// How many rows the tensors have; that is the same for all of them.
fn n_rows(pieces: &[Piece<'_>], faults: &mut Faults) -> usize {
    let Some((first, others)) = pieces.split_first() else {
        return 0;
    };
    let n_rows = first.shape[0];
    for other in others.iter().filter(|other| other.shape[0] != n_rows) {
        let (label, length) = (&other.label, other.shape[0]);
        let length = counted(length as u64, "row");
        faults.push(format!(
            "{label} has {length} where {} has {n_rows}",
            first.label
        ));
    }
    n_rows
}
