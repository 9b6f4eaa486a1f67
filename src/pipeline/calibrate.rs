//! Whether, how and on which rows a fresh version's probabilities are calibrated.

use super::decision::{FEWEST_OF_A_CLASS, FEWEST_ROWS};
use super::error::Error;
use super::fit::Material;
use crate::bundle::{Bundle, Calibration};
use crate::config::policy::{EvidenceKind, Require};
use crate::config::{CalibrationKind, Learner};
use crate::evaluate::calibration::{Calibrated, HeldBack, Method, ece};
use crate::gate::two_keys;
use crate::learners;
use crate::predictors::{Calibrator, Link};

/// From so many rows on, and so many of the rarer class, isotonic regression bends less to chance than two numbers are too stiff:
/// scikit-learn's guide names a thousand rows.
const ISOTONIC_ROWS: usize = 1_000;
/// See [`ISOTONIC_ROWS`].
const ISOTONIC_OF_A_CLASS: usize = 100;
/// Parts of the rows, of which each is calibrated by a fit on the others to see what calibrating is worth.
const PARTS: usize = 5;

/// Says before anything is fitted when calibration is requested and there are not two classes.
///
/// # Errors
/// [`Error::Target`], with the key that does not fit.
pub fn check(learner: &Learner, target: &str, n_classes: Option<usize>) -> Result<(), Error> {
    let is_asked = matches!(
        learner.calibration,
        Some(CalibrationKind::Platt | CalibrationKind::Isotonic)
    );
    let why = match n_classes {
        Some(2) => return Ok(()),
        _ if !is_asked => return Ok(()),
        Some(n) => format!("`learner.calibration` is for two classes, and it has {n}"),
        None => "`learner.calibration` is for two classes, and it is a number".to_string(),
    };
    Err(Error::Target {
        target: target.to_string(),
        why,
    })
}

/// How the probabilities of a learner are to be calibrated. Without a setting: trees' as their number of rows says, where the gate's two
/// keys read them; others' not at all, since what minimises the log loss of probabilities is calibrated already.
pub fn asked(material: &Material<'_>, learner: &Learner) -> Option<CalibrationKind> {
    let config = material.config;
    if material.wanted.n_classes() != Some(2) {
        return None;
    }
    let policy = &config.gate;
    let are_read = policy.require == Require::Better
        && policy.evidence == EvidenceKind::TwoKeys
        && two_keys::reads(config.metric_for(material.wanted.task()));
    let by_default = if are_read && learner.kind.is_trees() {
        CalibrationKind::Auto
    } else {
        CalibrationKind::None
    };
    let kind = learner.calibration.unwrap_or(by_default);
    (kind != CalibrationKind::None).then_some(kind)
}

/// Calibrates P(positive) as it came from a predictor like `bundle`'s, which is not calibrated yet.
pub fn calibrated(bundle: &Bundle, calibration: Option<&Calibration>, p: &mut [f64]) {
    let calibrator = calibration.and_then(|it| it.calibrator.as_ref());
    if let Some(calibrator) = calibrator {
        let link = bundle.predictor.link();
        p.iter_mut().for_each(|p| *p = calibrator.of(link, *p));
    }
}

/// Rows that the model was not fitted on: true class and P(positive) as the learner says it.
pub struct Known<'a> {
    /// Which rows these are.
    pub of: HeldBack,
    /// True classes.
    pub class: &'a [u32],
    /// P(positive).
    pub probabilities: &'a [f64],
}

/// Fits a calibration. `None` where the rows are too few, or say nothing; a note tells so where it was requested by the settings.
pub fn calibrate(
    bundle: &Bundle,
    kind: CalibrationKind,
    known: &Known<'_>,
    notes: &mut Vec<String>,
) -> Option<Calibration> {
    let Known {
        of,
        class,
        probabilities,
    } = *known;
    let is_by_default = bundle.learner.calibration.is_none();
    let mut give_up = |why: String| {
        if !is_by_default {
            notes.push(format!("the probabilities are not calibrated: {why}"));
        }
        None
    };
    let rows = class.len();
    let positives = class.iter().filter(|&&class| class == 1).count();
    let rarer = positives.min(rows - positives);
    if rows < FEWEST_ROWS || rarer < FEWEST_OF_A_CLASS {
        return give_up(format!(
            "{rows} rows ({rarer} of the rarer class) are too few to fit that on"
        ));
    }
    let method = match kind {
        CalibrationKind::Platt => Method::Platt,
        CalibrationKind::Isotonic => Method::Isotonic,
        CalibrationKind::None => return None,
        CalibrationKind::Auto if rows >= ISOTONIC_ROWS && rarer >= ISOTONIC_OF_A_CLASS => {
            Method::Isotonic
        }
        CalibrationKind::Auto => Method::Platt,
    };
    let link = bundle.predictor.link();
    let fitted = fit(method, link, probabilities, class);
    let crossed = crossed(method, link, probabilities, class);
    let before = ece(class, probabilities);
    let (Some(calibrator), Some(crossed), Some(before)) = (fitted, crossed, before) else {
        return give_up("they do not rise with the truth".to_string());
    };
    let after = ece(class, &crossed)?;
    let is_better = brier(class, &crossed) < brier(class, probabilities);
    let is_left = kind == CalibrationKind::Auto && !is_better;
    Some(Calibration {
        calibrator: (!is_left).then_some(calibrator),
        report: Calibrated {
            method: (!is_left).then_some(method),
            rows: rows as u64,
            of,
            before,
            after: if is_left { before } else { after },
        },
    })
}

fn fit(method: Method, link: Link, p: &[f64], class: &[u32]) -> Option<Calibrator> {
    match method {
        Method::Platt => learners::platt(link, p, class),
        Method::Isotonic => learners::isotonic(p, class),
    }
}

/// Each part of the rows calibrated by a fit on the others.
fn crossed(method: Method, link: Link, p: &[f64], class: &[u32]) -> Option<Vec<f64>> {
    let mut crossed = p.to_vec();
    for part in 0..PARTS {
        let others = || (0..p.len()).filter(|at| at % PARTS != part);
        let of_others: Vec<f64> = others().map(|at| p[at]).collect();
        let classes: Vec<u32> = others().map(|at| class[at]).collect();
        let fitted = fit(method, link, &of_others, &classes)?;
        for at in (part..p.len()).step_by(PARTS) {
            crossed[at] = fitted.of(link, p[at]);
        }
    }
    Some(crossed)
}

/// Mean of (p − y)²: unlike the calibration error it cannot be made small by saying the same of every row.
fn brier(class: &[u32], p: &[f64]) -> f64 {
    let square = |(p, &class): (&f64, &u32)| (p - f64::from(u8::from(class == 1))).powi(2);
    p.iter().zip(class).map(square).sum::<f64>() / p.len() as f64
}
