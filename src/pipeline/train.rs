//! train: a data set to a bundle. The transformer and the learner see the training part only, the threshold the
//! validation part only.

use super::beyond::OutOfFold;
use super::dataset::Dataset;
use super::decision::{self, Decided, decide};
use super::engine_fit::Elsewhere;
use super::error::{Error, fault};
use super::fit::Material;
use super::labels::target_of;
use super::loaded_version::LoadedVersion;
use super::split::{Parts, split};
use super::target::{Target, TargetRows, read_target};
use super::trained::{Trained, TrainingRecord};
use super::trainer::{Trainer, as_long, is_refitted};
use super::{Env, Event, adopt, checks, drift};
use crate::bundle::{self, Bundle};
use crate::checks::{IdentifierRows, identifiers};
use crate::config::policy::{EvidenceKind, Require};
use crate::config::{Learner, LearnerKind, ModelConfig, SplitKind};
use crate::data::ColumnSummary;
use crate::evaluate::Predictions;
use crate::features;
use crate::registry::VersionState;
use crate::text::counted;
use crate::text::hex;
use sha2::{Digest, Sha256};

/// Trains on a data set and records the version, with a name if it is given one. Returns it, the rows of both its parts, and
/// one line on it.
///
/// # Errors
/// When the registry cannot be asked or a file cannot be written.
pub async fn train(
    env: &Env,
    run: &str,
    dataset: &Dataset,
    champion: Option<&LoadedVersion>,
    name: Option<&str>,
) -> Result<((Trained, Parts), String), Error> {
    let findings = checks::before_training(env, dataset, champion)?;
    let mut version = env
        .registry
        .reserve_version(&env.config.name, run, run_stamp(run), env.clock.now_ms())
        .await?;
    fault("train.version_reserved")?;
    let learned = learn(&env.config, dataset)?;
    for note in &learned.notes {
        env.tell(Event::Warning(note.clone()));
    }
    let bytes = bundle::encode(&learned.bundle)?;
    version.bundle_sha256 = Some(hex(&Sha256::digest(&bytes)));
    let key = env.version_key(&version.folder, "trainedmodel.json");
    env.models.put_new(&key, bytes).await?;
    fault("train.bundle_published")?;
    if let Some(out_of_fold) = &learned.out_of_fold {
        out_of_fold.write(env, &version.folder).await?;
    }
    version.state = VersionState::Ready;
    version.model_hash = Some(learned.bundle.model_hash());
    version.data_hash = Some(dataset.data_hash.clone());
    version.config_hash = Some(env.config.fingerprint());
    let record = TrainingRecord {
        dataset_run: Some(dataset.run.clone()),
        notes: learned.notes.clone(),
        fit_ms: Some(learned.fit_ms),
        checks: Some(findings.clone()),
        learner: Some(learned.bundle.learner.kind.name().to_string()),
        name: name.map(ToString::to_string),
        approval: None,
        imported: None,
    };
    version.record = Some(record.to_value()?);
    adopt::write_record(env, &version).await?;
    env.registry.version_ready(&version).await?;
    fault("train.recorded")?;
    let data = &learned.bundle.data;
    let summary = format!(
        "version {}{} on {}, {}, {}{}",
        version.number,
        if learned.bundle.leaderboard.is_empty() {
            String::new()
        } else {
            format!(" (`auto` chose {})", learned.bundle.learner.kind.name())
        },
        counted(data.train_rows, "row"),
        counted(learned.bundle.transformer.n_features() as u64, "feature"),
        counted(data.validation_rows, "validation row"),
        if learned.bundle.is_binary() {
            format!(", threshold {:.3}", learned.bundle.threshold)
        } else {
            String::new()
        }
    );
    let trained = Trained {
        version,
        bundle: learned.bundle,
        notes: learned.notes,
        findings,
        fit_ms: learned.fit_ms,
    };
    Ok(((trained, learned.parts), summary))
}

/// Folder names carry the plain stamp; the version number makes them unique.
fn run_stamp(run: &str) -> &str {
    run.split('-').next().unwrap_or(run)
}

