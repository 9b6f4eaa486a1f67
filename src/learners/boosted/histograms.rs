//! Histograms of a leaf's rows: the sums of gradients and Hessians for each code of each column.

use super::bins::Bins;
use super::groups::Rows;
use super::packed::{Packing, Sum};

/// Fewer rows than this are not worth another thread.
const ROWS_PER_THREAD: usize = 4096;

/// What is added up: `(n_rows)` packed gradients.
#[derive(Debug, Clone, Copy)]
pub struct Gradients<'a> {
    /// How they are in 32 bits.
    pub packing: Packing,
    /// One per row.
    pub packed: &'a [u32],
}

/// The sums of some rows, `(n_codes)`, with the bits that any order and any number of threads gives.
pub fn histogram(bins: &Bins, gradients: Gradients<'_>, rows: Rows<'_>) -> Vec<Sum> {
    let parts = rows.len() / ROWS_PER_THREAD;
    in_parts(
        bins,
        gradients,
        rows,
        parts.min(rayon::current_num_threads()),
    )
}

/// As [`histogram`], of so many parts side by side.
fn in_parts(bins: &Bins, gradients: Gradients<'_>, rows: Rows<'_>, parts: usize) -> Vec<Sum> {
    if parts < 2 {
        let mut sums = vec![Sum::default(); bins.codes().n_codes()];
        let mut rest = &mut sums[..];
        for group in bins.groups() {
            let (own, others) = rest.split_at_mut(group.n_codes());
            group.add(gradients.packing, gradients.packed, rows, own);
            rest = others;
        }
        return sums;
    }
    let half = parts / 2;
    let (some, others) = rows.split_at(rows.len() / parts * half);
    let (mut sums, more) = rayon::join(
        || in_parts(bins, gradients, some, half),
        || in_parts(bins, gradients, others, parts - half),
    );
    sums.iter_mut()
        .zip(more)
        .for_each(|(sum, more)| *sum += more);
    sums
}

/// What is left of a histogram without the rows of another one.
pub fn subtract(from: &mut [Sum], part: &[Sum]) {
    from.iter_mut()
        .zip(part)
        .for_each(|(sum, &part)| *sum -= part);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::learners::boosted::bins::encode;
    use crate::learners::boosted::tests::Made;

    #[test]
    fn sums_are_those_added_row_by_row_and_the_same_for_any_parts() {
        for n_numbers in [1, 5, 24, 30] {
            let made = Made::new(70_000, n_numbers, 3);
            let (coding, bins, _) = encode(&made, None);
            let packed: Vec<u32> = (0..70_000_u32)
                .map(|row| Packing::pack((row % 65_535) as i32 - 32_767, 1 + row % 65_535))
                .collect();
            let gradients = Gradients {
                packing: Packing::Halves,
                packed: &packed,
            };
            let listed: Vec<u32> = (0..70_000).filter(|row| row % 7 != 3).collect();
            for rows in [Rows::Run(5, 69_000), Rows::Listed(&listed)] {
                let first = in_parts(&bins, gradients, rows, 1);
                for parts in [2, 3, 7, 1000] {
                    assert!(in_parts(&bins, gradients, rows, parts) == first, "{parts}");
                }
                let mut wanted = vec![Sum::default(); bins.codes().n_codes()];
                let mut add = |row: usize| {
                    for (column, place) in coding.places.iter().enumerate() {
                        let byte = bins.byte(place.byte)[row] as usize;
                        let code = bins.codes().of_column(column).start
                            + byte / place.divisor % place.n_codes;
                        wanted[code] += Packing::Halves.sum(Packing::halves(packed[row]));
                    }
                };
                match rows {
                    Rows::Run(start, n) => (start..start + n).for_each(&mut add),
                    Rows::Listed(rows) => rows.iter().for_each(|&row| add(row as usize)),
                }
                assert!(first == wanted, "{n_numbers}");
            }
        }
    }
}
