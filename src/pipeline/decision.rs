//! How a fresh version's rows are decided on: the policy of the settings, applied to its validation part.

use super::error::{Error, did_you_mean};
use super::target::TargetRows;
use crate::bundle::{Bundle, Flag, Folds};
use crate::config::Learner;
use crate::config::decision::{Cost, Decide, DecideBy};
use crate::evaluate::threshold;
use crate::text::counted;

/// What a version decides by.
#[derive(Debug, Clone, PartialEq)]
pub struct Decided {
    /// P(positive) from which on a row is positive; only with two classes.
    pub threshold: f64,
    /// What a row of one class that is predicted as another costs, `(n_classes, n_classes)` row-major; with more than two.
    pub costs: Option<Vec<f64>>,
    /// Which predicted numbers are flagged; only of numbers.
    pub flag: Option<Flag>,
    /// Where the threshold, or what is flagged, comes from.
    pub from: From,
}

/// Where a threshold comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum From {
    /// Nothing chose it.
    Default,
    /// The settings give it, or the costs that do.
    Settings,
    /// Rows of the validation part.
    Validation,
    /// All rows, each predicted by a model that was fitted without it.
    OutOfFold,
}

impl From {
    /// As it is recorded.
    pub fn name(self) -> &'static str {
        match self {
            From::Default => "default",
            From::Settings => "settings",
            From::Validation => "validation",
            From::OutOfFold => "out_of_fold",
        }
    }
}

/// Says before anything is fitted when the policy is not for such a target. `n_classes` is none where a number is predicted.
///
/// # Errors
/// [`Error::Target`], with the key that does not fit.
pub fn check(learner: &Learner, target: &str, n_classes: Option<usize>) -> Result<(), Error> {
    let reject = |why: String| {
        Err(Error::Target {
            target: target.to_string(),
            why,
        })
    };
    let Some(decide) = &learner.decision else {
        return Ok(());
    };
    if let Some((key, why)) = decide.is_not_for(n_classes) {
        return reject(format!("`learner.decision.{key}` {why}"));
    }
    match (n_classes, decide.by) {
        (Some(n), DecideBy::Capacity | DecideBy::Fixed) if n != 2 => reject(format!(
            "`learner.decision` by a threshold is for two classes, and it has {n}"
        )),
        (Some(n), DecideBy::Cost) if n != 2 && decide.cost_matrix.is_empty() => reject(format!(
            "`learner.decision.cost` is for two classes and it has {n}; give a `cost_matrix`"
        )),
        _ => Ok(()),
    }
}

