//! The one loop in which rows are predicted: what every prediction leaves behind, whatever protocol requested it, is left here.

use super::rows::Rows;
use super::served::Served;
use crate::bundle::Slot;

/// Rows between two looks whether to continue, where a row takes no long time.
pub const ROWS_PER_LOOK: usize = 512;

/// Rows that are scored before what is said of the first of them is passed on, at most.
const ROWS_PER_BLOCK: usize = 256;

/// How rows are predicted.
#[derive(Debug, Clone, Copy)]
pub struct Scoring {
    /// P(positive) from which on a row is positive.
    pub threshold: f64,
    /// Rows between two looks whether to continue; at least 1.
    pub rows_per_look: usize,
}

/// A row and what the version says of it.
pub struct Predicted<'r> {
    /// All rows.
    pub rows: &'r Rows,
    /// Which of them it is, from 0.
    pub row: usize,
    /// Its slots.
    pub slots: &'r [Slot],
    /// The class that is predicted; 0 where numbers are.
    pub label: u32,
    /// `[P(positive)]`, one per class, or the number.
    pub probabilities: &'r [f64],
}

/// Predicts rows, in order: counts each for its version and its class, looks at its probabilities for a probation, and at the end
/// offers the rows to the probation's sample. `look` is asked every few rows whether to continue; `each` takes what is predicted.
///
/// # Errors
/// What `look` or `each` says; the rows after that are not predicted.
pub fn predict_each<C, E>(
    served: &Served,
    rows: &Rows,
    how: Scoring,
    context: &mut C,
    mut look: impl FnMut(&mut C) -> Result<(), E>,
    mut each: impl FnMut(&mut C, &Predicted<'_>) -> Result<(), E>,
) -> Result<(), E> {
    let outputs = served.scorer.n_outputs();
    let block = how.rows_per_look.min(ROWS_PER_BLOCK);
    let mut scored = vec![0.0; block.min(rows.n_rows) * outputs];
    let mut features = Vec::new();
    for begin in (0..rows.n_rows).step_by(block) {
        // A few rows alone take no time.
        if begin > 0 || block == 1 {
            look(context)?;
        }
        let end = rows.n_rows.min(begin + block);
        let scored = &mut scored[..(end - begin) * outputs];
        served
            .scorer
            .score_rows(rows.rows(begin..end), &mut features, scored);
        for (row, probabilities) in (begin..end).zip(scored.chunks_exact(outputs)) {
            let label = served.scorer.label(probabilities, how.threshold);
            served.tally.add(label);
            served.counts.look(probabilities);
            let predicted = Predicted {
                rows,
                row,
                slots: rows.row(row),
                label,
                probabilities,
            };
            each(context, &predicted)?;
        }
    }
    served.sample.offer(rows);
    Ok(())
}
