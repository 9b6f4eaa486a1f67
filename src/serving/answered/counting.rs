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
use crate::model_types::VersionNumber;
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
    pub version: VersionNumber,
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

/// How an input of a model is counted.
#[derive(Debug)]
enum Way {
    /// In one column of numbers.
    Numbers { at: usize, edges: Edges },
    /// In one column of categories: the bin of each entry of the model's own table.
    Entries { at: usize, places: Vec<usize> },
    /// In columns of whatever kind, or in none.
    Any(Vec<usize>),
}

/// Which columns of a reference are counted of which inputs of a model, and where.
#[derive(Debug)]
struct Bins {
    /// Per input of the model.
    ways: Vec<Way>,
    /// Per column of the reference.
    labels: Vec<Labels>,
    /// Per column of the reference with categories, the bin of each entry of the model's own table.
    entries: Vec<Vec<usize>>,
}

impl Bins {
    fn new(inputs: &[Input], reference: &Reference) -> Bins {
        let labels: Vec<Labels> = reference
            .columns
            .iter()
            .map(|it| Labels::of(&it.layout))
            .collect();
        let entries = reference.columns.iter().zip(&labels);
        let entries: Vec<Vec<usize>> = entries
            .map(|(column, labels)| {
                let input = inputs.iter().find(|input| input.name == column.name);
                let categories = input.and_then(|input| input.step.categories());
                let known = categories.unwrap_or_default().iter();
                let mut places: Vec<usize> = known.map(|it| labels.place(Some(it))).collect();
                places.push(labels.place(None));
                places
            })
            .collect();
        let ways = inputs.iter().map(|input| {
            let columns = reference.columns.iter().enumerate();
            let of_name = columns.filter(|(_, column)| column.name == input.name);
            let columns: Vec<usize> = of_name.map(|(at, _)| at).collect();
            let [at] = columns[..] else {
                return Way::Any(columns);
            };
            let column = &reference.columns[at];
            let is_of_numbers = column.measure == Measure::Number;
            let edges = is_of_numbers.then(|| Edges::of(&column.layout)).flatten();
            match (edges, input.step.categories()) {
                (Some(edges), _) => Way::Numbers { at, edges },
                (None, Some(_)) => Way::Entries {
                    at,
                    places: entries[at].clone(),
                },
                (None, None) => Way::Any(columns),
            }
        });
        Bins {
            ways: ways.collect(),
            labels,
            entries,
        }
    }

    /// Adds all rows of a request, a column at a time.
    fn count(&self, reference: &Reference, rows: &Rows, counts: &mut Counts) {
        counts.rows += rows.n_rows as u64;
        let width = rows.slots.len() / rows.n_rows.max(1);
        for (input, way) in self.ways.iter().enumerate().take(width) {
            let slots = rows.slots.iter().skip(input).step_by(width).enumerate();
            let unusual = |row: usize, slot: &Slot, at: usize| {
                self.place(reference, at, slot, (rows, row, input))
            };
            match way {
                Way::Numbers { at, edges } => {
                    let counts = &mut counts.columns[*at];
                    for (row, slot) in slots {
                        let place = match slot {
                            Slot::Number(number) if number.is_finite() => edges.place(*number),
                            _ => unusual(row, slot, *at),
                        };
                        counts[place] += 1;
                    }
                }
                Way::Entries { at, places } => {
                    let counts = &mut counts.columns[*at];
                    for (row, slot) in slots {
                        let known = match slot {
                            Slot::Entry(entry) => places.get(*entry as usize).copied(),
                            _ => None,
                        };
                        counts[known.unwrap_or_else(|| unusual(row, slot, *at))] += 1;
                    }
                }
                Way::Any(columns) => {
                    for (row, slot) in slots {
                        for &at in columns {
                            counts.columns[at][unusual(row, slot, at)] += 1;
                        }
                    }
                }
            }
        }
    }

    /// The bin of a cell in a column of the reference.
    fn place(
        &self,
        reference: &Reference,
        at: usize,
        slot: &Slot,
        (rows, row, input): (&Rows, usize, usize),
    ) -> usize {
        let (column, labels) = (&reference.columns[at], &self.labels[at]);
        match slot {
            Slot::Missing => place(column, labels, Seen::Missing),
            Slot::Number(number) => place(column, labels, Seen::Number(*number)),
            Slot::Text(text) => place(column, labels, Seen::Text(text)),
            Slot::Entry(entry) => match self.entries[at].get(*entry as usize) {
                Some(&place) => place,
                // Neither a category of the model nor missing.
                None => labels.place(Some(rows.unknown_category(row, input).unwrap_or(""))),
            },
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
