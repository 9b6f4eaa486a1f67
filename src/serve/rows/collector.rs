//! Where every form of a body puts its cells.

use super::column_errors::ColumnErrors;
use super::raw::Raw;
use super::{Bounds, Stop, Strictness, ruled, taken, too_many};
use crate::bundle::Slot;
use crate::features::{Cell, CellRef};
use crate::http::budget::For;
use crate::serve::Problem;
use crate::serving::rows::Rows;
use crate::serving::served::{Field, Served};

/// Cells between two looks at what is held and at the clock.
const CELLS_PER_LOOK: usize = 16 << 10;
/// Unknown columns between two looks.
const NAMES_PER_LOOK: usize = 4096;
/// Bytes of slots for each byte of a body that are made room for before they are needed.
const SLOT_BYTES_PER_BYTE: usize = 4;
/// Bytes of a text that is kept, beside its characters.
const TEXT_BYTES: usize = 48;

/// Takes cells, makes rows.
pub struct Collector<'s> {
    served: &'s Served,
    strictness: Strictness,
    bounds: Bounds<'s>,
    rows: Rows,
    blank: &'s [Slot],
    /// Cells as they came, `(n_rows, n_inputs)` row-major, where the model's inputs are made of them.
    raw: Option<Raw>,
    /// Row, counted from 1, that gave each input last.
    given: Vec<usize>,
    n_given: usize,
    faults: ColumnErrors,
    /// Why reading stopped before its end.
    stopped: Option<Problem>,
    /// Cells at which to look next.
    next_look: usize,
    /// Bytes of texts that are kept.
    texts: usize,
    n_unknown: usize,
}

impl<'s> Collector<'s> {
    /// An empty one for a version.
    pub fn new(served: &'s Served, strictness: Strictness, bounds: Bounds<'s>) -> Self {
        let n_inputs = served.inputs.len();
        Collector {
            served,
            strictness,
            bounds,
            rows: Rows::default(),
            blank: &served.blank,
            raw: served.is_prepared().then(|| Raw::new(&served.inputs)),
            given: vec![0; n_inputs],
            n_given: 0,
            faults: ColumnErrors::default(),
            stopped: None,
            next_look: CELLS_PER_LOOK,
            texts: 0,
            n_unknown: 0,
        }
    }

    /// What a column's name means; an unknown one is remembered as a fault where it is one.
    pub fn field(&mut self, name: &str) -> Field {
        match self.served.fields.get(name) {
            Some(field) => *field,
            None => {
                if self.strictness == Strictness::KnownOnly {
                    self.faults.unknown(name);
                }
                self.n_unknown += 1;
                if self.n_unknown.is_multiple_of(NAMES_PER_LOOK) {
                    // The reader finds out at the next row, or at the end.
                    let _ = self.look_at_clock();
                }
                Field::Unused
            }
        }
    }

    /// Begins a row.
    ///
    /// # Errors
    /// When there are too many, or the time is over; reading must stop then.
    pub fn begin_row(&mut self) -> Result<(), Stop> {
        if self.rows.n_rows >= self.bounds.rows {
            return self.stop(too_many(self.bounds.rows));
        }
        if self.rows.n_rows * self.blank.len() >= self.next_look {
            self.look_at_room(1)?;
        }
        if self.stopped.is_some() {
            return Err(Stop);
        }
        self.rows.n_rows += 1;
        self.n_given = 0;
        match &mut self.raw {
            None => self.rows.slots.extend_from_slice(self.blank),
            Some(raw) => raw.add_rows(1),
        }
        Ok(())
    }

    /// Makes room for so many rows, as far as a body of so many bytes lets expect.
    pub fn expect_rows(&mut self, n_rows: usize, body_bytes: usize) {
        let most = SLOT_BYTES_PER_BYTE * body_bytes / size_of::<Slot>();
        if self.raw.is_none() {
            let n_rows = n_rows.min(self.bounds.rows);
            self.rows
                .slots
                .reserve((n_rows * self.blank.len()).min(most));
        }
    }

