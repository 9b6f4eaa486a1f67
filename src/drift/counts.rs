//! Counters that add up: over hours, days and servers.

use serde::{Deserialize, Serialize};

use super::column::{Column, Reference};

/// What was counted of some rows in the bins of a reference. It only means something beside that.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Counts {
    /// Rows.
    pub rows: u64,
    /// Per column of the reference, the rows in each bin.
    pub columns: Vec<Vec<u64>>,
    /// The same of what the model said of them; empty without.
    #[serde(default)]
    pub prediction: Vec<u64>,
}

impl Counts {
    /// Nothing counted yet.
    pub fn none(reference: &Reference) -> Counts {
        let zeros = |column: &Column| vec![0; column.layout.width()];
        Counts {
            rows: 0,
            columns: reference.columns.iter().map(zeros).collect(),
            prediction: reference.prediction.as_ref().map_or_else(Vec::new, zeros),
        }
    }

    /// Whether they were counted in the bins of a reference.
    pub fn fits(&self, reference: &Reference) -> bool {
        let none = Counts::none(reference);
        let widths = |counts: &Counts| -> Vec<usize> {
            let columns = counts.columns.iter().chain([&counts.prediction]);
            columns.map(Vec::len).collect()
        };
        widths(self) == widths(&none)
    }

    /// Adds what was counted in the same bins; false, and nothing added, where the bins are others.
    pub fn merge(&mut self, other: &Counts) -> bool {
        let both = |one: &Vec<u64>, other: &Vec<u64>| one.len() == other.len();
        let fits = self.columns.len() == other.columns.len()
            && self
                .columns
                .iter()
                .zip(&other.columns)
                .all(|(a, b)| both(a, b))
            && both(&self.prediction, &other.prediction);
        if !fits {
            return false;
        }
        self.rows += other.rows;
        let columns = self.columns.iter_mut().chain([&mut self.prediction]);
        for (own, more) in columns.zip(other.columns.iter().chain([&other.prediction])) {
            own.iter_mut()
                .zip(more)
                .for_each(|(own, more)| *own += more);
        }
        true
    }
}
