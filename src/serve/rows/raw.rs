//! Cells of requests whose model reads columns that are made of them: kept as they came, then made ready all at once by
//! the code that training used.

use super::Rows;
use crate::bundle::Slot;
use crate::data::{Kind, Values};
use crate::features::{Cell, CellRef, cell};
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
        let made = served.scorer.preparer().rows(self.columns(), n_rows);
        let made = made.map_err(|error| unusable(error.to_string()))?;
        let inputs = served.bundle.transformer.inputs.iter();
        let columns = inputs.map(|input| {
            let column = made.get(&input.name);
            column.ok_or_else(|| unusable(format!("the column `{}` cannot be made", input.name)))
        });
        let columns = columns.collect::<Result<Vec<&Values<'_>>, Problem>>()?;
        let mut rows = Rows {
            n_rows,
            slots: Vec::with_capacity(n_rows * columns.len()),
            strangers: Vec::new(),
            ids: Vec::new(),
        };
        for row in 0..n_rows {
            for (position, values) in columns.iter().enumerate() {
                let cell = cell(values, row);
                let slot = served.scorer.read(position, cell);
                if let Slot::Entry(entry) = slot
                    && Some(entry) == served.model_inputs[position].other
                    && let Some(text) = cell.text()
                {
                    let stranger = (row as u32, position as u32, text.as_ref().into());
                    rows.strangers.push(stranger);
                }
                rows.slots.push(slot);
            }
        }
        Ok(rows)
    }

    /// The cells as the columns that training read.
    fn columns(&self) -> Vec<Values<'_>> {
        let width = self.kinds.len();
        let column = |(position, kind): (usize, &Kind)| {
            let cells = || self.cells.iter().skip(position).step_by(width.max(1));
            match kind {
                Kind::Integer => Values::Integer(
                    cells()
                        .map(|cell| match cell {
                            Cell::Integer(number) => Some(*number),
                            _ => None,
                        })
                        .collect(),
                ),
                Kind::Number => Values::Number(cells().map(Cell::number).collect()),
                Kind::Boolean => Values::Boolean(
                    cells()
                        .map(|cell| cell.number().map(|number| number != 0.0))
                        .collect(),
                ),
                Kind::Text => Values::Text(cells().map(Cell::text).collect()),
            }
        };
        self.kinds.iter().enumerate().map(column).collect()
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
