//! What was computed and is cached, per model: the champion's score, the summary of the newest data set, what the
//! test folder looks like.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use arc_swap::ArcSwapOption;

use tokio::runtime::Handle;

use super::cached::Cached;
use super::model_facts::ModelFacts;
use super::model_slot::ModelSlot;
use super::served::Served;
use crate::data::{self, Signature};
use crate::diagnose::{self, ChampionScore, DataSummary};
use crate::model_types::{Location, RunId, Sha256, VersionNumber};
use crate::pipeline::{Env, Environments, Error};

/// How long a look at the test folder holds.
pub const LOOK_HOLDS: Duration = Duration::from_secs(1);

/// The caches of all models.
#[derive(Default)]
pub struct Diagnostics {
    places: Mutex<HashMap<String, Arc<ModelDiagnostics>>>,
}

/// The cache of one model.
#[derive(Default)]
pub struct ModelDiagnostics {
    /// The champion's score.
    pub known: ArcSwapOption<KnownScore>,
    /// Held by the one who works a score out.
    pub work: Arc<tokio::sync::Mutex<()>>,
    /// When they began.
    pub began: ArcSwapOption<Instant>,
    /// What the registry says, for `/diagnostics`.
    pub facts: Cached<ModelFacts>,
    summary: ArcSwapOption<DataSummary>,
    summarising: tokio::sync::Mutex<()>,
    seen: ArcSwapOption<FolderLook>,
    recalled: ArcSwapOption<Recalled>,
    looking: tokio::sync::Mutex<()>,
}

/// A score of a version, and how far it can be relied on.
#[derive(Clone)]
pub struct KnownScore {
    /// The version that was served when it was computed.
    pub version: VersionNumber,
    /// Checksum of its bundle.
    pub sha256: Sha256,
    /// What the test folder looked like, when that did not change meanwhile.
    pub signature: Option<Signature>,
    /// Hash of the test rows of production.
    pub fresh: String,
    /// The score; after a fault the last that is known.
    pub score: Option<Arc<ChampionScore>>,
    /// Why it is not the present score.
    pub problem: Option<String>,
    /// When it was computed.
    pub made: Instant,
    /// When the test folder was last seen to be the same.
    pub looked: Instant,
}

impl KnownScore {
    /// Whether it is of this version.
    pub fn is_of(&self, served: &Served) -> bool {
        self.version == served.version && self.sha256 == served.sha256
    }

    /// Whether it is the score on the rows as they are now.
    pub fn is_fresh(&self) -> bool {
        self.problem.is_none() && self.signature.is_some()
    }
}

/// What the test folder looked like, and when; `None` when it cannot be read.
struct FolderLook {
    at: Instant,
    signature: Option<Signature>,
}

/// What the registry has on record of a champion.
struct Recalled {
    version: VersionNumber,
    score: Option<f64>,
    data_set_ms: Option<i64>,
}

impl Diagnostics {
    /// The place of a model.
    pub fn place(&self, model: &str) -> Arc<ModelDiagnostics> {
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        match places.get(model) {
            Some(place) => place.clone(),
            None => places.entry(model.to_string()).or_default().clone(),
        }
    }

    /// Lets nothing that the registry said be used any more; see [`Cached::forget`].
    pub fn forget(&self) {
        let places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        places.values().for_each(|place| place.facts.forget());
    }

    /// Removes a model that is gone.
    pub fn remove(&self, model: &str) {
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        places.remove(model);
    }

    /// The champion's score in the model's metric, as far as it is known: nothing is read or computed for it.
    pub fn known_score(&self, model: &str) -> Option<f64> {
        let place = self.place(model);
        let worked_out = place.known.load_full().and_then(|known| {
            let score = known.score.as_ref()?.score?;
            Some((known.version, score))
        });
        let recorded = place.recalled.load_full();
        let recorded = recorded.and_then(|it| Some((it.version, it.score?)));
        // After a promotion the score of the new champion is on record before a request asks for it.
        match (worked_out, recorded) {
            (Some((at, _)), Some((version, score))) if at != version => Some(score),
            (worked_out, recorded) => worked_out.or(recorded).map(|(_, score)| score),
        }
    }

    /// When the newest data set of a model was recorded, in milliseconds since 1970, as of the last [`Diagnostics::recall`].
    pub fn known_data_set_ms(&self, model: &str) -> Option<i64> {
        self.place(model).recalled.load().as_ref()?.data_set_ms
    }

    /// Asks the registry what it has on record, for the two above: two small questions per model, one more after a
    /// promotion. What it cannot answer stays as it was.
    pub async fn recall(&self, envs: &Environments, models: impl Iterator<Item = Arc<ModelSlot>>) {
        for model in models {
            let (Some(env), Some(served)) = (envs.get(&model.name), model.champion()) else {
                continue;
            };
            let place = self.place(&model.name);
            let before = place.recalled.load_full();
            let data_set_ms = env.registry.latest_dataset_ms(&model.name).await;
            let known = before.as_ref().filter(|it| it.version == served.version);
            let score = match known.and_then(|it| it.score) {
                Some(score) => Some(score),
                None => recorded_score(&env, &served).await,
            };
            place.recalled.store(Some(Arc::new(Recalled {
                version: served.version,
                score,
                data_set_ms: data_set_ms.unwrap_or(before.and_then(|it| it.data_set_ms)),
            })));
        }
    }
}

/// The score of a version that is on record.
async fn recorded_score(env: &Env, served: &Served) -> Option<f64> {
    let recorded = env.registry.scores(&env.config.name).await.ok()?;
    diagnose::last_score(&env.config, served.version, &served.sha256, &recorded)?.score
}