    /// Adds rows in which everything is missing, for a protocol that gives columns: [`Collector::put_at`] fills them.
    ///
    /// # Errors
    /// When there are too many; reading must stop then.
    pub fn add_rows(&mut self, n_rows: usize) -> Result<(), Stop> {
        if n_rows > self.bounds.rows.saturating_sub(self.rows.n_rows) {
            return self.stop(too_many(self.bounds.rows));
        }
        self.look_at_room(n_rows)?;
        self.rows.n_rows += n_rows;
        if let Some(raw) = &mut self.raw {
            raw.add_rows(n_rows);
            return Ok(());
        }
        self.rows.slots.reserve(n_rows * self.blank.len());
        for _ in 0..n_rows {
            self.rows.slots.extend_from_slice(self.blank);
        }
        Ok(())
    }

    /// Rows so far.
    pub fn n_rows(&self) -> usize {
        self.rows.n_rows
    }

    /// Columns of a request that the version takes.
    pub fn n_inputs(&self) -> usize {
        self.served.inputs.len()
    }

    /// Nothing was given for a column in any of the rows that were added.
    pub fn lacks(&mut self, position: usize) {
        self.faults.missing(position, 1);
    }

    /// Whether it is worth going on.
    ///
    /// # Errors
    /// When the time is over or nobody waits; reading must stop then.
    pub fn look_at_clock(&mut self) -> Result<(), Stop> {
        match self.bounds.work.look() {
            Ok(()) => Ok(()),
            Err(why) => self.stop(why),
        }
    }

    /// Whether a row may have this many columns, unknown ones included.
    ///
    /// # Errors
    /// When it may not; reading must stop then.
    pub fn look_at_columns(&mut self, columns: usize) -> Result<(), Stop> {
        let own = self.served.fields.len();
        match self.bounds.work.columns(columns, own) {
            Ok(()) => Ok(()),
            Err(why) => self.stop(why),
        }
    }

    /// Whether there is room and time for this many rows more.
    #[cold]
    fn look_at_room(&mut self, more: usize) -> Result<(), Stop> {
        let width = self.blank.len().max(1);
        let cells = (self.rows.n_rows + more) * width;
        self.next_look = cells + CELLS_PER_LOOK;
        // Lists of cells may have room for twice as many as there are.
        let each = match self.raw {
            None => 2 * size_of::<Slot>(),
            // Columns are made of the cells, and slots of those.
            Some(_) => 2 * size_of::<Cell>() + 16 + size_of::<Slot>(),
        };
        let work = self.bounds.work;
        let room = work.cells(cells);
        let room = room.and_then(|()| work.hold(For::Rows, cells * each + self.texts));
        match room.and_then(|()| work.look()) {
            Ok(()) => Ok(()),
            Err(why) => self.stop(why),
        }
    }

    /// Ends reading for a reason.
    pub fn stop(&mut self, why: Problem) -> Result<(), Stop> {
        self.stopped = Some(why);
        Err(Stop)
    }

    /// Puts a cell into the row that was started last.
    #[inline]
    pub fn put(&mut self, position: usize, cell: CellRef<'_>) {
        self.pass_over(position);
        self.put_at(self.rows.n_rows - 1, position, cell);
    }

    /// Puts a finite number into the row that was started last, for an input that takes it as it is ([`InputFacts::is_plain`]).
    ///
    /// [`InputFacts::is_plain`]: crate::serving::served::InputFacts::is_plain
    #[inline]
    pub fn put_plain(&mut self, position: usize, number: f64) {
        self.pass_over(position);
        let at = (self.rows.n_rows - 1) * self.blank.len() + position;
        self.rows.slots[at] = Slot::Number(number);
    }

    /// Puts numbers, one behind the other, into an input of rows from `first` on that were added; false where they are not all finite
    /// or the input does not take numbers as they are ([`InputFacts::is_plain`]), and nothing is put.
    ///
    /// [`InputFacts::is_plain`]: crate::serving::served::InputFacts::is_plain
    pub fn put_numbers(&mut self, first: usize, position: usize, numbers: &[f64]) -> bool {
        let is_plain = self.served.inputs[position].is_plain;
        if !is_plain || !numbers.iter().all(|it| it.is_finite()) {
            return false;
        }
        let width = self.blank.len();
        let slots = self.rows.slots.iter_mut().skip(first * width + position);
        for (slot, number) in slots.step_by(width).zip(numbers) {
            *slot = Slot::Number(*number);
        }
        true
    }

