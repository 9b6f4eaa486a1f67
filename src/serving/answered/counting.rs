//! Rows of requests to counters: each slot to a bin of the reference.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::kept::Kept;
use crate::bundle::Slot;
use crate::config::Drift as Settings;
use crate::drift::{
    Answered, Counts, Edges, Labels, Measure, Reference, Seen, count_answers, place,
};
use crate::features::Input;
use crate::pipeline::drift::SlowReference;
use crate::serving::rows::Rows;
use crate::serving::said::Said;
use crate::serving::served::Served;

/// For how long the slow reference is not looked for again: windows of few rows begin often.
const SLOW_HOLDS: Duration = Duration::from_secs(60);

/// What is counted in one window.
#[derive(Debug)]
pub struct Window {
    /// Its end, exclusive; of a window of rows, as far as it is known.
    pub to_ms: i64,
    /// The counters.
    pub counts: Counts,
    /// The same in the bins of the slow reference, where there was one when the window began.
    pub slow: Option<(Arc<Slow>, Counts)>,
    /// Whether there is something that is not written.
    pub is_fresh: bool,
    /// Whether nothing more comes.
    pub is_full: bool,
}

/// The slow reference on the side of what is counted.
#[derive(Debug)]
pub struct Slow {
    /// Its version.
    pub version: i64,
    reference: Reference,
    bins: Bins,
}

impl Slow {
    /// For the rows that a version reads.
    pub fn new(served: &Served, slow: SlowReference) -> Slow {
        Slow {
            version: slow.version,
            bins: Bins::new(&served.bundle.transformer.inputs, &slow.reference),
            reference: slow.reference,
        }
    }
}

/// What is counted of the answers of one version.
pub struct Counting {
    served: Arc<Served>,
    bins: Bins,
    /// What windows that begin from now on are also counted in.
    slow: Option<Arc<Slow>>,
    /// When it was looked for last.
    looked: Option<Instant>,
    /// By begin.
    pub windows: BTreeMap<i64, Window>,
}

impl Counting {
    /// Of a version; `None` where it has no reference.
    pub fn new(served: &Arc<Served>) -> Option<Counting> {
        let reference = served.bundle.reference.as_ref()?;
        Some(Counting {
            bins: Bins::new(&served.bundle.transformer.inputs, reference),
            slow: None,
            looked: None,
            windows: BTreeMap::new(),
            served: served.clone(),
        })
    }

    /// Whether the slow reference is to be looked for before this request is added: it begins a window, and that was not done lately.
    pub fn wants_slow(&self, kept: &Kept) -> bool {
        let (from_ms, _) = self.window_for(&kept.env.config.drift, kept.at_ms);
        let is_known = self.looked.is_some_and(|at| at.elapsed() < SLOW_HOLDS);
        !is_known && !self.windows.contains_key(&from_ms)
    }

    /// What windows that begin from now on are also counted in.
    pub fn take_slow(&mut self, slow: Option<SlowReference>) {
        let new = slow.map(|slow| Arc::new(Slow::new(&self.served, slow)));
        (self.slow, self.looked) = (new, Some(Instant::now()));
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
            slow: self
                .slow
                .as_ref()
                .map(|slow| (slow.clone(), Counts::none(&slow.reference))),
            is_fresh: false,
            is_full: false,
        });
        window.is_fresh = true;
        window.to_ms = window.to_ms.max(to_ms);
        self.bins.count(reference, &kept.rows, &mut window.counts);
        if let Some((slow, counts)) = &mut window.slow {
            slow.bins.count(&slow.reference, &kept.rows, counts);
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
}

/// Which columns of a reference are counted of which inputs of a model, and where.
#[derive(Debug)]
struct Bins {
    /// Per input of the model, the columns of the reference that are counted of it.
    columns: Vec<Vec<usize>>,
    labels: Vec<Labels>,
    /// Per column of the reference with categories, the bin of each entry of the model's own table.
    entries: Vec<Vec<usize>>,
    /// Per input of the model, its only column in the reference and the edges of that, where it is one of numbers.
    numbers: Vec<Option<(usize, Edges)>>,
}

impl Bins {
    fn new(inputs: &[Input], reference: &Reference) -> Bins {
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
        let columns: Vec<Vec<usize>> = inputs.iter().map(|input| of(&input.name)).collect();
        let numbers = columns.iter().map(|columns| match columns[..] {
            [at] if reference.columns[at].measure == Measure::Number => {
                Edges::of(&reference.columns[at].layout).map(|edges| (at, edges))
            }
            _ => None,
        });
        Bins {
            numbers: numbers.collect(),
            columns,
            entries: entries.collect(),
            labels,
        }
    }

    /// Adds all rows of a request.
    fn count(&self, reference: &Reference, rows: &Rows, counts: &mut Counts) {
        counts.rows += rows.n_rows as u64;
        for row in 0..rows.n_rows {
            self.count_row(reference, rows, row, counts);
        }
    }

    fn count_row(&self, reference: &Reference, rows: &Rows, row: usize, counts: &mut Counts) {
        for (input, slot) in rows.row(row).iter().enumerate() {
            if let (Slot::Number(number), Some(Some((at, edges)))) = (slot, self.numbers.get(input))
                && number.is_finite()
            {
                counts.columns[*at][edges.place(*number)] += 1;
                continue;
            }
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
                        None => self.labels[at]
                            .place(Some(rows.unknown_category(row, input).unwrap_or(""))),
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
