//! Labels that would settle a decision: which logged requests to label, kept beside the version, and what has come of it.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::super::Env;
use super::super::json::to_json;
use crate::bundle::Bundle;
use crate::gate::Beyond;
use crate::gate::two_keys::{Asked, Both, Direction, Labelled, Wanted};
use crate::live::{Effective, effective};
use crate::model_types::{PredictionId, VersionNumber};
use crate::pipeline::error::Error;
use crate::registry::VersionRow;

/// The file in a version's folder.
const FILE: &str = "wanted.json";
/// Version of its form.
const FORMAT: u32 = 1;
/// Fewest labels of a direction of which anything can be said.
const FEWEST: usize = 2;

/// Which logged requests to label so that a version can be decided on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ask {
    /// Version of this record's form.
    pub format_version: u32,
    /// The version that was decided on.
    pub version: VersionNumber,
    /// The champion that it was checked against.
    pub champion: VersionNumber,
    /// Seed of the draw.
    pub seed: u64,
    /// Logged requests that it was drawn from, those on which both models agree included.
    pub population: u64,
    /// What the gate makes of it.
    pub wanted: Wanted,
    /// The requests by direction, in the order of [`Direction::ALL`].
    pub strata: [Stratum; 2],
}

/// The logged requests on which both models differ in one direction.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Stratum {
    /// In which way they differ.
    pub direction: Direction,
    /// How many there were.
    pub rows: u64,
    /// How many of them are requested: the first so many.
    pub ask: u64,
    /// All of them, in the order of the draw.
    pub candidates: Vec<Candidate>,
}

/// A logged request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Candidate {
    /// Id of its answer.
    pub id: PredictionId,
    /// Log odds of the positive class by champion and challenger.
    pub logits: [f64; 2],
}

impl Ask {
    /// The requests whose labels are required.
    pub fn wanted(&self) -> impl Iterator<Item = (Direction, &Candidate)> {
        self.strata.iter().flat_map(|stratum| {
            let asked = stratum.candidates.iter().take(stratum.ask as usize);
            asked.map(|candidate| (stratum.direction, candidate))
        })
    }
}

/// Draws: the requests of each direction in an order that hangs on nothing but the seed and their ids.
fn draw(beyond: &Beyond, wanted: &Wanted, seed: u64) -> Option<[Stratum; 2]> {
    let both = beyond.unlabelled.as_ref()?;
    let strata = Direction::ALL.map(|direction| {
        let differs = |at: &usize| {
            Direction::of(both.champion_labels[*at], both.challenger_labels[*at]) == Some(direction)
        };
        let rows: Vec<usize> = (0..both.len()).filter(differs).collect();
        let known = rows.iter().filter_map(|&at| {
            let id = beyond.ids.get(at).filter(|id| !id.is_empty())?;
            let logits = [both.champion_logits[at], both.challenger_logits[at]];
            let place = xxh3_64_with_seed(id.as_bytes(), seed);
            let candidate = Candidate {
                id: id.clone(),
                logits,
            };
            Some((place, candidate))
        });
        let mut known: Vec<(u64, Candidate)> = known.collect();
        known.sort_by(|a, b| (a.0, &a.1.id).cmp(&(b.0, &b.1.id)));
        known.dedup_by(|a, b| a.1.id == b.1.id);
        Stratum {
            direction,
            rows: rows.len() as u64,
            ask: wanted.ask[direction as usize],
            candidates: known.into_iter().map(|(_, candidate)| candidate).collect(),
        }
    });
    let are_there = strata.iter().any(|stratum| !stratum.candidates.is_empty());
    are_there.then_some(strata)
}

