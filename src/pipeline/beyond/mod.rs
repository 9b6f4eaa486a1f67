//! Evidence beyond the test rows, for the gate's two keys: training rows of one model that the other never saw, predicted out
//! of fold, and rows without labels. All of it may be missing; what is used is stored beside the version, so that a decision
//! can be replayed exactly.

mod asked;
mod out_of_fold;
mod shadow;
mod sides;
pub mod stored;
mod unlabelled;

use std::collections::{HashMap, HashSet};

use polars::prelude::DataFrame;

pub use asked::{Ask, Candidate, Stratum, keep_ask, labels_of, read_ask};
pub use out_of_fold::{FILE as OUT_OF_FOLD, OutOfFold};
pub use shadow::shadow;
pub use stored::{FILE, from_frame, to_frame};

use super::Env;
use super::dataset::{Dataset, take};
use super::error::Error;
use super::ingest;
use super::trained::Trained;
use crate::bundle::Bundle;
use crate::config::policy::{EvidenceKind, Require};
use crate::evaluate::ClassPredictions;
use crate::gate::Beyond;
use crate::gate::two_keys::{Both, Labelled};
use crate::pipeline::loaded_version::LoadedVersion;
use crate::pipeline::logged::folder_of;
use crate::pipeline::trained::dataset_run;
use crate::registry::FreshSide;
pub use sides::{MOST_ROWS, columns_of};
use sides::{Side, answers};

/// Gathers what there is for a challenger and a champion. What is missing is left out: it makes a decision less sure, never
/// impossible.
///
/// # Errors
/// When a stored file is there and cannot be read.
pub async fn gather(
    env: &Env,
    trained: &Trained,
    champion: Option<&LoadedVersion>,
    dataset: &Dataset,
) -> Result<Beyond, Error> {
    let policy = &env.config.gate;
    let Some(LoadedVersion {
        number,
        bundle: champion,
        ..
    }) = champion
    else {
        return Ok(Beyond::default());
    };
    let is_asked = policy.require == Require::Better && policy.evidence == EvidenceKind::TwoKeys;
    let bundle = &trained.bundle;
    let are_alike = bundle.is_binary()
        && bundle.classes == champion.classes
        && bundle.related == champion.related;
    if !is_asked || !are_alike {
        return Ok(Beyond::default());
    }
    let challenger = Side {
        version: trained.version.number,
        bundle,
    };
    let champion = Side {
        version: *number,
        bundle: champion,
    };
    let log = folder_of(&env.config).await?;
    let learned = learned_from(env).await?;
    let requests = unlabelled::rows(env, (&log, &learned), &champion, &challenger)?;
    let no_requests = requests.as_ref().err().cloned();
    let (unlabelled, ids) = requests.ok().unzip();
    Ok(Beyond {
        out_of_fold: blocks(env, &challenger, &champion, dataset).await?,
        unlabelled,
        no_requests,
        assumed: None,
        ids: ids.unwrap_or_default(),
        asked: asked::came(env, &trained.version, champion.version, bundle).await?,
    })
}

/// Keys of the logged requests that models may have learned from (`labels.train`): of those they are surer than of others.
async fn learned_from(env: &Env) -> Result<HashSet<String>, Error> {
    if !env.config.labels.trains() {
        return Ok(HashSet::new());
    }
    let rows = env.registry.fresh_rows(&env.config.name).await?.into_iter();
    let learned = rows.filter(|row| matches!(row.side, FreshSide::Learn | FreshSide::Training));
    Ok(learned.map(|row| row.key).collect())
}

/// The challenger's training rows that the champion never saw, and the champion's that the challenger never saw.
async fn blocks(
    env: &Env,
    challenger: &Side<'_>,
    champion: &Side<'_>,
    dataset: &Dataset,
) -> Result<Vec<Labelled>, Error> {
    let new = out_of_fold::read(env, challenger.version).await?;
    let old = out_of_fold::read(env, champion.version).await?;
    let Some((new, old)) = new.zip(old) else {
        return Ok(Vec::new());
    };
    // Rows are told apart by a hash over their columns: over others, every row would look new.
    if new.columns != old.columns {
        return Ok(Vec::new());
    }
    let mut blocks = Vec::new();
    let fresh = unseen(&new, &old);
    let on_fresh = live(champion.bundle, &fresh, &dataset.frame, &dataset.row_hashes)?;
    blocks.extend(block(&fresh, on_fresh, |fold, live| Both::of(live, fold)));

    let gone = unseen(&old, &new);
    if !gone.rows.is_empty() {
        let version = env
            .registry
            .version(&env.config.name, champion.version)
            .await?;
        let run = version.map(|version| dataset_run(&version));
        // Its data set may have been removed by retention; then these rows are gone, too.
        let dataset = match run {
            Some(run) => ingest::load(env, &run).await.ok(),
            None => None,
        };
        if let Some(dataset) = dataset {
            let live = live(
                challenger.bundle,
                &gone,
                &dataset.frame,
                &dataset.row_hashes,
            )?;
            blocks.extend(block(&gone, live, Both::of));
        }
    }
    Ok(blocks)
}

/// The rows of `these` that are not among `those`, as many as are used.
fn unseen(these: &OutOfFold, those: &OutOfFold) -> OutOfFold {
    let known: HashSet<u128> = those.rows.iter().copied().collect();
    let fresh = (0..these.rows.len()).filter(|&at| !known.contains(&these.rows[at]));
    these.select(&fresh.take(MOST_ROWS).collect::<Vec<_>>())
}

/// What a model says of the rows of `wanted`, found in a data set by their hashes; `None` where one of them is not there or
/// the model cannot read them.
fn live(
    bundle: &Bundle,
    wanted: &OutOfFold,
    frame: &DataFrame,
    hashes: &[u128],
) -> Result<Option<ClassPredictions>, Error> {
    let places: HashMap<u128, u32> = hashes.iter().copied().zip(0..).collect();
    let rows: Option<Vec<u32>> = wanted
        .rows
        .iter()
        .map(|hash| places.get(hash).copied())
        .collect();
    let Some(rows) = rows.filter(|rows| !rows.is_empty()) else {
        return Ok(None);
    };
    Ok(answers(bundle, &take(frame, &rows)?))
}

fn block(
    rows: &OutOfFold,
    live: Option<ClassPredictions>,
    pair: impl Fn(&ClassPredictions, &ClassPredictions) -> Option<Both>,
) -> Option<Labelled> {
    let both = pair(&rows.predictions(), &live?)?;
    Some(Labelled {
        both,
        positive: rows.positive.clone(),
    })
}
