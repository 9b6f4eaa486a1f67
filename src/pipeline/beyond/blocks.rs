//! Training rows of one model that the other never saw, predicted out of fold by the one and as they are by the other.

use std::collections::{HashMap, HashSet};

use polars::prelude::DataFrame;

use super::super::Env;
use super::out_of_fold::{self, OutOfFold};
use super::sides::{MOST_ROWS, Side, answers};
use crate::bundle::Bundle;
use crate::evaluate::ClassPredictions;
use crate::gate::two_keys::{Both, Labelled};
use crate::pipeline::dataset::{Dataset, take};
use crate::pipeline::error::Error;
use crate::pipeline::ingest;
use crate::pipeline::trained::dataset_run;

/// The challenger's training rows that the champion never saw, and the champion's that the challenger never saw; or why there are none.
///
/// # Errors
/// When a stored file is there and cannot be read.
pub(super) async fn blocks(
    env: &Env,
    challenger: &Side<'_>,
    champion: &Side<'_>,
    dataset: &Dataset,
) -> Result<Result<Vec<Labelled>, String>, Error> {
    let none_of = |side: &Side<'_>| {
        Ok(Err(format!(
            "version {} has no out-of-fold predictions",
            side.version
        )))
    };
    let Some(new) = out_of_fold::read(env, challenger.version).await? else {
        return none_of(challenger);
    };
    let Some(old) = out_of_fold::read(env, champion.version).await? else {
        return none_of(champion);
    };
    // Rows are told apart by a hash over their columns: over others, every row would look new.
    if new.columns != old.columns {
        let why = "the data sets of the two versions have different columns";
        return Ok(Err(why.to_string()));
    }
    let mut blocks = Vec::new();
    let fresh = unseen(&new, &old);
    let on_fresh = live(champion.bundle, &fresh, &dataset.frame, &dataset.row_hashes)?;
    blocks.extend(block(&fresh, on_fresh, |fold, live| Both::of(live, fold)));

    let gone = unseen(&old, &new);
    if fresh.rows.is_empty() && gone.rows.is_empty() {
        return Ok(Err("both versions learned from the same rows".to_string()));
    }
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
    if blocks.is_empty() {
        let why = "the rows that one version alone learned from are kept no longer, or the other cannot read them";
        return Ok(Err(why.to_string()));
    }
    Ok(Ok(blocks))
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
