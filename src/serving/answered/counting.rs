//! Rows of requests to counters: each slot to a bin of the reference.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::kept::{Kept, Said};
use crate::bundle::Slot;
use crate::config::Drift as Settings;
use crate::drift::{Answered, Counts, Labels, Reference, Seen, count_answers, place};
use crate::serving::rows::Rows;
use crate::serving::served::Served;

/// What is counted in one window.
#[derive(Debug)]
pub struct Window {
    /// Its end, exclusive; of a window of rows, as far as it is known.
    pub to_ms: i64,
    /// The counters.
    pub counts: Counts,
    /// Whether there is something that is not written.
    pub is_fresh: bool,
    /// Whether nothing more comes.
    pub is_full: bool,
}

/// What is counted of the answers of one version.
pub struct Counting {
    served: Arc<Served>,
    /// Per input of the model, the columns of the reference that are counted of it.
    columns: Vec<Vec<usize>>,
    labels: Vec<Labels>,
    /// Per column of the reference with categories, the bin of each entry of the model's own table.
    entries: Vec<Vec<usize>>,
    /// By begin.
    pub windows: BTreeMap<i64, Window>,
}

impl Counting {
    /// Of a version; `None` where it has no reference.
    pub fn new(served: &Arc<Served>) -> Option<Counting> {
        let reference = served.bundle.reference.as_ref()?;
        let inputs = &served.bundle.transformer.inputs;
        let of = |name: &str| {
            let columns = reference.columns.iter().enumerate();
            let of_name = columns.filter(|(_, column)| column.name == name);
            of_name.map(|(at, _)| at).collect()
        };
        let labels: Vec<Labels> = reference
            .columns
            .iter()
            .map(|it| Labels::of(&it.layout))
            .collect();
        let entries = reference.columns.iter().zip(&labels);
        let entries = entries.map(|(column, labels)| {
            let input = inputs.iter().find(|input| input.name == column.name);
            let categories = input.and_then(|input| input.step.categories());
            let known = categories.unwrap_or_default().iter();
            let mut places: Vec<usize> = known.map(|it| labels.place(Some(it))).collect();
            places.push(labels.place(None));
            places
        });
        Some(Counting {
            columns: inputs.iter().map(|input| of(&input.name)).collect(),
            entries: entries.collect(),
            labels,
            windows: BTreeMap::new(),
            served: served.clone(),
        })
    }

    /// Adds the rows of a request, in the window of its time.
    pub fn add(&mut self, kept: &Kept) {
        let settings = &kept.env.config.drift;
        let Some(reference) = &self.served.bundle.reference else {
            return;
        };
        let (from_ms, to_ms) = self.window_for(settings, kept.at_ms);
        let mut window = self.windows.remove(&from_ms).unwrap_or_else(|| Window {
            to_ms,
            counts: Counts::none(reference),
            is_fresh: false,
            is_full: false,
        });
        window.is_fresh = true;
        window.to_ms = window.to_ms.max(to_ms);
        window.counts.rows += kept.rows.n_rows as u64;
        for row in 0..kept.rows.n_rows {
            self.count_row(reference, &kept.rows, row, &mut window.counts);
        }
        if let Some(column) = &reference.prediction {
            let answered = answered(&self.served, &kept.said);
            count_answers(&column.layout, answered, &mut window.counts.prediction);
        }
        window.is_full = settings
            .window_rows
            .is_some_and(|most| window.counts.rows >= most);
        self.windows.insert(from_ms, window);
    }

    /// The window of a time: of the clock, or the open one of rows.
    fn window_for(&self, settings: &Settings, at_ms: i64) -> (i64, i64) {
        if settings.window_rows.is_none() {
            return settings.window.around(at_ms);
        }
        let last = self.windows.iter().next_back();
        match last.filter(|(_, window)| !window.is_full) {
            Some((from_ms, _)) => (*from_ms, at_ms + 1),
            // Two windows must not begin at once.
            None => {
                let after =
                    last.map_or(i64::MIN, |(from_ms, window)| window.to_ms.max(from_ms + 1));
                (at_ms.max(after), at_ms.max(after) + 1)
            }
        }
    }

    fn count_row(&self, reference: &Reference, rows: &Rows, row: usize, counts: &mut Counts) {
        for (input, slot) in rows.row(row).iter().enumerate() {
            let columns = self.columns.get(input).map_or(&[][..], Vec::as_slice);
            for &at in columns {
                let column = &reference.columns[at];
                let place = match slot {
                    Slot::Missing => place(column, &self.labels[at], Seen::Missing),
                    Slot::Number(number) => place(column, &self.labels[at], Seen::Number(*number)),
                    Slot::Text(text) => place(column, &self.labels[at], Seen::Text(text)),
                    Slot::Entry(entry) => match self.entries[at].get(*entry as usize) {
                        Some(&place) => place,
                        // Neither a category of the model nor missing.
                        None => {
                            self.labels[at].place(Some(rows.stranger(row, input).unwrap_or("")))
                        }
                    },
                };
                counts.columns[at][place] += 1;
            }
        }
    }
}

fn answered<'a>(served: &'a Served, said: &'a Said) -> Answered<'a> {
    if served.is_of_numbers() || served.bundle.is_binary() {
        Answered::Numbers(&said.probabilities)
    } else {
        Answered::Classes(&said.labels, &served.bundle.classes)
    }
}
