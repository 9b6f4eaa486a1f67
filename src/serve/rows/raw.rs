//! Cells of requests whose model reads columns that are made of them: kept as they came, then made ready all at once by
//! the code that training used.

use crate::bundle::Slot;
use crate::data::{Kind, Values};
use crate::features::{Cell, CellRef, cell, whole_number};
use crate::serve::{Code, Problem};
use crate::serving::rows::Rows;
use crate::serving::served::{InputFacts, Served};

/// Cells of rows, `(n_rows, n_columns)` row-major.
pub struct Raw {
    kinds: Vec<Kind>,
    /// Whether a computed column counts on whole numbers in it.
    is_whole: Vec<bool>,
    cells: Vec<Cell>,
}

impl Raw {
    /// None yet.
    pub fn new(columns: &[InputFacts]) -> Self {
        Raw {
            kinds: columns.iter().map(|column| column.kind).collect(),
            is_whole: columns.iter().map(|column| column.is_whole).collect(),
            cells: Vec::new(),
        }
    }

    /// Adds rows in which everything is missing.
    pub fn add_rows(&mut self, n_rows: usize) {
        let length = self.cells.len() + n_rows * self.kinds.len();
        self.cells.resize(length, Cell::Missing);
    }

    /// Puts a cell that fits its column into a row, counted from 0. False for a fraction in a column of whole numbers that a computed
    /// column reads.
    pub fn put(&mut self, row: usize, position: usize, cell: CellRef<'_>) -> bool {
        let at = row * self.kinds.len() + position;
        let cell = typed(self.kinds[position], cell);
        let is_other = matches!(cell, Cell::Number(_)) && self.kinds[position] == Kind::Integer;
        if is_other && self.is_whole[position] {
            return false;
        }
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
        let width = self.kinds.len();
        let transformer = &served.bundle.transformer;
        // Columns of whole numbers that go into the model as they came.
        let own: Vec<Option<usize>> = transformer
            .inputs
            .iter()
            .map(|input| {
                let is_made = transformer
                    .prepare
                    .derived
                    .iter()
                    .any(|it| it.name == input.name);
                let at = served.inputs.iter().position(|it| it.name == input.name)?;
                (!is_made && self.kinds[at] == Kind::Integer).then_some(at)
            })
            .collect();
        let mut rows = Rows {
            n_rows,
            slots: Vec::with_capacity(n_rows * columns.len()),
            unknown_categories: Vec::new(),
            given: Vec::new(),
            ids: Vec::new(),
        };
        for row in 0..n_rows {
            for (position, values) in columns.iter().enumerate() {
                let cell = match own[position] {
                    // What another row holds does not round this one's number.
                    Some(at) => self.cells[row * width + at].by_ref(),
                    None => cell(values, row),
                };
                let slot = served.scorer.read(position, cell);
                if let Slot::Entry(entry) = slot
                    && Some(entry) == served.model_inputs[position].other
                    && let Some(text) = cell.text()
                {
                    let unknown = (row as u32, position as u32, text.as_ref().into());
                    rows.unknown_categories.push(unknown);
                }
                rows.slots.push(slot);
            }
        }
        drop(made);
        rows.given = self.cells;
        Ok(rows)
    }

    /// The cells as the columns that training read.
    fn columns(&self) -> Vec<Values<'_>> {
        let width = self.kinds.len();
        let column = |(position, kind): (usize, &Kind)| {
            let cells = || self.cells.iter().skip(position).step_by(width.max(1));
            match kind {
                // As in a file: one that is not a whole number makes them all numbers.
                Kind::Integer if cells().any(|cell| matches!(cell, Cell::Number(_))) => {
                    Values::Number(cells().map(Cell::number).collect::<Vec<_>>())
                }
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

/// The cell as its column holds it: in one of whole numbers, another number stays one.
fn typed(kind: Kind, cell: CellRef<'_>) -> Cell {
    match (kind, cell) {
        (_, CellRef::Missing) => Cell::Missing,
        (Kind::Integer, CellRef::Integer(number)) => Cell::Integer(number),
        (Kind::Integer, cell) => {
            let text = cell.text();
            let whole = text.and_then(|text| text.trim().parse().ok());
            let whole = whole.or_else(|| whole_number(cell.number()?));
            match whole {
                Some(number) => Cell::Integer(number),
                None => cell.number().map_or(Cell::Missing, Cell::Number),
            }
        }
        (Kind::Number | Kind::Boolean, cell) => cell.number().map_or(Cell::Missing, Cell::Number),
        (Kind::Text, cell) => cell
            .text()
            .map_or(Cell::Missing, |text| Cell::Text(text.into_owned())),
    }
}
