//! The middle of training: settings and rows to a bundle. Few rows are held back in folds, many in one validation part.

mod notes;
mod parts;

use super::Error;
use super::beyond::OutOfFold;
use super::calibrate::{self, Known, calibrated};
use super::dataset::Dataset;
use super::decision::{self, Decided, decide};
use super::drift;
use super::engine_fit::Elsewhere;
use super::fit::Material;
use super::folded::pooled;
use super::folds::{Drawing, FEWEST};
use super::in_folds::{InFolds, in_folds, is_asked, is_of_all_rows};
use super::labels::target_of;
use super::split::{Parts, split};
use super::target::{Target, TargetRows, read_target};
use super::trainer::{Trainer, as_long, is_refitted};
use crate::bundle::{self, Bundle, Calibration, Entry};
use crate::checks::{IdentifierRows, identifiers};
use crate::config::policy::{EvidenceKind, Require};
use crate::config::{Learner, LearnerKind, ModelConfig};
use crate::data::ColumnSummary;
use crate::evaluate::Predictions;
use crate::evaluate::calibration::HeldBack;
use crate::features;
use notes::{bucketed, left_out, notes_on};
use parts::{check_split, classes, probabilities, scores_of, strata};

/// A bundle and what was noticed while making it.
pub struct Fresh {
    /// The bundle.
    pub bundle: Bundle,
    /// Facts worth a line in the report.
    pub notes: Vec<String>,
    /// Time spent in the learner alone.
    pub fit_ms: f64,
    /// Time spent on folds, where learner, rounds or threshold were chosen in them.
    pub folds_ms: Option<f64>,
    /// Where the threshold comes from, of two classes; of numbers, what is flagged.
    pub threshold_from: Option<&'static str>,
    /// Frame rows of the two parts; where folds chose and every row was learned from, all are in the first.
    pub parts: Parts,
    /// What models that never saw a training row say of it, where the gate needs that.
    pub out_of_fold: Option<OutOfFold>,
}

/// The middle of training: a function of settings and rows.
///
/// # Errors
/// When the rows cannot be split or learned from, or the settings do not fit them.
pub fn learn(config: &ModelConfig, dataset: &Dataset) -> Result<Fresh, Error> {
    let frame = &dataset.frame;
    let target = target_of(config, frame)?;
    let wanted = read_target(config, frame, &target)?;
    let rows = wanted.rows();
    let mut notes = notes_on(dataset, &target, frame.height() - rows.len());
    let parts = split(config, frame, &rows, &strata(&wanted.part(&rows)))?;
    check_split(config, &wanted.part(&parts.train))?;

    let mut excluded = config.excluded(&target);
    let named = identifiers_of(config, dataset, &excluded, &wanted);
    excluded.extend(named.iter().map(|dropped| dropped.column.clone()));
    let learner = config.learner_for(wanted.task());
    if learner.kind != config.learner.kind {
        notes.push(format!(
            "`{target}` is a number, so `{}` learns it; `learner.kind` names another",
            learner.kind.name()
        ));
    }
    decision::check(&learner, &target, wanted.n_classes())?;
    calibrate::check(&learner, &target, wanted.n_classes())?;
    let material = Material {
        config,
        frame,
        excluded: &excluded,
        wanted: &wanted,
    };
    let making = Trainer {
        material: &material,
        dataset,
        target: &target,
        profile: profile(dataset),
    };
    let elsewhere = Elsewhere::of(&material, dataset)?;
    let drawing = Drawing {
        config,
        frame,
        hashes: &dataset.row_hashes,
        wanted: &wanted,
        rows: &rows,
    };
    let folded = if elsewhere.is_none() && is_asked(&making, &learner, rows.len()) {
        in_folds(&making, &learner, &drawing)?
    } else {
        None
    };
    let learned = match folded {
        Some(folded) => by_folds(&making, folded, parts, &named)?,
        None => by_validation(&making, &learner, parts, elsewhere.as_ref(), &named)?,
    };
    let mut bundle = learned.bundle;
    if let Some(calibration) = learned.calibration {
        bundle.calibrate(calibration);
    }
    notes.extend(learned.notes);
    bundle.dropped.splice(0..0, named);
    bundle.leaderboard = learned.entries;
    let held_back = learned.held_back.as_ref();
    bundle.reference = Some(drift::reference(&bundle, frame, &rows, held_back)?);
    bundle.golden = bundle::make_golden(&bundle);
    bundle.verify()?;
    let has_any = bundle.is_binary() || bundle.flag.is_some();
    let threshold_from = has_any.then(|| learned.from.name());
    Ok(Fresh {
        bundle,
        notes,
        fit_ms: learned.fit_ms,
        folds_ms: learned.folds_ms,
        threshold_from,
        parts: learned.parts,
        out_of_fold: learned.out_of_fold,
    })
}