impl ModelDiagnostics {
    /// The cached score, if it is of this version and the test folder was looked at just now.
    pub fn current(&self, served: &Served) -> Option<Arc<KnownScore>> {
        let is_current =
            |known: &Arc<KnownScore>| known.is_of(served) && known.looked.elapsed() < LOOK_HOLDS;
        self.known.load_full().filter(is_current)
    }

    /// What the test folder looks like, looked at once a second at most; `None` when it cannot be read.
    pub async fn look(&self, env: &Arc<Env>) -> Option<Signature> {
        let recent = || {
            let seen = self.seen.load_full();
            seen.filter(|seen| seen.at.elapsed() < LOOK_HOLDS)
        };
        if let Some(seen) = recent() {
            return seen.signature.clone();
        }
        let _one_at_a_time = self.looking.lock().await;
        if let Some(seen) = recent() {
            return seen.signature.clone();
        }
        self.look_again(env).await
    }

    /// What the test folder looks like at this moment.
    pub async fn look_again(&self, env: &Arc<Env>) -> Option<Signature> {
        let env = env.clone();
        let looked = tokio::task::spawn_blocking(move || read_signature(&env)).await;
        let signature = looked.ok().flatten();
        self.seen.store(Some(Arc::new(FolderLook {
            at: Instant::now(),
            signature: signature.clone(),
        })));
        signature
    }

    /// The summary of the data set of a run: the cached one, or made by one caller while the others wait.
    ///
    /// # Errors
    /// What the closure says, or that it panicked.
    pub async fn summary(
        &self,
        run: &RunId,
        make: impl FnOnce() -> Result<DataSummary, Error> + Send + 'static,
    ) -> Result<Arc<DataSummary>, Box<dyn std::error::Error>> {
        let at_hand = || {
            let summary = self.summary.load_full();
            summary.filter(|it| it.run.as_deref() == Some(run))
        };
        if let Some(summary) = at_hand() {
            return Ok(summary);
        }
        let _one_at_a_time = self.summarising.lock().await;
        if let Some(summary) = at_hand() {
            return Ok(summary);
        }
        let summary = Arc::new(tokio::task::spawn_blocking(make).await??);
        self.summary.store(Some(summary.clone()));
        Ok(summary)
    }
}

/// Looks at the test folder. For a thread that may take long.
pub fn read_signature(env: &Env) -> Option<Signature> {
    let place = &env.config.test_folder;
    // A folder is looked at as it is; of a store's, the files are fetched that are new.
    let folder = match place {
        Location::Folder(folder) => Ok(folder.clone()),
        Location::Store(_) => Handle::current().block_on(crate::pipeline::refresh(place)),
    };
    let signature = folder.and_then(|folder| Ok(data::signature(&folder)?));
    signature
        .inspect_err(|error| tracing::warn!("the test data cannot be looked at: failed to {error}"))
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::{Metric, Scores};

    fn known(version: VersionNumber, score: f64) -> KnownScore {
        let score = ChampionScore {
            model: "m".to_string(),
            version,
            metric: Metric::F1,
            score: Some(score),
            interval: None,
            scores: Scores::default(),
            intervals: Vec::new(),
            rows: 3,
            rows_hash: String::new(),
            scored_at: String::new(),
        };
        KnownScore {
            version,
            sha256: Sha256::default(),
            signature: None,
            fresh: String::new(),
            score: Some(Arc::new(score)),
            problem: None,
            made: Instant::now(),
            looked: Instant::now(),
        }
    }

    fn recalled(version: VersionNumber, score: Option<f64>) -> Recalled {
        Recalled {
            version,
            score,
            data_set_ms: Some(7),
        }
    }

    #[test]
    fn the_known_score_is_the_one_worked_out_unless_another_version_is_on_record() {
        let cases: [(Option<KnownScore>, Option<Recalled>, Option<f64>); 6] = [
            (None, None, None),
            (Some(known(VersionNumber::new(1), 0.5)), None, Some(0.5)),
            (
                None,
                Some(recalled(VersionNumber::new(1), Some(0.4))),
                Some(0.4),
            ),
            (
                Some(known(VersionNumber::new(1), 0.5)),
                Some(recalled(VersionNumber::new(1), Some(0.4))),
                Some(0.5),
            ),
            (
                Some(known(VersionNumber::new(1), 0.5)),
                Some(recalled(VersionNumber::new(2), Some(0.6))),
                Some(0.6),
            ),
            (
                Some(known(VersionNumber::new(1), 0.5)),
                Some(recalled(VersionNumber::new(1), None)),
                Some(0.5),
            ),
        ];
        for (at, (worked_out, on_record, expected)) in cases.into_iter().enumerate() {
            let diagnostics = Diagnostics::default();
            let place = diagnostics.place("m");
            let data_set_ms = on_record.as_ref().and_then(|it| it.data_set_ms);
            place.known.store(worked_out.map(Arc::new));
            place.recalled.store(on_record.map(Arc::new));
            assert_eq!(diagnostics.known_score("m"), expected, "case {at}");
            assert_eq!(diagnostics.known_data_set_ms("m"), data_set_ms, "case {at}");
            assert_eq!(diagnostics.known_score("other"), None, "case {at}");
        }
    }

    #[test]
    fn a_score_without_a_signature_or_with_a_problem_is_not_fresh() {
        assert!(!known(VersionNumber::new(1), 0.5).is_fresh());
        let folder = tempfile::tempdir().expect("a folder");
        let signature = data::signature(folder.path()).ok();
        let settled = KnownScore {
            signature,
            ..known(VersionNumber::new(1), 0.5)
        };
        assert!(settled.is_fresh());
        let problem = Some("x".to_string());
        assert!(!KnownScore { problem, ..settled }.is_fresh());
    }
}
