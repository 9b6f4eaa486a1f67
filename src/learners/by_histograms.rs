//! Boosted trees out of sums over rows that are somewhere else: the same trees, found by the same functions, as on rows of this machine.
//! The caller, who has the rows, turns features into codes, sums packed gradients by node and code, and adds what trees say to the rows'
//! margins; nothing here sees one of them. Sums of whole numbers are the same in any order, so where the rows are the same, the trees
//! are, bit for bit.

pub use super::boosted::{
    Asked, Boost, Codes, Coding, Column, FarRows, Node, Packing, Question, Split, Sum, Tree, Unit,
};
use super::boosted::{
    Boosting, Form, Held, Seen, boost_far, boosting, enough, first_margins, learned, read,
};
pub use super::boosted::{CLAMP, EXP, LN_2, ROUND};
use super::learned::{Error, Learned};
use super::standard::Standard;
use super::target::HeldBack;
use crate::config::raw::Learner;
use crate::features::View;

/// How features become codes, by rows of this machine: their numbers say where to cut. `held_back` are rows that decide when to stop.
///
/// # Errors
/// When there are too many features to look at side by side.
pub fn coding(
    view: &View<'_>,
    held_back: Option<&HeldBack<'_>>,
    settings: &Learner,
) -> Result<Coding, Error> {
    let learner = settings.kind.name();
    let mut coding = Coding::of(&Seen::new(view, learner)?);
    for view in [Some(view), enough(held_back, settings).map(|it| &it.view)] {
        let Some(view) = view else { continue };
        if let Err(columns) = read(&Seen::new(view, learner)?, &coding) {
            coding = coding.with_missing(&columns);
        }
    }
    Ok(coding)
}

/// The target of rows that are somewhere else, in numbers.
#[derive(Debug, Clone, Copy)]
pub enum FarTarget<'a> {
    /// Numbers.
    Numbers {
        /// Their mean.
        mean: f64,
        /// Their deviation, above 0.
        deviation: f64,
        /// How many there are.
        rows: u64,
    },
    /// Classes: rows of each, `(n_classes)`.
    Classes(&'a [u64]),
}

/// What is boosted on rows that are somewhere else.
pub struct Far<'a> {
    form: Form,
    settings: &'a Learner,
    rows: u64,
    /// What every row begins with, `(n_outputs)`.
    pub first: Vec<f64>,
}

impl<'a> Far<'a> {
    /// Looks at the target.
    pub fn new(target: FarTarget<'_>, settings: &'a Learner) -> Self {
        let (form, first, rows) = match target {
            FarTarget::Numbers {
                mean: centre,
                deviation: scale,
                rows,
            } => {
                let form = Form::of_numbers(Standard { centre, scale });
                (form, vec![0.0], rows)
            }
            FarTarget::Classes(rows) => {
                let form = Form::of_classes(rows, settings.class_weight);
                let first = first_margins(rows, &form.weight);
                (form, first, rows.iter().sum())
            }
        };
        Far {
            form,
            settings,
            rows,
            first,
        }
    }

    /// How many rows there are.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// What is taken off numbers, and what they are divided by, before they are learned.
    pub fn standard(&self) -> (f64, f64) {
        (self.form.standard.centre, self.form.standard.scale)
    }

    /// How much a row of each class counts, `(n_classes)`; empty for numbers.
    pub fn weight(&self) -> &[f32] {
        &self.form.weight
    }

    /// Boosts on the rows, whose features become codes by `coding`; `held_back` are rows of this machine that decide when to stop.
    /// There are `n_features` features.
    ///
    /// # Errors
    /// What the rows say, or that their sums do not fit each other.
    pub fn boost<R: FarRows>(
        &self,
        coding: &Coding,
        held_back: Option<&HeldBack<'_>>,
        n_features: usize,
        rows: &mut R,
    ) -> Result<Learned, R::Error> {
        let held = match enough(held_back, self.settings) {
            None => None,
            Some(held_back) => {
                let table = Seen::new(&held_back.view, self.settings.kind.name())?;
                Some(Held {
                    bytes: read(&table, coding).map_err(|_| Error::Histogram)?,
                    goal: self.form.goal(held_back.target),
                })
            }
        };
        let boosting = Boosting {
            coding,
            first: self.first.clone(),
            held: held.as_ref(),
            settings: &boosting(&self.form, self.rows, self.settings),
        };
        let boosted = boost_far(boosting, rows)?;
        Ok(learned(&boosted, coding, &self.form, n_features))
    }
}

/// How large the work is, before it begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// Most rounds.
    pub rounds: usize,
    /// Most splits between root and leaf.
    pub levels: usize,
    /// Most leaves of a tree.
    pub leaves: usize,
}

impl Size {
    /// By the settings.
    pub fn of(settings: &Learner) -> Self {
        let form = Form::of_classes(&[1, 1], settings.class_weight);
        let boosting = boosting(&form, 2, settings);
        Size {
            rounds: boosting.rounds,
            levels: boosting.size.depth as usize,
            leaves: boosting.size.leaves,
        }
    }
}
