//! Fine bins to the cells that are tested: as many as the rows can bear.

use super::layout::Layout;

/// Expected rows of a cell in the smaller sample, below which it is merged with another.
const FEWEST: f64 = 5.0;
/// Rows (harmonic) per cell, and bounds of their number.
const ROWS_PER_CELL: f64 = 40.0;
const CELLS: (f64, f64) = (4.0, 20.0);

/// Two samples in the same cells.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Pair {
    /// Rows of the reference in each.
    pub reference: Vec<u64>,
    /// Rows of the window in each.
    pub window: Vec<u64>,
    /// Cells that there should be for such rows: with fewer, some had too few rows to stand alone.
    pub wanted: usize,
}

impl Pair {
    fn push(&mut self, cell: [u64; 2]) {
        self.reference.push(cell[0]);
        self.window.push(cell[1]);
    }
}

/// nm / (n + m): the rows that both samples together are worth.
pub fn effective_rows(n: u64, m: u64) -> f64 {
    let (n, m) = (n as f64, m as f64);
    if n + m > 0.0 { n * m / (n + m) } else { 0.0 }
}

/// The cells of a column. What is missing, below, above or new has a cell of its own; where the cells are `merged`, as soon as
/// its expected count allows.
pub fn cells(layout: &Layout, reference: &[u64], window: &[u64], is_merged: bool) -> Pair {
    let (n, m) = (reference.iter().sum(), window.iter().sum());
    let at = |place: usize| [reference[place], window[place]];
    let wanted = (effective_rows(n, m) / ROWS_PER_CELL)
        .floor()
        .clamp(CELLS.0, CELLS.1) as usize;
    // The expected rows of a cell in the smaller sample.
    let share = n.min(m) as f64 / (n + m).max(1) as f64;
    let is_enough = |cell: [u64; 2]| {
        if is_merged {
            (cell[0] + cell[1]) as f64 * share >= FEWEST
        } else {
            cell != [0, 0]
        }
    };
    let last = layout.width() - 1;
    let inner = match layout {
        Layout::Numbers { .. } => {
            let bins: Vec<[u64; 2]> = (2..last).map(at).collect();
            let mut inner = vec![at(1)];
            inner.extend(grouped(&bins, wanted));
            inner.push(at(last));
            merged_with_neighbours(inner, is_enough)
        }
        Layout::Labels { .. } => {
            let labels = (1..last - 1).map(at).collect();
            frequent(labels, at(last - 1), at(last), wanted, is_enough)
        }
    };
    let filled = (1..layout.width()).filter(|place| at(*place) != [0, 0]);
    let mut pair = Pair {
        wanted: wanted.min(filled.count()).max(2),
        ..Pair::default()
    };
    let missing = at(super::layout::MISSING);
    let mut inner = inner;
    if !inner.is_empty() && !is_enough(missing) {
        add(&mut inner[0], missing);
    } else if missing != [0, 0] {
        inner.insert(0, missing);
    }
    inner.into_iter().for_each(|cell| pair.push(cell));
    pair
}

fn add(to: &mut [u64; 2], cell: [u64; 2]) {
    to[0] += cell[0];
    to[1] += cell[1];
}

/// Neighbouring bins in about so many groups of about as many reference rows.
fn grouped(bins: &[[u64; 2]], wanted: usize) -> Vec<[u64; 2]> {
    let total: u64 = bins.iter().map(|bin| bin[0]).sum();
    let (mut groups, mut before) = (Vec::<[u64; 2]>::new(), 0);
    let mut open = None;
    for &bin in bins {
        let group = (before * wanted as u64).checked_div(total).unwrap_or(0);
        match groups.last_mut() {
            Some(last) if open == Some(group) => add(last, bin),
            _ => groups.push(bin),
        }
        open = Some(group);
        before += bin[0];
    }
    groups
}

/// Merges each cell with too few expected rows with the next one, the last with the one before.
fn merged_with_neighbours(
    cells: Vec<[u64; 2]>,
    is_enough: impl Fn([u64; 2]) -> bool,
) -> Vec<[u64; 2]> {
    let mut merged: Vec<[u64; 2]> = Vec::new();
    let mut waiting = [0, 0];
    for cell in cells {
        add(&mut waiting, cell);
        if is_enough(waiting) {
            merged.push(std::mem::take(&mut waiting));
        }
    }
    match merged.last_mut() {
        Some(last) => add(last, waiting),
        None if waiting != [0, 0] => merged.push(waiting),
        None => {}
    }
    merged
}

/// The most frequent categories, what is new, and all others as one.
fn frequent(
    mut labels: Vec<[u64; 2]>,
    rare: [u64; 2],
    new: [u64; 2],
    wanted: usize,
    is_enough: impl Fn([u64; 2]) -> bool,
) -> Vec<[u64; 2]> {
    labels.sort_by_key(|cell| std::cmp::Reverse(cell[0] + cell[1]));
    let own = labels.iter().take_while(|cell| is_enough(**cell)).count();
    let rest = labels.split_off(own.min(wanted - 1));
    let mut other = rare;
    rest.into_iter().for_each(|cell| add(&mut other, cell));
    if is_enough(new) {
        labels.push(new);
    } else {
        add(&mut other, new);
    }
    match labels.last_mut() {
        Some(last) if !is_enough(other) => add(last, other),
        _ if other != [0, 0] => labels.push(other),
        _ => {}
    }
    labels
}
