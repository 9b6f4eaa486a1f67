//! Gradient-boosted trees: logistic loss for two classes, softmax loss with a tree per class and round for more, squared loss
//! for numbers.
//!
//! Features become bytes ([`bins`]), the gradients of a round whole numbers ([`packed`]), and their sums per byte histograms
//! ([`histograms`]), of which the smaller child's is added up and the larger one's is what is left of the parent's. Trees grow
//! best split first ([`grow`]). Sums of whole numbers are the same in any order, so the same rows give the same trees bit for
//! bit, on any number of threads.

mod bins;
mod codes;
mod coding;
mod cuts;
mod exp;
mod far;
mod form;
mod groups;
mod grow;
mod histograms;
mod loss;
mod made;
mod margins;
mod packed;
mod partition;
mod rounds;
mod seen;
mod shape;
mod split;
mod table;
mod units;

#[cfg(test)]
mod tests;

use self::bins::encode;
use self::made::trees;
use self::rounds::{Boosted, boost};
use self::table::Table;
use super::learned::{Error, Learned};
use super::target::{HeldBack, Target};
use crate::config::raw::Learner;
use crate::features::View;
use crate::predictors::Predictor;

pub use self::bins::read;
pub use self::codes::Codes;
pub use self::coding::{Coding, Column};
pub use self::exp::{CLAMP, EXP, LN_2, ROUND};
pub use self::far::{Asked, Boosting, FarRows, boost_far};
pub use self::form::{Form, boosting};
pub use self::packed::{Packing, Sum};
pub use self::rounds::{Boost, Held};
pub use self::seen::Seen;
pub use self::shape::{Node, Tree};
pub use self::split::{Question, Split};
pub use self::units::{Unit, first_margins};

/// Fewer rows held back than this cannot tell when to stop.
const FEWEST_HELD_BACK: usize = 20;

/// Fits on all rows of the view; `held_back` decides when to stop.
///
/// # Errors
/// When there are too many features to look at side by side.
pub fn fit(
    view: &View<'_>,
    target: Target<'_>,
    held_back: Option<&HeldBack<'_>>,
    settings: &Learner,
) -> Result<Learned, Error> {
    let table = Seen::new(view, settings.kind.name())?;
    let held_back = enough(held_back, settings);
    let form = Form::of(target, settings);
    let held_table = match held_back {
        Some(held) => Some(Seen::new(&held.view, settings.kind.name())?),
        None => None,
    };
    let held_table = held_table.as_ref().map(|table| table as &dyn Table);
    let (coding, bins, held_bytes) = encode(&table, held_table);
    let held = held_back.zip(held_bytes).map(|(held, bytes)| Held {
        bytes,
        goal: form.goal(held.target),
    });
    let boosting = boosting(&form, target.len() as u64, settings);
    // Within the pool, so that the many short parallel steps of a round are not handed over from outside one by one.
    let goal = form.goal(target);
    let boosted = rayon::scope(|_| boost(&bins, &coding, goal, held.as_ref(), &boosting));
    Ok(learned(&boosted, &coding, &form, view.n_features()))
}

/// Rows that were held back, where they are enough to tell when to stop.
pub fn enough<'h, 'a>(
    held_back: Option<&'h HeldBack<'a>>,
    settings: &Learner,
) -> Option<&'h HeldBack<'a>> {
    held_back.filter(|held| held.target.len() >= FEWEST_HELD_BACK && settings.early_stopping > 0)
}

/// What was learned, as a plain predictor.
pub fn learned(boosted: &Boosted, coding: &Coding, form: &Form, n_features: usize) -> Learned {
    let mut notes = Vec::new();
    if boosted.is_stopped {
        notes.push(format!(
            "stopped early: {} rounds were best",
            boosted.rounds.len()
        ));
    }
    Learned {
        predictor: Predictor::Trees(trees(boosted, coding, form, n_features)),
        notes,
    }
}
