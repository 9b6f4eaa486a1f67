//! Inputs of a graph to columns of the project.

use std::collections::HashSet;

use super::cell::{Cell, Text};
use super::error::Error;
use super::given::Given;
use super::number::{Number, Step, What};
use super::tensor::Element;
use super::value::{Column, Matrix, Value};
use crate::data::Kind;
use crate::export::onnx::proto::{DimensionValue, ValueInfoProto};
use crate::text::nearest;

/// What a graph is given: its columns, and the value of each input.
pub struct Inputs {
    /// The columns in the order in which they are given.
    pub columns: Vec<Column>,
    /// Names and values.
    pub values: Vec<(String, Value)>,
    /// Whether columns were taken by their place, since nothing names them.
    pub by_place: bool,
}

/// An input and how wide it is.
struct Slot<'a> {
    name: &'a str,
    element: Element,
    /// `None` where the file leaves it open.
    width: Option<usize>,
    /// Whether it has a size behind that of the rows.
    is_flat: bool,
}

/// Gives each input its columns.
///
/// # Errors
/// Names the input that no column fits.
pub fn inputs(declared: &[&ValueInfoProto], given: &Given<'_>) -> Result<Inputs, Error> {
    let slots = declared.iter().map(|input| slot(input));
    let slots = slots.collect::<Result<Vec<Slot<'_>>, Error>>()?;
    let (names, by_place) = named(&slots, given)?;
    let mut columns: Vec<Column> = Vec::new();
    let mut seen = HashSet::new();
    let mut values = Vec::new();
    let mut names = names.into_iter();
    let widths = widths(&slots, names.len());
    for (slot, width) in slots.iter().zip(widths) {
        let mut cells = Vec::with_capacity(width);
        for name in names.by_ref().take(width) {
            let column = column(slot, &name, given)?;
            if !seen.insert(name.clone()) {
                return Err(Error::Columns(format!("`{name}` is given twice")));
            }
            cells.push(cell(slot, &column, columns.len())?);
            columns.push(column);
        }
        let mut matrix = Matrix::of(slot.element, cells);
        if slot.is_flat {
            matrix.trailing.clear();
        }
        values.push((slot.name.to_string(), Value::Matrix(matrix)));
    }
    Ok(Inputs {
        columns,
        values,
        by_place,
    })
}

fn slot(input: &ValueInfoProto) -> Result<Slot<'_>, Error> {
    let refuse = |why: String| Error::Input {
        input: input.name.clone(),
        why,
    };
    let tensor = input.r#type.as_ref().and_then(|it| it.tensor_type.as_ref());
    let tensor = tensor.ok_or_else(|| refuse("it is no tensor".to_string()))?;
    let element = Element::of(tensor.elem_type);
    let element = element.ok_or_else(|| {
        refuse(format!(
            "its elements are of type {}, which is none of float, double, int64, int32, bool and string",
            tensor.elem_type
        ))
    })?;
    let sizes = tensor.shape.as_ref().map_or(&[][..], |shape| &shape.dim);
    let (width, is_flat) = match sizes {
        [_] => (Some(1), true),
        [_, width] => match width.value {
            Some(DimensionValue::Value(width)) if width > 0 => (usize::try_from(width).ok(), false),
            _ => (None, false),
        },
        [] => (None, false),
        _ => {
            return Err(refuse(format!(
                "it has {} sizes and a column has one, a table two",
                sizes.len()
            )));
        }
    };
    Ok(Slot {
        name: &input.name,
        element,
        width,
        is_flat,
    })
}