    /// Puts a cell into a row, counted from 0, that was started or added.
    #[inline]
    pub fn put_at(&mut self, row: usize, position: usize, cell: CellRef<'_>) {
        let facts = &self.served.inputs[position];
        if facts.is_plain
            && let CellRef::Number(_) | CellRef::Integer(_) = cell
            && let Some(number) = cell.number()
        {
            let at = row * self.blank.len() + position;
            self.rows.slots[at] = Slot::Number(number);
            return;
        }
        if facts.is_label
            && let CellRef::Text(text) = cell
            && let Some(slot) = self.served.scorer.known(position, text)
        {
            let at = row * self.blank.len() + position;
            self.rows.slots[at] = slot;
            return;
        }
        self.put_unusual(row, position, cell);
    }

    /// Puts a cell that has to be looked at.
    fn put_unusual(&mut self, row: usize, position: usize, cell: CellRef<'_>) {
        let facts = &self.served.inputs[position];
        let nulls = &self.served.null_values;
        let Some(cell) = taken(facts.kind, facts.reading.as_ref(), nulls, cell) else {
            return self.faults.mistyped(position, row + 1);
        };
        if let Some(form) = &facts.time
            && !cell.is_time(facts.kind, form)
        {
            return self.faults.mistyped(position, row + 1);
        }
        let cell = match &facts.rule {
            None => cell,
            Some(rule) => match ruled(rule, facts.kind, cell) {
                Ok(cell) => cell,
                Err(broken) => return self.faults.broken(position, row + 1, broken),
            },
        };
        if let Some(raw) = &mut self.raw {
            if !raw.put(row, position, cell) {
                self.faults.not_whole(position, row + 1);
            }
            return;
        }
        let slot = self.served.scorer.read(position, cell);
        if let Slot::Entry(entry) = slot
            && Some(entry) == facts.other
            && let Some(text) = cell.text()
        {
            self.texts += TEXT_BYTES + text.len();
            let unknown = (row as u32, position as u32, text.as_ref().into());
            self.rows.unknown_categories.push(unknown);
        }
        let at = row * self.blank.len() + position;
        self.rows.slots[at] = slot;
    }

    /// Takes a cell as given, whatever it is: its protocol says by itself what is wrong with it.
    #[inline]
    pub fn pass_over(&mut self, position: usize) {
        let row = self.rows.n_rows;
        if self.given[position] == row {
            return self.faults.twice(position, row);
        }
        self.given[position] = row;
        self.n_given += 1;
    }

    /// Puts something that can be no cell: a list or an object.
    pub fn put_nothing_usable(&mut self, position: usize) {
        self.pass_over(position);
        self.faults.mistyped(position, self.rows.n_rows);
    }

    /// Ends a row: whatever it did not give is missing.
    pub fn end_row(&mut self) {
        if self.n_given == self.given.len() {
            return;
        }
        let row = self.rows.n_rows;
        for (position, &given) in self.given.iter().enumerate() {
            if given != row {
                self.faults.missing(position, row);
            }
        }
    }

    /// The rows.
    ///
    /// # Errors
    /// Why reading stopped, or everything that is wrong with the columns.
    pub fn finish(self) -> Result<Rows, Problem> {
        if let Some(why) = self.stopped {
            return Err(why);
        }
        self.bounds
            .work
            .cells(self.rows.n_rows * self.blank.len())?;
        match self.faults.problem(&self.served.inputs, self.rows.n_rows) {
            Some(problem) => Err(problem),
            None => match self.raw {
                None => Ok(self.rows),
                Some(raw) => raw.prepared(self.served, self.rows.n_rows),
            },
        }
    }

    /// Whether there is room for this many bytes of values that are not rows yet.
    ///
    /// # Errors
    /// When there is not; reading must stop then.
    pub fn look_at_values(&mut self, bytes: usize) -> Result<(), Stop> {
        match self.bounds.work.hold(For::Values, bytes) {
            Ok(()) => self.look_at_clock(),
            Err(why) => self.stop(why),
        }
    }

    /// Whether something is wrong with the columns so far.
    pub fn has_faults(&self) -> bool {
        !self.faults.is_empty()
    }

    /// Whether reading stopped.
    pub fn is_stopped(&self) -> bool {
        self.stopped.is_some()
    }

    /// Why reading stopped, when it did.
    pub fn take_stopped(&mut self) -> Option<Problem> {
        self.stopped.take()
    }
}