/// Keeps what a decision that was left open asks for. Of a pair that was requested before, the same draw continues: more of
/// it is asked for.
///
/// # Errors
/// When the file cannot be read or written.
pub async fn keep_ask(
    env: &Env,
    version: &VersionRow,
    champion: VersionNumber,
    wanted: &Wanted,
    beyond: &Beyond,
) -> Result<(), Error> {
    let known = read_ask(env, version).await?;
    let ask = match known.filter(|it| it.champion == champion) {
        Some(mut known) => {
            let labelled = beyond.asked.as_ref();
            for (stratum, more) in known.strata.iter_mut().zip(wanted.ask) {
                let had = labelled.map_or(0, |it| {
                    let both = &it.labelled.both;
                    let labels = both.champion_labels.iter().zip(&both.challenger_labels);
                    let of_it = labels.filter(|(old, new)| {
                        Direction::of(**old, **new) == Some(stratum.direction)
                    });
                    of_it.count() as u64
                });
                let most = stratum.candidates.len() as u64;
                stratum.ask = stratum.ask.max(had + more).min(most);
            }
            known.wanted = *wanted;
            known
        }
        None => {
            let seed = env.config.gate.seed;
            let Some(strata) = draw(beyond, wanted, seed) else {
                return Ok(());
            };
            Ask {
                format_version: FORMAT,
                version: version.number,
                champion,
                seed,
                population: wanted.population,
                wanted: *wanted,
                strata,
            }
        }
    };
    let key = env.version_key(&version.folder, FILE);
    Ok(env.models.put(&key, to_json(&ask)?).await?)
}

/// What was requested so that a version could be decided on; `None` where nothing was.
///
/// # Errors
/// When the file is there and cannot be read.
pub async fn read_ask(env: &Env, version: &VersionRow) -> Result<Option<Ask>, Error> {
    let key = env.version_key(&version.folder, FILE);
    if !env.models.exists(&key).await? {
        return Ok(None);
    }
    let bytes = env.models.get(&key).await?;
    let ask = serde_json::from_slice(&bytes);
    ask.map(Some)
        .map_err(|source| Error::Stored { what: key, source })
}

/// The labels that have come of what was requested, by id: the spelled class.
///
/// # Errors
/// When the registry cannot be reached.
pub async fn labels_of(env: &Env, ask: &Ask) -> Result<HashMap<PredictionId, String>, Error> {
    let ids: Vec<&PredictionId> = ask.wanted().map(|(_, it)| &it.id).collect();
    let stated = env.registry.stated_of(&env.config.name, &ids).await?;
    let labels = stated
        .into_iter()
        .filter_map(|(id, stated)| match effective(&stated) {
            Effective::Label(label) => Some((id, label.label.clone())),
            Effective::None | Effective::Conflict(_) => None,
        });
    Ok(labels.collect())
}

/// The labels that have come of what was requested about this pair, as evidence. `None` while a direction in which rows
/// differ has fewer than two.
pub(super) async fn came(
    env: &Env,
    version: &VersionRow,
    champion: VersionNumber,
    bundle: &Bundle,
) -> Result<Option<Asked>, Error> {
    let ask = read_ask(env, version).await?;
    let Some(ask) = ask.filter(|ask| ask.champion == champion) else {
        return Ok(None);
    };
    let labels = labels_of(env, &ask).await?;
    let mut labelled = Labelled {
        both: Both::default(),
        positive: Vec::new(),
    };
    let mut counts = [0; 2];
    for (direction, candidate) in ask.wanted() {
        let Some(label) = labels.get(&candidate.id) else {
            continue;
        };
        let by_challenger = direction == Direction::ChallengerPositive;
        labelled.both.champion_logits.push(candidate.logits[0]);
        labelled.both.challenger_logits.push(candidate.logits[1]);
        labelled.both.champion_labels.push(!by_challenger);
        labelled.both.challenger_labels.push(by_challenger);
        let positive = bundle.classes.get(1);
        labelled.positive.push(positive == Some(label));
        counts[direction as usize] += 1;
    }
    let strata = [ask.strata[0].rows, ask.strata[1].rows];
    let are_enough = counts
        .iter()
        .zip(strata)
        .all(|(&came, rows)| came >= FEWEST.min(rows as usize));
    let is_any = counts.iter().sum::<usize>() > 0;
    Ok((is_any && are_enough).then_some(Asked {
        population: ask.population,
        strata,
        labelled,
    }))
}