/// Applies the policy. `scores`: of two classes, P(positive) of each row that was held back, of which `part` is the target, or
/// the predicted numbers; where folds were drawn several times over, every row is there once for each draw.
///
/// # Errors
/// When the policy is not for such a target, or names a class that is not there.
pub fn decide(
    bundle: &Bundle,
    part: &TargetRows,
    scores: &[f64],
    notes: &mut Vec<String>,
) -> Result<Decided, Error> {
    let rejected = |why: String| Error::Target {
        target: bundle.target.clone(),
        why,
    };
    let reject = |why: String| Err(rejected(why));
    let by_default = Decide::default();
    let settings = &bundle.learner;
    let decide = settings.decision.as_ref().unwrap_or(&by_default);
    let is_left_alone = settings.decision.is_none() && !settings.tune_threshold;
    let usual = Decided {
        threshold: threshold::DEFAULT,
        costs: None,
        flag: None,
        from: From::Default,
    };
    let class = match part {
        TargetRows::Numbers(_) => {
            if let Some((key, why)) = settings
                .decision
                .as_ref()
                .and_then(|it| it.is_not_for(None))
            {
                return reject(format!("`learner.decision.{key}` {why}"));
            }
            return Ok(flagged(bundle, scores, notes).unwrap_or(usual));
        }
        TargetRows::Classes(class, _) => class,
    };
    let matrix = matrix(bundle, decide).map_err(rejected)?;
    if !bundle.is_binary() {
        let n = bundle.classes.len();
        return match decide.by {
            DecideBy::Metric => Ok(usual),
            DecideBy::Cost if matrix.is_some() => Ok(Decided {
                costs: matrix,
                ..usual
            }),
            DecideBy::Cost => reject(format!(
                "`learner.decision.cost` is for two classes and it has {n}; give a `cost_matrix`"
            )),
            DecideBy::Capacity | DecideBy::Fixed => reject(format!(
                "`learner.decision` by a threshold is for two classes, and it has {n}"
            )),
        };
    }
    // With two classes what counts are the two mistakes.
    let cost = matrix.map(|costs| Cost {
        false_positive: costs[1],
        false_negative: costs[2],
    });
    let cost = cost.or(decide.cost).unwrap_or_default();
    let folds = bundle.data.folds;
    let draws = folds.map_or(1, |folds| folds.draws.max(1) as usize);
    let rows = class.len() / draws;
    let positives = class.iter().filter(|&&class| class == 1).count() / draws;
    let rarer = positives.min(rows - positives);
    let of_what = if folds.is_some() {
        "training"
    } else {
        "validation"
    };
    let mut too_few = |verb: &str, instead: f64| {
        notes.push(format!(
            "the threshold {verb} {instead}: {rows} {of_what} rows ({rarer} of the rarer class) are too few to choose one by",
        ));
        instead
    };
    let is_enough = rows >= FEWEST_ROWS && rarer >= FEWEST_OF_A_CLASS;
    let held_back = if folds.is_some() {
        From::OutOfFold
    } else {
        From::Validation
    };
    let (threshold, from) = match decide.by {
        DecideBy::Metric if is_left_alone => (threshold::DEFAULT, From::Default),
        DecideBy::Metric if !is_enough => (too_few("stays", threshold::DEFAULT), From::Default),
        DecideBy::Metric => {
            let best = threshold::best(class, scores, bundle.metric);
            (best.value, held_back)
        }
        DecideBy::Cost if !is_enough => {
            let by_odds = threshold::by_odds(cost.false_positive, cost.false_negative);
            (too_few("is", by_odds), From::Settings)
        }
        DecideBy::Cost => {
            let (fp, fn_) = (cost.false_positive, cost.false_negative);
            (threshold::cheapest(class, scores, fp, fn_).value, held_back)
        }
        DecideBy::Capacity if rows < FEWEST_ROWS => {
            (too_few("stays", threshold::DEFAULT), From::Default)
        }
        DecideBy::Capacity => {
            let within = threshold::within(scores, decide.capacity.unwrap_or(1.0));
            (within.unwrap_or(threshold::DEFAULT), held_back)
        }
        DecideBy::Fixed => {
            let fixed = decide.threshold.unwrap_or(threshold::DEFAULT);
            (fixed, From::Settings)
        }
    };
    Ok(Decided {
        threshold,
        costs: None,
        flag: None,
        from,
    })
}

/// Which predicted numbers are flagged, by those of rows that were held back. `None` where none are to be, or the rows are too few.
fn flagged(bundle: &Bundle, numbers: &[f64], notes: &mut Vec<String>) -> Option<Decided> {
    let decide = bundle.learner.decision.as_ref()?;
    let draws = bundle.data.folds.map_or(1, |folds| folds.draws.max(1));
    let rows = numbers.len() / draws as usize;
    let chosen = match rows {
        ..FEWEST_ROWS => None,
        _ => Flag::choose(numbers, decide.capacity?, decide.flags.unwrap_or_default()),
    };
    let Some(flag) = chosen else {
        notes.push(format!(
            "no row is flagged: {} that were held back are too few to choose by, or not all have a number",
            counted(rows as u64, "row")
        ));
        return None;
    };
    Some(Decided {
        threshold: threshold::DEFAULT,
        costs: None,
        flag: Some(flag),
        from: match bundle.data.folds {
            Some(_) => From::OutOfFold,
            None => From::Validation,
        },
    })
}

