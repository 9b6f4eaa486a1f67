//! Parts the rows of a leaf in place: those that go left come first.
//!
//! Pieces are parted side by side; then the rows that are on the wrong side of the border change places. Which order the
//! rows of a side get does not matter: sums of whole numbers are the same in any.

use rayon::prelude::*;

/// Rows parted together.
const PIECE: usize = 1 << 14;

/// Moves the rows whose byte goes left to the front, and says how many they are.
pub fn part(rows: &mut [u32], column: &[u8], goes_left: &[bool; 256]) -> usize {
    if rows.len() <= PIECE {
        return part_piece(rows, &mut vec![0; rows.len()], column, goes_left);
    }
    let lefts: Vec<usize> = rows
        .par_chunks_mut(PIECE)
        .map_init(
            || vec![0; PIECE],
            |room, piece| part_piece(piece, room, column, goes_left),
        )
        .collect();
    join(rows, &lefts)
}

/// Parts a piece, the rows of each side in the order that they had.
fn part_piece(rows: &mut [u32], room: &mut [u32], column: &[u8], left: &[bool; 256]) -> usize {
    let (mut n_left, mut n_right) = (0, 0);
    for at in 0..rows.len() {
        let row = rows[at];
        let goes_left = left[column[row as usize] as usize];
        // Both are written, one of them is kept: no branch that could be foretold wrongly.
        rows[n_left] = row;
        room[n_right] = row;
        n_left += usize::from(goes_left);
        n_right += usize::from(!goes_left);
    }
    rows[n_left..].copy_from_slice(&room[..n_right]);
    n_left
}

/// Brings the left parts of all pieces to the front.
fn join(rows: &mut [u32], lefts: &[usize]) -> usize {
    let border: usize = lefts.iter().sum();
    let n_rows = rows.len();
    let (front, back) = rows.split_at_mut(border);
    // Stretches of right rows in the front, and of left rows in the back; both are as many rows.
    let (mut wrong_front, mut wrong_back) = (Vec::new(), Vec::new());
    for (piece, n_left) in lefts.iter().enumerate() {
        let (start, end) = (piece * PIECE, ((piece + 1) * PIECE).min(n_rows));
        let middle = start + n_left;
        if middle < border {
            wrong_front.push((middle, end.min(border)));
        }
        if middle > border {
            wrong_back.push((start.max(border) - border, middle - border));
        }
    }
    let (mut others, mut open) = (wrong_back.into_iter(), (0, 0));
    for (mut start, end) in wrong_front {
        while start < end {
            if open.0 == open.1 {
                match others.next() {
                    Some(next) => open = next,
                    None => break,
                }
            }
            let n = (end - start).min(open.1 - open.0);
            front[start..start + n].swap_with_slice(&mut back[open.0..open.0 + n]);
            (start, open.0) = (start + n, open.0 + n);
        }
    }
    border
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::learners::tests::noise;

    #[test]
    fn rows_of_both_sides_are_all_there_and_on_their_side() {
        let mut random = noise(4);
        for n in [0, 1, 5, PIECE, PIECE + 1, 5 * PIECE + 77] {
            for share in [0.0, 0.02, 0.5, 0.97, 1.0] {
                let column: Vec<u8> = (0..n)
                    .map(|_| u8::from((random() + 1.0) / 2.0 < share))
                    .collect();
                let mut goes_left = [false; 256];
                goes_left[1] = true;
                let mut rows: Vec<u32> = (0..n as u32).collect();
                let border = part(&mut rows, &column, &goes_left);
                let is_left = |row: &u32| column[*row as usize] == 1;
                assert!(rows[..border].iter().all(is_left), "{n} {share}");
                assert!(!rows[border..].iter().any(is_left), "{n} {share}");
                rows.sort_unstable();
                assert!(rows.iter().enumerate().all(|(at, &row)| at as u32 == row));
            }
        }
    }
}