/// A bundle and what was noticed while making it.
pub struct Fresh {
    /// The bundle.
    pub bundle: Bundle,
    /// Facts worth a line in the report.
    pub notes: Vec<String>,
    /// Time spent in the learner alone.
    pub fit_ms: f64,
    /// Frame rows of the two parts.
    pub parts: Parts,
    /// What models that never saw a training row say of it, where the gate needs that.
    pub out_of_fold: Option<OutOfFold>,
}

/// The middle of training: a function of settings and rows.
pub fn learn(config: &ModelConfig, dataset: &Dataset) -> Result<Fresh, Error> {
    let frame = &dataset.frame;
    let target = target_of(config, frame)?;
    let wanted = read_target(config, frame, &target)?;
    let rows = wanted.rows();
    let mut notes = notes_on(dataset, &target, frame.height() - rows.len());
    let parts = split(config, frame, &rows, &strata(&wanted.part(&rows)))?;
    let (train_part, validation_part) = (wanted.part(&parts.train), wanted.part(&parts.validation));
    check_split(config, &train_part)?;

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
    let (chosen, made) = match learner.kind {
        LearnerKind::Auto => {
            let (chosen, made) = making.choose(&parts)?;
            (Some(chosen), made)
        }
        _ => (None, None),
    };
    let learner = chosen.as_ref().map_or(&learner, |chosen| &chosen.learner);
    let made = match made {
        Some(made) => made,
        None => making.fit(learner, &parts)?,
    };
    let (mut bundle, mut fit_ms) = (made.bundle, made.fit_ms);
    notes.extend(made.notes);
    let elsewhere = Elsewhere::of(&material, dataset)?;
    let all = elsewhere.as_ref().map_or(rows.len(), Elsewhere::rows);
    let is_refitted = is_refitted(config, learner.kind, all) && !parts.validation.is_empty();
    if let Some(elsewhere) = elsewhere.as_ref().filter(|_| !is_refitted) {
        let (train, held) = (&parts.train, &parts.validation);
        notes.extend(elsewhere.fit_into(&mut bundle, learner, train, held)?);
    }
    notes.extend(left_out(&[&named[..], &bundle.dropped].concat()));
    notes.extend(bucketed(&bundle.transformer, &making.profile, config));
    // Probabilities do not depend on what is decided by them; classes by the costs of mistakes do.
    let early = if bundle.is_binary() {
        drift::held_back(&bundle, frame, &parts.validation)?
    } else {
        None
    };
    let scores = early.as_ref().map_or(&[][..], probabilities);
    let Decided { threshold, costs } = decide(&bundle, &validation_part, scores, &mut notes)?;
    (bundle.threshold, bundle.costs) = (threshold, costs);
    let held_back = match early {
        Some(early) => Some(early),
        None => drift::held_back(&bundle, frame, &parts.validation)?,
    };
    if is_refitted {
        let again = material.fit(&as_long(learner, &bundle.predictor), &rows, &[])?;
        fit_ms += again.fit_ms;
        (bundle.transformer, bundle.predictor) = (again.fitted.transformer, again.predictor);
        bundle.dropped = again.fitted.dropped;
        if let Some(elsewhere) = &elsewhere {
            notes.extend(elsewhere.fit_into(&mut bundle, learner, &rows, &[])?);
        }
    }
    bundle.dropped.splice(0..0, named);
    let out_of_fold = out_of_fold(&making, &bundle, learner, &rows)?;
    if let Some(chosen) = chosen {
        notes.extend(chosen.notes);
        bundle.leaderboard = chosen.entries;
    }
    bundle.reference = Some(drift::reference(&bundle, frame, &rows, held_back.as_ref())?);
    bundle.golden = bundle::make_golden(&bundle);
    bundle.verify()?;
    Ok(Fresh {
        bundle,
        notes,
        fit_ms,
        parts,
        out_of_fold,
    })
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

/// Fewer rows than these say nothing in folds.
const FEWEST_IN_FOLDS: usize = 40;

/// Out-of-fold predictions of the rows, where the gate uses them and they are not too many for five more fits.
fn out_of_fold(
    making: &Trainer<'_>,
    bundle: &Bundle,
    learner: &Learner,
    rows: &[u32],
) -> Result<Option<OutOfFold>, Error> {
    let policy = &making.material.config.gate;
    let is_used = policy.require == Require::Better && policy.evidence == EvidenceKind::TwoKeys;
    let fits = (FEWEST_IN_FOLDS as u64..=policy.out_of_fold_rows).contains(&(rows.len() as u64));
    match making.material.wanted.part(rows) {
        TargetRows::Classes(class, 2) if is_used && fits => {
            OutOfFold::make(making, bundle, learner, rows, &class)
        }
        TargetRows::Classes(..) | TargetRows::Numbers(_) => Ok(None),
    }
}

/// What a split at random keeps the shares of: classes; numbers have none.
fn strata(part: &TargetRows) -> Vec<u32> {
    match part {
        TargetRows::Classes(class, _) => class.clone(),
        TargetRows::Numbers(numbers) => vec![0; numbers.len()],
    }
}

/// A training part without rows, or with one class only, teaches nothing.
fn check_split(config: &ModelConfig, train: &TargetRows) -> Result<(), Error> {
    let by = match config.split_kind() {
        SplitKind::Random => "at random",
        SplitKind::Time => "by time",
        SplitKind::Group => "by group",
    };
    let reject = |why: &str| Err(Error::Split(format!("{by} every row {why}")));
    match train {
        TargetRows::Classes(class, _) if class.is_empty() => reject(NONE_LEFT),
        TargetRows::Numbers(numbers) if numbers.is_empty() => reject(NONE_LEFT),
        TargetRows::Classes(class, _) if class.iter().all(|other| *other == class[0]) => {
            reject("of the training part is of one class")
        }
        _ => Ok(()),
    }
}

const NONE_LEFT: &str = "is in the validation part and none is left to learn from";

fn notes_on(dataset: &Dataset, target: &str, unlabelled: usize) -> Vec<String> {
    let mut notes = Vec::new();
    if unlabelled > 0 {
        notes.push(format!(
            "{} without a value in `{target}`, not trained on",
            counted(unlabelled as u64, "row")
        ));
    }
    for (column, cells) in &dataset.record.non_finite {
        notes.push(format!(
            "{} of `{column}`, NaN or infinite, counted as missing",
            counted(*cells, "cell")
        ));
    }
    notes
}

/// One line on the columns that cannot help.
fn left_out(dropped: &[features::Dropped]) -> Option<String> {
    const FEW: usize = 3;
    let named = dropped.iter().take(FEW);
    let mut named: Vec<String> = named
        .map(|dropped| format!("`{}` is {}", dropped.column, dropped.reason))
        .collect();
    if dropped.len() > FEW {
        named.push(format!("and {} more", dropped.len() - FEW));
    }
    let what = counted(dropped.len() as u64, "column");
    (!dropped.is_empty()).then(|| format!("{what} not used: {}", named.join("; ")))
}

/// One line on each column with more categories than features for them.
fn bucketed(
    transformer: &features::Transformer,
    profile: &[crate::data::ColumnSummary],
    config: &ModelConfig,
) -> Vec<String> {
    let most_of = |input: &features::Input| {
        let own = config.features.columns.get(&input.name);
        let own = own.and_then(|own| own.max_categories);
        own.unwrap_or(config.features.max_categories) as usize
    };
    let is_full = |input: &&features::Input| {
        let categories = input.step.categories();
        categories.is_some_and(|categories| categories.len() == most_of(input))
    };
    let full = transformer.inputs.iter().filter(is_full);
    let over = full.filter(|input| {
        let summary = profile.iter().find(|column| column.name == input.name);
        summary.is_some_and(|summary| summary.distinct > most_of(input) as u64)
    });
    over.map(|input| {
        let most = most_of(input);
        format!(
            "`{}` has more than {most} categories: the most frequent have a feature each, the rest share one (`features.max_categories`)",
            input.name
        )
    })
    .collect()
}

/// P(positive) of each row.
fn probabilities(answers: &Predictions) -> &[f64] {
    match answers {
        Predictions::Classes(predictions) => &predictions.probabilities,
        Predictions::Numbers(_) => &[],
    }
}

/// The reference profile without examples: names and rows of people do not belong in a model file.
fn profile(dataset: &Dataset) -> Vec<ColumnSummary> {
    let summaries = dataset.profile.iter().cloned();
    summaries.map(ColumnSummary::without_examples).collect()
}