/// What both ways of holding rows back come to.
struct Learned {
    /// Without columns that name rows, calibration, leaderboard, reference and golden rows.
    bundle: Bundle,
    calibration: Option<Calibration>,
    notes: Vec<String>,
    fit_ms: f64,
    folds_ms: Option<f64>,
    from: decision::From,
    parts: Parts,
    /// What was said of rows that were held back.
    held_back: Option<Predictions>,
    entries: Vec<Entry>,
    out_of_fold: Option<OutOfFold>,
}

/// The last fit after folds have told what they can.
fn by_folds(
    making: &Trainer<'_>,
    folded: InFolds,
    parts: Parts,
    named: &[features::Dropped],
) -> Result<Learned, Error> {
    let Material { config, wanted, .. } = *making.material;
    let rows = wanted.rows();
    let learner = &folded.learner;
    let parts = if is_refitted(config, learner.kind, rows.len()) {
        Parts {
            train: rows.clone(),
            validation: Vec::new(),
        }
    } else {
        parts
    };
    let made = making.last(learner, &folded.as_long(), &parts)?;
    let (mut bundle, mut notes) = (made.bundle, made.notes);
    notes.extend(on_columns(making, named, &bundle));
    bundle.data.folds = Some(folded.record());
    let (part, mut scores) = pooled(&folded.repeats, wanted);
    let calibration = match calibrate::asked(making.material, learner) {
        Some(kind) => {
            let (held, said) = folded.held_back(&bundle, None);
            let class = classes(&wanted.part(&held));
            let known = Known {
                of: HeldBack::OutOfFold,
                class: &class,
                probabilities: probabilities(&said),
            };
            calibrate::calibrate(&bundle, kind, &known, &mut notes)
        }
        None => None,
    };
    calibrated(&bundle, calibration.as_ref(), &mut scores);
    let Decided {
        threshold,
        costs,
        flag,
        from,
    } = decide(&bundle, &part, &scores, &mut notes)?;
    (bundle.threshold, bundle.costs, bundle.flag) = (threshold, costs, flag);
    let (held, answers) = folded.held_back(&bundle, calibration.as_ref());
    let out_of_fold = match (&answers, wanted.part(&held)) {
        (Predictions::Classes(said), TargetRows::Classes(class, 2))
            if is_of_all_rows(making) && is_evidence(making, rows.len()) =>
        {
            let said = said.probabilities.clone();
            Some(OutOfFold::of(making, &bundle, &held, &class, said))
        }
        _ => out_of_fold(making, &bundle, learner, &rows)?
            .map(|it| it.calibrated(&bundle, calibration.as_ref())),
    };
    notes.extend(folded.notes);
    Ok(Learned {
        bundle,
        calibration,
        notes,
        fit_ms: made.fit_ms,
        folds_ms: Some(folded.ms),
        from,
        parts,
        held_back: Some(answers),
        entries: folded.entries,
        out_of_fold,
    })
}

