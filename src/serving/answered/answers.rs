//! Answers on their way to being kept: id, time, version, class and probability, never a value of a row.

use std::time::Duration;

use super::kept::Kept;
use crate::config::Labels as Settings;
use crate::live::Answer;
use crate::model_types::PredictionId;

/// Most answers that wait for a registry that cannot be written.
const MOST_WAITING: usize = 50_000;

/// Answers of one model that are not kept yet.
#[derive(Debug, Default)]
pub struct Waiting {
    answers: Vec<Answer>,
    /// How many were taken since the last time that any were written.
    taken: u64,
}

impl Waiting {
    /// Takes the answers of a request, as many as the settings allow for this long; how many were not.
    pub fn take(&mut self, kept: &Kept, settings: &Settings, every: Duration) -> u64 {
        let n_rows = kept.rows.n_rows as u64;
        let most = u64::from(settings.per_second) * every.as_secs().max(1);
        let room = (MOST_WAITING - self.answers.len().min(MOST_WAITING)) as u64;
        let n = n_rows.min(most.saturating_sub(self.taken)).min(room);
        self.taken += n;
        self.answers
            .extend((0..n as usize).map(|row| answer(kept, row)));
        n_rows - n
    }

    /// What is to be written now.
    pub fn answers(&self) -> &[Answer] {
        &self.answers
    }

    /// They were written, or they wait on.
    pub fn written(&mut self, is_written: bool) {
        self.taken = 0;
        if is_written {
            self.answers.clear();
        }
    }
}

fn answer(kept: &Kept, row: usize) -> Answer {
    let served = &kept.served;
    let n_outputs = served.scorer.n_outputs();
    let said = &kept.said.probabilities[row * n_outputs..(row + 1) * n_outputs];
    let label = kept.said.labels[row] as usize;
    let is_of_numbers = served.is_of_numbers();
    let at = if is_of_numbers || served.bundle.is_binary() {
        0
    } else {
        label
    };
    Answer {
        id: match kept.rows.ids.get(row) {
            Some(own) => PredictionId::new(own.to_string()),
            None => PredictionId::of_row(&kept.unique, row),
        },
        version: served.version,
        at_ms: kept.at_ms,
        class: if is_of_numbers {
            None
        } else {
            served.bundle.classes.get(label).cloned()
        },
        value: said[at],
    }
}