/// The cost matrix over the model's classes, or why it does not fit them.
fn matrix(bundle: &Bundle, decide: &Decide) -> Result<Option<Vec<f64>>, String> {
    if decide.cost_matrix.is_empty() {
        return Ok(None);
    }
    let classes = &bundle.classes;
    let n = classes.len();
    let place = |name: &String| {
        let at = classes.iter().position(|class| class == name);
        at.ok_or_else(|| {
            let hint = did_you_mean(name, classes.iter().map(String::as_str));
            format!(
                "`learner.decision.cost_matrix` names the class `{name}`, which no row has{hint}"
            )
        })
    };
    let mut costs: Vec<f64> = (0..n * n)
        .map(|cell| if cell / n == cell % n { 0.0 } else { 1.0 })
        .collect();
    for (truth, row) in &decide.cost_matrix {
        let from = place(truth)?;
        for (predicted, cost) in row {
            costs[from * n + place(predicted)?] = *cost;
        }
    }
    Ok(Some(costs))
}

/// The policy in words, as a part of a sentence; none of numbers that are not flagged.
pub fn words(bundle: &Bundle) -> Option<String> {
    if bundle.classes.is_empty() {
        let flag = bundle.flag?;
        return Some(format!(
            "a prediction of {}, which at most {} of {} have",
            flag.says(),
            percent(flag.share),
            chosen_on(bundle)
        ));
    }
    if bundle.imported.is_some() {
        return Some("that of the file it was imported from, or of its import".to_string());
    }
    let by_default = Decide::default();
    let decide = bundle.learner.decision.as_ref().unwrap_or(&by_default);
    let rows = chosen_on(bundle);
    Some(match (decide.by, bundle.is_binary()) {
        (DecideBy::Metric, true)
            if bundle.learner.decision.is_none() && !bundle.learner.tune_threshold =>
        {
            "0.5, not tuned".to_string()
        }
        (DecideBy::Metric, true) => {
            format!("the one with the best {} on {rows}", bundle.metric.title())
        }
        (DecideBy::Cost, true) => {
            let costs = match decide.cost {
                Some(cost) => format!(
                    "a false positive costing {} and a false negative {}",
                    cost.false_positive, cost.false_negative
                ),
                None => "by the cost matrix of the settings".to_string(),
            };
            format!("the one with the smallest cost on {rows}, {costs}")
        }
        (DecideBy::Capacity, _) => format!(
            "the one from which on at most {} of {rows} are positive",
            percent(decide.capacity.unwrap_or(1.0))
        ),
        (DecideBy::Fixed, _) => "fixed by the settings".to_string(),
        (DecideBy::Metric, false) => "the highest probability".to_string(),
        (DecideBy::Cost, false) => {
            "the smallest expected cost, by the cost matrix of the settings".to_string()
        }
    })
}

/// The rows on which thresholds were compared, in words.
pub fn chosen_on(bundle: &Bundle) -> String {
    let Some(Folds { folds, draws, rows }) = bundle.data.folds else {
        return "the validation rows".to_string();
    };
    let drawn = match draws {
        0 | 1 => String::new(),
        2 => ", drawn twice".to_string(),
        n => format!(", drawn {n} times"),
    };
    let rows = counted(rows, "training row");
    format!("{rows} (each predicted by a model fitted without it, in {folds} folds{drawn})")
}

fn percent(share: f64) -> String {
    format!("{} %", (share * 1000.0).round() / 10.0)
}

/// Fewer rows that were held back, or rows of the rarer class, than these cannot tell one threshold from another.
pub const FEWEST_ROWS: usize = 40;

/// See [`FEWEST_ROWS`].
pub const FEWEST_OF_A_CLASS: usize = 8;
