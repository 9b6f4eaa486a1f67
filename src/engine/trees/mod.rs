//! Boosted trees in the engine: one query per level of a tree sums packed gradients by node, feature and bin; splits, rounds and the end of
//! the rounds are found on this machine, by the functions that learn from its own rows.

mod codes;
mod packed;
mod rows;
pub(super) mod scored;

use super::error::Error;
use super::features::number;
use super::gradients;
use super::solve::{Goal, Here, Learned, Work};
use crate::config::learner::Learner;
use crate::features::Fitted;
use crate::learners::by_histograms::{self, Codes, Far, FarTarget, Size};
use crate::learners::{HeldBack, Target};
use crate::text::counted;
use packed::Slopes;
pub use rows::Scratch;
use rows::{EngineRows, MOST_CELLS};

/// Most queries over all rows, which is rounds times levels.
const MOST_QUERIES: usize = 20_000;
/// Most levels: a row's way down a tree is one expression.
const MOST_LEVELS: usize = 10;
/// Most columns of codes: a query makes a row of each.
const MOST_COLUMNS: usize = 1_000;
/// Most rows: sums of gradients of 30 bits fit 63.
const MOST_ROWS: u64 = 1 << 33;

/// Why settings are beyond what the engine grows.
pub(super) fn beyond(settings: &Learner, goal: Goal<'_>) -> Option<String> {
    let size = Size::of(settings);
    // Of numbers, a query per round finds the largest gradient.
    let levels = size.levels + usize::from(matches!(goal, Goal::Numbers));
    let queries = size.rounds.saturating_mul(levels);
    if size.levels > MOST_LEVELS {
        let levels = size.levels;
        return Some(format!(
            "`max_depth` {levels}, more than the {MOST_LEVELS} levels that the engine grows,"
        ));
    }
    (queries > MOST_QUERIES).then(|| {
        format!(
            "`boosted_trees` of {} rounds and {} levels, which are more than {MOST_QUERIES} queries,",
            size.rounds, size.levels
        )
    })
}

/// Why a table is beyond what the engine sums.
fn too_large(codes: &Codes, settings: &Learner, rows: u64) -> Option<String> {
    let (columns, half) = (codes.n_columns(), Size::of(settings).leaves.div_ceil(2));
    let cells = codes.n_codes().saturating_mul(half);
    if columns > MOST_COLUMNS {
        return Some(format!(
            "`boosted_trees` of {columns} columns of bins, more than the {MOST_COLUMNS} that the engine sums,"
        ));
    }
    if cells > MOST_CELLS {
        return Some(format!(
            "`boosted_trees` of {} bins and {half} nodes, more than the {MOST_CELLS} sums that one query answers with,",
            codes.n_codes()
        ));
    }
    (rows > MOST_ROWS).then(|| {
        format!("`boosted_trees` of {rows} rows, more than the {MOST_ROWS} whose sums fit,")
    })
}

impl Work<'_> {
    /// Boosted trees; `here` are rows of this machine, which say where numbers are cut, and when to stop. `Ok(Err(…))` has the reason why
    /// rows are needed.
    pub fn boosted(
        &self,
        fitted: Fitted,
        goal: Goal<'_>,
        here: &Here<'_>,
        scratch: Scratch<'_>,
    ) -> Result<Result<Learned, String>, Error> {
        let prepared = fitted.transformer.prepared(here.frame)?;
        let view = fitted.training_view(&prepared, here.rows)?;
        let held_back = match here.held {
            Some((rows, target)) => Some(HeldBack {
                view: fitted.transformer.view(&prepared, rows)?,
                target,
            }),
            None => None,
        };
        let held_back = held_back.as_ref();
        let coding = by_histograms::coding(&view, held_back, self.settings)?;
        let (counts, expression, far) = match goal {
            Goal::Numbers => {
                let y = self.numbers()?;
                let target = FarTarget::Numbers {
                    mean: y.mean,
                    deviation: y.deviation,
                    rows: y.present,
                };
                let cell = number(&self.target.name, self.target.kind);
                (Vec::new(), cell, Far::new(target, self.settings))
            }
            Goal::Classes(classes) => {
                let counts = self.class_counts(classes)?;
                let conditions: Result<Vec<String>, Error> =
                    classes.iter().map(|class| self.is_class(class)).collect();
                let far = Far::new(FarTarget::Classes(&counts), self.settings);
                (counts, gradients::class_of(&conditions?), far)
            }
        };
        if let Some(why) = too_large(&Codes::of(&coding), self.settings, far.rows()) {
            return Ok(Err(why));
        }
        let columns = (self.design, &coding);
        let rows = (self.relation, expression.as_str());
        let (rows, lacking) = EngineRows::write(self.session, scratch, columns, rows, &far.first)?;
        if rows != far.rows() {
            return Err(Error::Learn(format!(
                "{rows} rows were written of {}; the data set changed",
                far.rows()
            )));
        }
        let coding = coding.with_missing(&lacking);
        let slopes = match goal {
            Goal::Numbers => {
                let (centre, scale) = far.standard();
                Slopes::Numbers { centre, scale }
            }
            Goal::Classes(_) => {
                let (unit, weight) = by_histograms::Unit::of_classes(far.weight());
                Slopes::Classes { weight, unit }
            }
        };
        let rounds = Size::of(self.settings).rounds;
        let mut engine = EngineRows::of(self.session, scratch, &coding, slopes, (rows, rounds));
        let learned = far.boost(&coding, held_back, self.design.n_features, &mut engine)?;
        let passes = engine.passes;
        let cut = match here.target {
            Target::Classes(class, _) => class.len(),
            Target::Numbers(numbers) => numbers.len(),
        };
        let mut notes = vec![format!(
            "numbers are cut into bins where {} of the sample say",
            counted(cut as u64, "row")
        )];
        notes.extend(
            learned
                .notes
                .iter()
                .map(|it| format!("over all rows, {it}")),
        );
        Ok(Ok(Learned {
            transformer: fitted.transformer.clone(),
            dropped: fitted.dropped,
            predictor: learned.predictor,
            rows,
            classes: counts,
            passes,
            notes,
        }))
    }
}
