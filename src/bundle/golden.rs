//! Golden rows: made-up rows and the probabilities that the model gave them when it was made. A bundle that gives any
//! other number, on whatever machine, does not answer. They are built from the transformer's own numbers, so no row of
//! anybody's data leaves with the model.

use super::error::Error;
use super::golden_rows::{Golden, GoldenRow};
use super::saved::Bundle;
use super::scorer::Scorer;
use crate::features::{Cell, Input, NGrams, Step};

impl Golden {
    /// Whether the bundle answers every row to the bit.
    ///
    /// # Errors
    /// The first row that it answers differently.
    pub fn verify(&self, bundle: &Bundle) -> Result<(), Error> {
        let scorer = bundle.scorer();
        for (row, golden) in self.rows.iter().enumerate() {
            let answer = answer(&scorer, &golden.cells).ok_or(Error::Golden { row })?;
            let is_same = answer.len() == golden.probabilities.len()
                && answer
                    .iter()
                    .zip(&golden.probabilities)
                    .all(|(a, b)| a.to_bits() == b.to_bits());
            if !is_same {
                return Err(Error::Golden { row });
            }
        }
        Ok(())
    }
}

/// Number of different made-up rows.
const PROBES: usize = 8;

/// Makes the golden rows of a bundle whose other parts are ready.
pub fn make_golden(bundle: &Bundle) -> Golden {
    let scorer = bundle.scorer();
    let rows = (0..PROBES)
        .filter_map(|probe| {
            let cells: Vec<Cell> = bundle
                .transformer
                .inputs
                .iter()
                .enumerate()
                .map(|(column, input)| cell(input, probe, column))
                .collect();
            let probabilities = answer(&scorer, &cells)?;
            Some(GoldenRow {
                cells,
                probabilities,
            })
        })
        .collect();
    Golden { rows }
}

fn answer(scorer: &Scorer, cells: &[Cell]) -> Option<Vec<f64>> {
    (cells.len() == scorer.n_inputs()).then(|| scorer.score_row(cells))
}

/// The cell of one column in one probe: typical, missing, both sides, unknown, and spread over the categories.
fn cell(input: &Input, probe: usize, column: usize) -> Cell {
    match (&input.step, probe) {
        (_, 1) => Cell::Missing,
        (Step::Scale { mean, scale }, _) => number(*mean, *scale, probe, column),
        (Step::Number { centre, scale, .. }, _) => number(*centre, *scale, probe, column),
        (Step::Text { blocks }, _) => Cell::Text(words(blocks, probe, column)),
        (step, _) => category(step.categories().unwrap_or_default(), probe, column),
    }
}

fn number(mean: f64, scale: f64, probe: usize, column: usize) -> Cell {
    if let 0 | 4 = probe {
        return Cell::Number(mean);
    }
    let distance = [0.0, 0.0, 1.0, -1.0, 0.0, 3.0, -0.5, 0.25][probe];
    let sign = if column.is_multiple_of(2) { 1.0 } else { -1.0 };
    // Near 1e308 the sum overflows, and what is not finite cannot be written down.
    Cell::Number((mean + sign * distance * scale).clamp(-f64::MAX, f64::MAX))
}

fn category(categories: &[String], probe: usize, column: usize) -> Cell {
    match (probe, categories.len()) {
        (4, _) => Cell::Text("\u{1F3AF} a category that no data set has".to_string()),
        (_, 0) => Cell::Missing,
        (_, n) => Cell::Text(categories[(probe * 7 + column) % n].clone()),
    }
}

/// A text of a few n-grams that the step knows, one of them twice; in probe 4 of none.
fn words(blocks: &[NGrams], probe: usize, column: usize) -> String {
    const WORDS: usize = 6;
    if probe == 4 {
        return "\u{1F3AF} q".to_string();
    }
    let mut words = vec!["golden rows have words".to_string()];
    for block in blocks.iter().filter(|block| !block.terms.is_empty()) {
        let n = block.terms.len();
        let places = (0..WORDS).map(|at| (probe * 7919 + column + at * (n / WORDS + 1)) % n);
        words.extend(places.map(|place| block.terms[place].clone()));
    }
    words.extend(words.get(1).cloned());
    words.join(" ")
}
