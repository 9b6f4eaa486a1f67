//! Evidence beyond the test rows, for the gate's two keys: training rows of one model that the other never saw, predicted out
//! of fold, and rows without labels. All of it may be missing; what is used is stored beside the version, so that a decision
//! can be replayed exactly.

mod asked;
mod blocks;
mod out_of_fold;
mod shadow;
mod sides;
pub mod stored;
mod unlabelled;

use std::collections::HashSet;

pub use asked::{Ask, Candidate, Stratum, keep_ask, labels_of, read_ask};
pub use out_of_fold::{FILE as OUT_OF_FOLD, OutOfFold};
pub use shadow::shadow;
pub use stored::{FILE, from_frame, to_frame};

use super::Env;
use super::dataset::Dataset;
use super::error::Error;
use super::trained::Trained;
use crate::bundle::Bundle;
use crate::config::policy::{EvidenceKind, Require};
use crate::gate::{Absent, Beyond};
use crate::pipeline::loaded_version::LoadedVersion;
use crate::pipeline::logged::folder_of;
use crate::registry::FreshSide;
use blocks::blocks;
use sides::Side;
pub use sides::{MOST_ROWS, columns_of};

/// Gathers what there is for a challenger and a champion, and why the rest is missing: that makes a decision less sure, never
/// impossible.
///
/// # Errors
/// When a stored file is there and cannot be read.
pub async fn gather(
    env: &Env,
    trained: &Trained,
    champion: Option<&LoadedVersion>,
    dataset: &Dataset,
) -> Result<(Beyond, Absent), Error> {
    let policy = &env.config.gate;
    let Some(LoadedVersion {
        number,
        bundle: champion,
        ..
    }) = champion
    else {
        return Ok(Default::default());
    };
    let is_asked = policy.require == Require::Better && policy.evidence == EvidenceKind::TwoKeys;
    let bundle = &trained.bundle;
    if !is_asked || !bundle.is_binary() {
        return Ok(Default::default());
    }
    if let Some(why) = unlike(bundle, champion) {
        let absent = Absent {
            requests: Some(why.clone()),
            out_of_fold: Some(why),
        };
        return Ok((Beyond::default(), absent));
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
    let blocks = blocks(env, &challenger, &champion, dataset).await?;
    let absent = Absent {
        requests: requests.as_ref().err().cloned(),
        out_of_fold: blocks.as_ref().err().cloned(),
    };
    let (unlabelled, ids) = requests.ok().unzip();
    let beyond = Beyond {
        out_of_fold: blocks.unwrap_or_default(),
        unlabelled,
        assumed: None,
        ids: ids.unwrap_or_default(),
        asked: asked::came(env, &trained.version, champion.version, bundle).await?,
    };
    Ok((beyond, absent))
}

/// Why two models cannot answer the same rows beyond the test rows; `None` where they can.
fn unlike(challenger: &Bundle, champion: &Bundle) -> Option<String> {
    if challenger.classes != champion.classes {
        Some("champion and challenger have different classes".to_string())
    } else if challenger.related != champion.related {
        Some("champion and challenger read different related tables".to_string())
    } else {
        None
    }
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