/// How wide each input is, where one may be left open.
fn widths(slots: &[Slot<'_>], n: usize) -> Vec<usize> {
    let known: usize = slots.iter().filter_map(|slot| slot.width).sum();
    let open = n.saturating_sub(known);
    slots
        .iter()
        .map(|slot| slot.width.unwrap_or(open))
        .collect()
}

/// The columns in the order of the inputs, and whether that is by place.
fn named(slots: &[Slot<'_>], given: &Given<'_>) -> Result<(Vec<String>, bool), Error> {
    let is_column = |name: &str| given.columns.iter().any(|it| it.name == name);
    let open = slots.iter().filter(|slot| slot.width.is_none()).count();
    let known: usize = slots.iter().filter_map(|slot| slot.width).sum();
    if open > 1 {
        return Err(Error::Columns(
            "more than one input leaves its width open; export the model with the number of columns of each".to_string(),
        ));
    }
    if let Some(order) = given.order {
        let fits = if open == 1 {
            order.len() > known
        } else {
            order.len() == known
        };
        if fits {
            return Ok((order.to_vec(), false));
        }
        return Err(Error::Columns(format!(
            "`--columns` names {} and the file reads {}{known}",
            order.len(),
            if open == 1 { "more than " } else { "" }
        )));
    }
    let by_name = slots.iter().all(|slot| slot.width == Some(1));
    if by_name && (slots.len() > 1 || slots.iter().all(|slot| is_column(slot.name))) {
        return Ok((
            slots.iter().map(|slot| slot.name.to_string()).collect(),
            false,
        ));
    }
    let all: Vec<String> = given.columns.iter().map(|it| it.name.clone()).collect();
    let is_table = slots.len() == 1 && (open == 1 || known == all.len());
    if is_table {
        return Ok((all, true));
    }
    let quoted: Vec<String> = all.iter().map(|it| format!("`{it}`")).collect();
    Err(Error::Columns(format!(
        "it reads {known} columns that it does not name, and the project has {}: {}; name those that it reads, in its order: --columns A,B,C",
        all.len(),
        quoted.join(", ")
    )))
}

/// The column of a name, which must be one that may be read.
fn column(slot: &Slot<'_>, name: &str, given: &Given<'_>) -> Result<Column, Error> {
    let refuse = |why: String| Error::Input {
        input: slot.name.to_string(),
        why,
    };
    if let Some(found) = given.columns.iter().find(|it| it.name == name) {
        return Ok(found.clone());
    }
    if name == given.target {
        return Err(refuse(format!("`{name}` is what is to be predicted")));
    }
    if given.left_out.iter().any(|it| it == name) {
        return Err(refuse(format!(
            "`{name}` is a column that the settings leave out (`drop`, `keys`, `time_column` or `split.group`)"
        )));
    }
    let known = given.columns.iter().map(|it| it.name.as_str());
    let hint = nearest(name, known, 0.4);
    let hint = hint.map_or(String::new(), |it| format!(" (did you mean `{it}`?)"));
    Err(refuse(format!(
        "the data set has no column `{name}`{hint}; rename the input, or name the columns in the order of the inputs with --columns"
    )))
}

/// What an input of this kind reads of a column.
fn cell(slot: &Slot<'_>, column: &Column, at: usize) -> Result<Cell, Error> {
    let refuse = |why: &str| {
        Err(Error::Input {
            input: slot.name.to_string(),
            why: format!(
                "the file reads {} and `{}` holds {why}",
                slot.element.words(),
                column.name
            ),
        })
    };
    let holds = match column.kind {
        Kind::Text => "texts",
        Kind::Boolean => "truth values",
        Kind::Integer => "whole numbers",
        Kind::Number => "numbers with fractions",
    };
    let steps = match (slot.element, column.kind) {
        (Element::Text, _) => {
            return Ok(Cell::Text(Text {
                column: at,
                missing: String::new(),
            }));
        }
        (_, Kind::Text) | (Element::Whole, Kind::Number) => return refuse(holds),
        (Element::Truth, kind) if kind != Kind::Boolean => return refuse(holds),
        (Element::Single, _) => vec![Step {
            what: What::Keep,
            single: true,
        }],
        _ => Vec::new(),
    };
    Ok(Cell::Number(Number {
        column: at,
        steps,
        missing: None,
    }))
}
