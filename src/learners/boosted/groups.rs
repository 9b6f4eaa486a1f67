//! Bytes side by side, row by row, and the loop that adds rows to their histograms.
//!
//! The loop waits for memory: the rows of a leaf stand far apart. So the bytes of a block of rows are first fetched together,
//! which lets many fetches be under way at once, and then added. The width of a group is known to the compiler and a byte
//! cannot be beyond 256 sums, so nothing is checked on the way.

use super::packed::{Packing, Sum};

/// Most bytes of a group: their histograms stay in the second-level cache.
pub const MOST_WIDE: usize = 24;
/// Rows that are fetched together.
const BLOCK: usize = 256;
/// Room for the 256 sums of a byte, and for one line of the cache: equal bytes of neighbouring columns then are at places that
/// a processor does not take for one another (by their last 12 bits).
const SUMS: usize = 256 + 8;

/// Which rows are added.
#[derive(Debug, Clone, Copy)]
pub enum Rows<'a> {
    /// Those from one on.
    Run(usize, usize),
    /// These.
    Listed(&'a [u32]),
}

impl Rows<'_> {
    /// How many.
    pub fn len(&self) -> usize {
        match self {
            Rows::Run(_, n) => *n,
            Rows::Listed(rows) => rows.len(),
        }
    }

    /// The first `n`, and the others.
    pub fn split_at(self, n: usize) -> (Self, Self) {
        match self {
            Rows::Run(start, all) => (Rows::Run(start, n), Rows::Run(start + n, all - n)),
            Rows::Listed(rows) => {
                let (a, b) = rows.split_at(n);
                (Rows::Listed(a), Rows::Listed(b))
            }
        }
    }
}

/// Bytes side by side, and the loop over them for each way to pack gradients.
pub trait Group: Send + Sync {
    /// Codes of all columns of its bytes together.
    fn n_codes(&self) -> usize;
    /// Adds the gradients of rows to the sums of their columns' codes, `(n_codes)`.
    fn add(&self, packing: Packing, gradients: &[u32], rows: Rows<'_>, into: &mut [Sum]);
}

/// `W` bytes.
struct Wide<const W: usize> {
    /// `(n_rows)`.
    rows: Vec<[u8; W]>,
    /// `(W)`: how many codes the columns have that share the byte.
    shares: Vec<Vec<usize>>,
}

/// Puts at most [`MOST_WIDE`] bytes side by side, `(n_bytes, n_rows)`. `shares` says how many codes the columns of each byte have.
pub fn new_group(bytes: &[Vec<u8>], shares: &[Vec<usize>]) -> Box<dyn Group> {
    macro_rules! of_width {
        ($($width:literal)*) => {
            match bytes.len() {
                $($width => Box::new(Wide::<$width>::new(bytes, shares)),)*
                _ => Box::new(Wide::<0>::new(&[], &[])),
            }
        };
    }
    of_width!(1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24)
}

impl<const W: usize> Wide<W> {
    fn new(bytes: &[Vec<u8>], shares: &[Vec<usize>]) -> Self {
        let n_rows = bytes.first().map_or(0, Vec::len);
        let mut rows = vec![[0; W]; n_rows];
        for (start, rows) in rows.chunks_mut(BLOCK).enumerate() {
            for (at, bytes) in bytes.iter().enumerate() {
                for (row, &byte) in rows.iter_mut().zip(&bytes[start * BLOCK..]) {
                    row[at] = byte;
                }
            }
        }
        Wide {
            rows,
            shares: shares.to_vec(),
        }
    }

    /// Adds at most [`Packing::MOST_ROWS`] rows.
    fn add_some<P: Fn(u32) -> i64>(
        &self,
        unpacked: P,
        gradients: &[u32],
        rows: Rows<'_>,
        sums: &mut [[i64; SUMS]; W],
    ) {
        let (mut bytes, mut adds) = ([[0; W]; BLOCK], [0; BLOCK]);
        match rows {
            Rows::Run(start, n) => {
                let of_rows = self.rows[start..start + n].chunks(BLOCK);
                let of_gradients = gradients[start..start + n].chunks(BLOCK);
                for (bytes, gradients) in of_rows.zip(of_gradients) {
                    for (to, &gradient) in adds.iter_mut().zip(gradients) {
                        *to = unpacked(gradient);
                    }
                    add_block(bytes, &adds, sums);
                }
            }
            Rows::Listed(rows) => {
                for block in rows.chunks(BLOCK) {
                    for (to, &row) in bytes.iter_mut().zip(block) {
                        *to = self.rows[row as usize];
                    }
                    for (to, &row) in adds.iter_mut().zip(block) {
                        *to = unpacked(gradients[row as usize]);
                    }
                    add_block(&bytes[..block.len()], &adds, sums);
                }
            }
        }
    }
}

#[inline]
fn add_block<const W: usize>(bytes: &[[u8; W]], adds: &[i64; BLOCK], sums: &mut [[i64; SUMS]; W]) {
    for (row, &add) in bytes.iter().zip(adds) {
        for (sums, &byte) in sums.iter_mut().zip(row) {
            sums[byte as usize] += add;
        }
    }
}

impl<const W: usize> Group for Wide<W> {
    fn n_codes(&self) -> usize {
        self.shares.iter().flatten().sum()
    }

    fn add(&self, packing: Packing, gradients: &[u32], rows: Rows<'_>, into: &mut [Sum]) {
        let mut sums = Box::new([[0_i64; SUMS]; W]);
        let mut rest = rows;
        while rest.len() > 0 {
            let (some, others) = rest.split_at(rest.len().min(Packing::MOST_ROWS));
            rest = others;
            match packing {
                Packing::Halves => {
                    self.add_some(Packing::halves, gradients, some, &mut sums);
                }
                Packing::Counted => {
                    self.add_some(Packing::counted, gradients, some, &mut sums);
                }
            }
            let mut into = &mut into[..];
            for (sums, shares) in sums.iter_mut().zip(&self.shares) {
                let (own, others) = into.split_at_mut(shares.iter().sum());
                move_sums(packing, sums, shares, own);
                into = others;
            }
        }
    }
}

/// Moves the sums of a byte to those of its columns' codes.
fn move_sums(packing: Packing, sums: &mut [i64; SUMS], shares: &[usize], into: &mut [Sum]) {
    if shares.len() == 1 {
        for (into, sum) in into.iter_mut().zip(sums.iter_mut()) {
            *into += packing.sum(std::mem::take(sum));
        }
        return;
    }
    let n_bytes = shares.iter().product();
    for (byte, sum) in sums.iter_mut().take(n_bytes).enumerate() {
        let sum = packing.sum(std::mem::take(sum));
        if sum.hessian == 0 {
            continue;
        }
        let (mut rest, mut first) = (byte, 0);
        for n_codes in shares {
            into[first + rest % n_codes] += sum;
            (rest, first) = (rest / n_codes, first + n_codes);
        }
    }
}
