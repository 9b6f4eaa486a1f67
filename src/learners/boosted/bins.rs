//! Rows as bytes, by a [`Coding`].
//!
//! They stand twice: row by row in groups of bytes for the histograms, which read all bytes of a row together, and byte by
//! byte for parting the rows of a leaf, which reads one byte of many rows. That is at most two bytes a cell.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};

use rayon::prelude::*;

use super::codes::Codes;
use super::coding::{Coding, Column};
use super::cuts::Finder;
use super::groups::{Group, MOST_WIDE, new_group};
use super::table::{Stretch, Table};

/// Cells read at a time, about.
const CELLS: usize = 1 << 16;

/// Rows as bytes, for learning from them.
pub struct Bins {
    n_rows: usize,
    /// `(n_bytes, n_rows)`.
    bytes: Vec<Vec<u8>>,
    groups: Vec<Box<dyn Group>>,
    codes: Codes,
}

impl Bins {
    /// Rows that are bytes already, `(n_bytes, n_rows)`.
    fn new(n_rows: usize, bytes: Vec<Vec<u8>>, coding: &Coding) -> Self {
        let mut shares: Vec<Vec<usize>> = vec![Vec::new(); bytes.len()];
        for place in &coding.places {
            shares[place.byte].push(place.n_codes);
        }
        let n_groups = bytes.len().div_ceil(MOST_WIDE).max(1);
        let wide = bytes.len().div_ceil(n_groups).max(1);
        let parts: Vec<_> = bytes.chunks(wide).zip(shares.chunks(wide)).collect();
        let groups = parts
            .into_par_iter()
            .map(|(bytes, shares)| new_group(bytes, shares));
        Bins {
            n_rows,
            groups: groups.collect(),
            bytes,
            codes: Codes::of(coding),
        }
    }

    /// Number of rows.
    pub fn n_rows(&self) -> usize {
        self.n_rows
    }

    /// One of the bytes of every row, `(n_rows)`.
    pub fn byte(&self, at: usize) -> &[u8] {
        &self.bytes[at]
    }

    /// All bytes, row by row.
    pub fn groups(&self) -> &[Box<dyn Group>] {
        &self.groups
    }

    /// Where the codes of columns are in a histogram.
    pub fn codes(&self) -> &Codes {
        &self.codes
    }
}

/// Reads a table for learning from it, and another one, `(n_bytes, n_rows)`, for telling what trees say of it.
pub fn encode(
    table: &dyn Table,
    other: Option<&dyn Table>,
) -> (Coding, Bins, Option<Vec<Vec<u8>>>) {
    let mut coding = Coding::of(table);
    loop {
        // A gap that is not in the sample is rare; all is read again then.
        let other = other.map(|other| read(other, &coding)).transpose();
        match (read(table, &coding), other) {
            (Ok(bytes), Ok(other)) => {
                let bins = Bins::new(table.n_rows(), bytes, &coding);
                return (coding, bins, other);
            }
            (Err(columns), _) | (_, Err(columns)) => coding = coding.with_missing(&columns),
        }
    }
}

/// The bytes of a table, `(n_bytes, n_rows)`.
///
/// # Errors
/// The columns with missing numbers that have no code for them.
pub fn read(table: &dyn Table, coding: &Coding) -> Result<Vec<Vec<u8>>, BTreeSet<usize>> {
    let n_rows = table.n_rows();
    let width = table.numbers().len() + table.blocks().len();
    let per_stretch = (CELLS / width.max(1)).clamp(16, 4096);
    let finders: Vec<Option<Finder>> = coding.columns.iter().map(Column::finder).collect();
    let is_lacking: Vec<AtomicBool> = finders.iter().map(|_| AtomicBool::new(false)).collect();
    let mut bytes = vec![vec![0_u8; n_rows]; coding.n_bytes];
    // The same rows of every byte, for each stretch of rows.
    let mut stretches: Vec<Vec<&mut [u8]>> = Vec::new();
    stretches.resize_with(n_rows.div_ceil(per_stretch), Vec::new);
    for byte in &mut bytes {
        let parts = byte.chunks_mut(per_stretch);
        stretches
            .iter_mut()
            .zip(parts)
            .for_each(|(to, part)| to.push(part));
    }
    let read = |stretch: &mut Stretch, (at, mut parts): (usize, Vec<&mut [u8]>)| {
        let start = at * per_stretch;
        table.read(start, (start + per_stretch).min(n_rows), stretch);
        for (at, (column, place)) in coding.columns.iter().zip(&coding.places).enumerate() {
            let part = &mut parts[place.byte];
            match (column, &finders[at]) {
                (Column::Numbers { at: from, .. }, Some(finder)) => {
                    let numbers = stretch.numbers[*from..]
                        .iter()
                        .step_by(table.numbers().len());
                    let codes = numbers.map(|&number| finder.bin(number));
                    if put(part, codes, place.divisor, place.n_codes) {
                        is_lacking[at].store(true, Ordering::Relaxed);
                    }
                }
                (
                    Column::Ones {
                        block, from, width, ..
                    },
                    _,
                ) => {
                    let places = stretch.places[*block..]
                        .iter()
                        .step_by(table.blocks().len());
                    let codes = places.map(|&place| place.wrapping_sub(*from).min(*width) as u8);
                    put(part, codes, place.divisor, place.n_codes);
                }
                _ => {}
            }
        }
    };
    let stretches = stretches.into_par_iter().enumerate();
    stretches.for_each_init(Stretch::default, read);
    let lacking = is_lacking
        .iter()
        .enumerate()
        .filter(|(_, it)| it.load(Ordering::Relaxed));
    let lacking: BTreeSet<usize> = lacking.map(|(at, _)| at).collect();
    if lacking.is_empty() {
        Ok(bytes)
    } else {
        Err(lacking)
    }
}

/// Adds codes to their share of the bytes; says whether one is beyond it.
fn put(part: &mut [u8], codes: impl Iterator<Item = u8>, divisor: usize, n_codes: usize) -> bool {
    let (divisor, last) = (divisor as u8, (n_codes - 1) as u8);
    let mut largest = 0;
    for (byte, code) in part.iter_mut().zip(codes) {
        *byte = byte.wrapping_add(code.wrapping_mul(divisor));
        largest = largest.max(code);
    }
    largest > last
}