/// One fit, or those of `auto`, on the training part, with all choices by the validation part, and another on both.
fn by_validation(
    making: &Trainer<'_>,
    learner: &Learner,
    parts: Parts,
    elsewhere: Option<&Elsewhere<'_>>,
    named: &[features::Dropped],
) -> Result<Learned, Error> {
    let Material {
        config,
        frame,
        wanted,
        ..
    } = *making.material;
    let rows = wanted.rows();
    let (chosen, made) = match learner.kind {
        LearnerKind::Auto => {
            let (chosen, made) = making.choose(&parts)?;
            (Some(chosen), made)
        }
        _ => (None, None),
    };
    let learner = chosen.as_ref().map_or(learner, |chosen| &chosen.learner);
    let made = match made {
        Some(made) => made,
        None => making.fit(learner, &parts)?,
    };
    let (mut bundle, mut fit_ms, mut notes) = (made.bundle, made.fit_ms, made.notes);
    let all = elsewhere.map_or(rows.len(), Elsewhere::rows);
    let is_refitted = is_refitted(config, learner.kind, all) && !parts.validation.is_empty();
    if let Some(elsewhere) = elsewhere.filter(|_| !is_refitted) {
        let (train, held) = (&parts.train, &parts.validation);
        notes.extend(elsewhere.fit_into(&mut bundle, learner, train, held)?);
    }
    notes.extend(on_columns(making, named, &bundle));
    // Probabilities and numbers do not depend on what is decided by them; classes by the costs of mistakes do.
    let mut early = if bundle.is_binary() || bundle.classes.is_empty() {
        drift::held_back(&bundle, frame, &parts.validation)?
    } else {
        None
    };
    let validation_part = wanted.part(&parts.validation);
    let (calibration, said) = match calibrate::asked(making.material, learner) {
        Some(kind) => {
            // All rows out of fold, where the gate needs them anyhow; else those that the threshold is chosen on.
            let said = out_of_fold(making, &bundle, learner, &rows)?;
            let class = match &said {
                Some(said) => said.positive.iter().map(|&it| u32::from(it)).collect(),
                None => classes(&validation_part),
            };
            let known = Known {
                of: match said {
                    Some(_) => HeldBack::OutOfFold,
                    None => HeldBack::Validation,
                },
                class: &class,
                probabilities: match &said {
                    Some(said) => &said.probabilities,
                    None => early.as_ref().map_or(&[][..], probabilities),
                },
            };
            let found = calibrate::calibrate(&bundle, kind, &known, &mut notes);
            (found, said)
        }
        None => (None, None),
    };
    if let Some(Predictions::Classes(said)) = &mut early {
        calibrated(&bundle, calibration.as_ref(), &mut said.probabilities);
    }
    let scores = early.as_ref().map_or(&[][..], scores_of);
    let Decided {
        threshold,
        costs,
        flag,
        from,
    } = decide(&bundle, &validation_part, scores, &mut notes)?;
    (bundle.threshold, bundle.costs, bundle.flag) = (threshold, costs, flag);
    let held_back = match early {
        Some(early) => Some(early),
        None => drift::held_back(&bundle, frame, &parts.validation)?,
    };
    if is_refitted {
        let learner = &as_long(learner, &bundle.predictor);
        let again = making.material.fit(learner, &rows, &[])?;
        fit_ms += again.fit_ms;
        (bundle.transformer, bundle.predictor) = (again.fitted.transformer, again.predictor);
        bundle.dropped = again.fitted.dropped;
        if let Some(elsewhere) = elsewhere {
            notes.extend(elsewhere.fit_into(&mut bundle, learner, &rows, &[])?);
        }
    }
    let out_of_fold = match said {
        Some(said) => Some(said),
        None => out_of_fold(making, &bundle, learner, &rows)?,
    };
    let out_of_fold = out_of_fold.map(|it| it.calibrated(&bundle, calibration.as_ref()));
    let (more, entries) = chosen.map_or_else(Default::default, |it| (it.notes, it.entries));
    notes.extend(more);
    Ok(Learned {
        bundle,
        calibration,
        notes,
        fit_ms,
        folds_ms: None,
        from,
        parts,
        held_back,
        entries,
        out_of_fold,
    })
}

/// Columns that are not learned from, and those with too many categories, in words.
fn on_columns(making: &Trainer<'_>, named: &[features::Dropped], bundle: &Bundle) -> Vec<String> {
    let dropped = [named, &bundle.dropped].concat();
    let mut notes: Vec<String> = left_out(&dropped).into_iter().collect();
    let (profile, config) = (&making.profile, making.material.config);
    notes.extend(bucketed(&bundle.transformer, profile, config));
    notes
}

/// Whether the gate uses out-of-fold predictions, and the rows are not too many for them.
fn is_evidence(making: &Trainer<'_>, rows: usize) -> bool {
    let policy = &making.material.config.gate;
    let is_used = policy.require == Require::Better && policy.evidence == EvidenceKind::TwoKeys;
    is_used && (FEWEST as u64..=policy.out_of_fold_rows).contains(&(rows as u64))
}

/// Out-of-fold predictions of the rows, where the gate uses them and they are not too many for five more fits.
fn out_of_fold(
    making: &Trainer<'_>,
    bundle: &Bundle,
    learner: &Learner,
    rows: &[u32],
) -> Result<Option<OutOfFold>, Error> {
    match making.material.wanted.part(rows) {
        TargetRows::Classes(class, 2) if is_evidence(making, rows.len()) => {
            OutOfFold::make(making, bundle, learner, rows, &class)
        }
        TargetRows::Classes(..) | TargetRows::Numbers(_) => Ok(None),
    }
}

/// Columns of whole numbers that name rows. Where tables were put together, the columns are computed and none does.
fn identifiers_of(
    config: &ModelConfig,
    dataset: &Dataset,
    excluded: &[String],
    wanted: &Target,
) -> Vec<features::Dropped> {
    if config.related.is_some() {
        return Vec::new();
    }
    identifiers(&IdentifierRows {
        frame: &dataset.frame,
        files: dataset.record.files.len(),
        excluded,
        target: wanted.checked(),
        settings: &config.features,
    })
}

/// The reference profile without examples: names and rows of people do not belong in a model file.
fn profile(dataset: &Dataset) -> Vec<ColumnSummary> {
    let summaries = dataset.profile.iter().cloned();
    summaries.map(ColumnSummary::without_examples).collect()
}
