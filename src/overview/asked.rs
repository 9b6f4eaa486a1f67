//! Which labels would settle the gate's open decision, and which of them have come.

use serde::Serialize;

use crate::gate::two_keys::Direction;
use crate::model_types::{PredictionId, VersionNumber};
use crate::pipeline::{self, Env, Error, beyond};
use crate::registry::{VersionRow, VersionState};

/// Newest versions among which an open decision is looked for.
const MOST_VERSIONS: i64 = 20;

/// Which labels would settle a decision.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LabelsWanted {
    /// The model.
    pub model: String,
    /// In words: what is wanted and what for, or why nothing is.
    pub says: String,
    /// The version that is not decided on; none where nothing is wanted.
    pub version: Option<VersionNumber>,
    /// The champion that it is checked against.
    pub champion: Option<VersionNumber>,
    /// Logged requests that both models answered.
    pub population: u64,
    /// Those of them on which both models differ.
    pub differ: u64,
    /// Fewest labels with which a decision comes with a chance of 0.8; none where even all of them give less.
    pub needed: Option<u64>,
    /// Chance of a decision once the labels of `rows` have come, as it was when they were requested.
    pub chance: Option<f64>,
    /// The same with labels of all rows on which both models differ.
    pub chance_of_all: Option<f64>,
    /// How many of `rows` have a label.
    pub came: u64,
    /// Seed of the draw.
    pub seed: Option<u64>,
    /// The requests to label.
    pub rows: Vec<WantedRow>,
}

/// A logged request to label.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct WantedRow {
    /// Id of its answer.
    pub id: PredictionId,
    /// In which way the models differ on it.
    pub direction: Direction,
    /// For how many logged requests it stands once the labels of all rows have come.
    pub weight: f64,
    /// Its label, where that has come.
    pub label: Option<String>,
}

/// Which labels would settle the open decision on a version, or on the newest that has one.
///
/// # Errors
/// When there is no such version, or the registry or a file cannot be read.
pub async fn labels_wanted(env: &Env, version: Option<&str>) -> Result<LabelsWanted, Error> {
    let champion = env.registry.champion(&env.config.name).await?;
    let champion = champion.map(|champion| champion.version);
    let candidates: Vec<VersionRow> = match version {
        Some(version) => vec![pipeline::pick_version(env, version).await?],
        None => {
            let mut heads = env
                .registry
                .version_heads(&env.config.name, MOST_VERSIONS)
                .await?;
            heads.retain(|it| it.state == VersionState::Ready && it.verdict.is_some());
            heads
        }
    };
    for version in &candidates {
        let ask = beyond::read_ask(env, version).await?;
        if let Some(ask) = ask.filter(|ask| Some(ask.champion) == champion) {
            return told(env, &ask).await;
        }
    }
    let kind = env.config.gate.evidence.name();
    let says = match (version, champion) {
        (_, None) => "no labels are wanted: there is no champion to be compared with".to_string(),
        (Some(version), _) => format!(
            "no labels are wanted for version {version}: no decision on it against the present champion was left open while there were logged requests"
        ),
        (None, _) => "no labels are wanted: no decision against the present champion was left open while there were logged requests".to_string(),
    };
    Ok(LabelsWanted {
        model: env.config.name.clone(),
        says: format!(
            "{says} (labels are requested with `gate.evidence: two_keys`, here `{kind}`, of requests that `server.prediction_log.sample` keeps)"
        ),
        version: None,
        champion,
        population: 0,
        differ: 0,
        needed: None,
        chance: None,
        chance_of_all: None,
        came: 0,
        seed: None,
        rows: Vec::new(),
    })
}

async fn told(env: &Env, ask: &beyond::Ask) -> Result<LabelsWanted, Error> {
    let labels = beyond::labels_of(env, ask).await?;
    let weight = |direction: Direction| {
        let stratum = &ask.strata[direction as usize];
        stratum.rows as f64 / stratum.ask.max(1) as f64
    };
    let rows: Vec<WantedRow> = ask
        .wanted()
        .map(|(direction, candidate)| WantedRow {
            id: candidate.id.clone(),
            direction,
            weight: weight(direction),
            label: labels.get(&candidate.id).cloned(),
        })
        .collect();
    let came = rows.iter().filter(|row| row.label.is_some()).count() as u64;
    let differ: u64 = ask.strata.iter().map(|stratum| stratum.rows).sum();
    let wanted = &ask.wanted;
    let asked = rows.len();
    let version = ask.version;
    let next = if came == asked as u64 {
        format!("all have come: `unseat deploy {version}` decides again")
    } else {
        format!("{came} have come; `unseat deploy {version}` decides again with what is there")
    };
    Ok(LabelsWanted {
        model: env.config.name.clone(),
        says: format!(
            "{asked} labels are wanted to decide on version {version} beside champion {}, of {differ} requests on which they differ among {} logged; with them a decision comes with a chance of {:.0} %; {next}",
            ask.champion,
            ask.population,
            100.0 * wanted.chance
        ),
        version: Some(version),
        champion: Some(ask.champion),
        population: ask.population,
        differ,
        needed: wanted.needed,
        chance: Some(wanted.chance),
        chance_of_all: Some(wanted.chance_of_all),
        came,
        seed: Some(ask.seed),
        rows,
    })
}
