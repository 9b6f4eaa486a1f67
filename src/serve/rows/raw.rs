//! Cells of requests whose model reads columns that are made of them: kept as they came, then made ready all at once by
//! the code that training used.

use polars::prelude::{Column, DataFrame};

use super::Rows;
use crate::bundle::Slot;
use crate::data::Kind;
use crate::features::{Cell, CellRef, Cells};
use crate::serve::fleet::{InputFacts, Served};
use crate::serve::{Code, Problem};

/// Cells of rows, `(n_rows, n_columns)` row-major.
pub struct Raw {
    kinds: Vec<Kind>,
    cells: Vec<Cell>,
}

impl Raw {
    /// None yet.
    pub fn new(columns: &[InputFacts]) -> Self {
        Raw {
            kinds: columns.iter().map(|column| column.kind).collect(),
            cells: Vec::new(),
        }
    }

    /// Adds rows in which everything is missing.
    pub fn add_rows(&mut self, n_rows: usize) {
        let length = self.cells.len() + n_rows * self.kinds.len();
        self.cells.resize(length, Cell::Missing);
    }

    /// Puts a cell that fits its column into a row, counted from 0. False for a fraction in a column of whole numbers: an
    /// expression may count on them.
    pub fn put(&mut self, row: usize, position: usize, cell: CellRef<'_>) -> bool {
        let at = row * self.kinds.len() + position;
        let Some(cell) = typed(self.kinds[position], cell) else {
            return false;
        };
        self.cells[at] = cell;
        true
    }

    /// The rows as the model reads them.
    ///
    /// # Errors
    /// 422 when a column cannot be made.
    pub fn prepared(self, served: &Served, n_rows: usize) -> Result<Rows, Problem> {
        let unusable = |why: String| Problem::new(Code::Unprocessable, why);
        let transformer = &served.bundle.transformer;
        let frame = self
            .frame(served, n_rows)
            .and_then(|frame| {
                transformer
                    .prepare
                    .apply(&frame)
                    .map_err(|error| error.to_string())
            })
            .map_err(unusable)?;
        let columns = transformer.inputs.iter().map(|input| {
            let column = frame.column(&input.name).map_err(|_| input.name.clone())?;
            Cells::of(column).map_err(|_| input.name.clone())
        });
        let columns: Vec<Cells<'_>> = columns
            .collect::<Result<_, String>>()
            .map_err(|name| unusable(format!("the column `{name}` cannot be made")))?;
        let mut rows = Rows {
            n_rows,
            slots: Vec::with_capacity(n_rows * columns.len()),
            strangers: Vec::new(),
            ids: Vec::new(),
        };
        for row in 0..n_rows {
            for (position, cells) in columns.iter().enumerate() {
                let slot = served.scorer.read_from(position, cells, row);
                if let Slot::Entry(entry) = slot
                    && Some(entry) == served.model_inputs[position].other
                    && let Some(text) = cells.text(row)
                {
                    let stranger = (row as u32, position as u32, text.as_ref().into());
                    rows.strangers.push(stranger);
                }
                rows.slots.push(slot);
            }
        }
        Ok(rows)
    }

    /// The cells as a frame of the columns that training read.
    fn frame(&self, served: &Served, n_rows: usize) -> Result<DataFrame, String> {
        let width = self.kinds.len();
        let column = |(position, facts): (usize, &InputFacts)| {
            let cells = || self.cells.iter().skip(position).step_by(width.max(1));
            let name = facts.name.as_str().into();
            match facts.kind {
                Kind::Integer => Column::new(
                    name,
                    cells()
                        .map(|cell| match cell {
                            Cell::Integer(number) => Some(*number),
                            _ => None,
                        })
                        .collect::<Vec<_>>(),
                ),
                Kind::Number => Column::new(name, cells().map(Cell::number).collect::<Vec<_>>()),
                Kind::Boolean => Column::new(
                    name,
                    cells()
                        .map(|cell| cell.number().map(|number| number != 0.0))
                        .collect::<Vec<_>>(),
                ),
                Kind::Text => Column::new(name, cells().map(Cell::text).collect::<Vec<_>>()),
            }
        };
        let columns = served.inputs.iter().enumerate().map(column).collect();
        DataFrame::new(n_rows, columns).map_err(|_| "the columns do not fit".to_string())
    }
}

/// The cell as its column holds it; `None` for a fraction among whole numbers.
fn typed(kind: Kind, cell: CellRef<'_>) -> Option<Cell> {
    Some(match (kind, cell) {
        (_, CellRef::Missing) => Cell::Missing,
        (Kind::Integer, CellRef::Integer(number)) => Cell::Integer(number),
        (Kind::Integer, cell) => {
            let text = cell.text()?;
            match text.trim().parse() {
                Ok(number) => Cell::Integer(number),
                Err(_) => {
                    let number = cell.number()?;
                    let is_whole = number.fract() == 0.0 && number.abs() < 9.2e18;
                    return is_whole.then_some(Cell::Integer(number as i64));
                }
            }
        }
        (Kind::Number | Kind::Boolean, cell) => cell.number().map_or(Cell::Missing, Cell::Number),
        (Kind::Text, cell) => cell
            .text()
            .map_or(Cell::Missing, |text| Cell::Text(text.into_owned())),
    })
}
