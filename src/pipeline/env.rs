//! What a run may touch, and the events that it emits.

use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};
use rand::RngCore;
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::error::Error;
use crate::artifacts::Artifacts;
use crate::clock::{Clock, stamp};
use crate::config::ModelConfig;
use crate::drift::Reference;
use crate::model_types::{RunId, VersionNumber};
use crate::registry::Registry;

/// A stage of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Files to a data set.
    Ingest,
    /// Data set to a bundle.
    Train,
    /// Bundle and champion to scores.
    Score,
    /// Scores to a verdict, and the pointer.
    Deploy,
    /// Plots, page and card.
    Report,
}

impl Stage {
    /// All of them, in their order.
    pub const ALL: [Stage; 5] = [
        Stage::Ingest,
        Stage::Train,
        Stage::Score,
        Stage::Deploy,
        Stage::Report,
    ];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Stage::Ingest => "ingest",
            Stage::Train => "train",
            Stage::Score => "score",
            Stage::Deploy => "deploy",
            Stage::Report => "report",
        }
    }
}

/// Something worth telling while a run continues.
#[derive(Debug, Clone)]
pub enum Event {
    /// A stage begins.
    Started(Stage),
    /// A stage ended, with one line on what it did.
    Ended {
        /// Which.
        stage: Stage,
        /// How long it took.
        duration_ms: f64,
        /// What it did.
        summary: String,
    },
    /// How far the stage is, in one line that takes the place of the one before.
    Progress(String),
    /// A fact worth knowing although the run continues.
    Warning(String),
}

/// Everything that a run may touch.
pub struct Env {
    /// The model's settings.
    pub config: ModelConfig,
    /// What is remembered.
    pub registry: Registry,
    /// Version folders.
    pub models: Artifacts,
    /// Data sets.
    pub datasets: Artifacts,
    /// What time it is.
    pub clock: Clock,
    /// Where run ids come from.
    pub ids: Ids,
    /// Who listens.
    pub events: Box<dyn Fn(Event) + Send + Sync>,
    /// The stage that was started last.
    begun: Mutex<Stage>,
    /// The run under way.
    run: Mutex<Option<String>>,
    /// The reference of an earlier version that was read last: versions do not change.
    slow: Mutex<Option<(VersionNumber, Arc<Reference>)>>,
}

impl Env {
    /// Opens the folders that a model's settings name.
    ///
    /// # Errors
    /// When one cannot be made.
    pub fn open(
        config: ModelConfig,
        registry: Registry,
        clock: Clock,
        ids: Ids,
        events: Box<dyn Fn(Event) + Send + Sync>,
    ) -> Result<Self, Error> {
        let models = Artifacts::open(&config.model_folder)?;
        let datasets = Artifacts::open(&config.output_folder)?;
        Ok(Env {
            config,
            registry,
            models,
            datasets,
            clock,
            ids,
            events,
            begun: Mutex::new(Stage::Ingest),
            run: Mutex::new(None),
            slow: Mutex::new(None),
        })
    }

    /// A fresh run id.
    pub fn new_run_id(&self) -> RunId {
        self.ids.run_id(&self.config.name, self.clock.now())
    }

    /// Key of a file of a version.
    pub fn version_key(&self, folder: &str, file: &str) -> String {
        format!("{}/{folder}/{file}", self.config.name)
    }

    /// A file of a version as the project sees it: relative to its folder where it is below it.
    pub fn shown(&self, folder: &str, file: &str) -> String {
        // Paths of a project that is the current folder have no `./` before them.
        self.named(&self.models.shown(&self.version_key(folder, file)))
    }

    /// The reference of an earlier version, if it is the one that was read last.
    pub fn known_reference(&self, version: VersionNumber) -> Option<Arc<Reference>> {
        let slow = self.slow.lock().unwrap_or_else(PoisonError::into_inner);
        slow.as_ref()
            .filter(|(known, _)| *known == version)
            .map(|(_, reference)| reference.clone())
    }

    /// Keeps the reference of an earlier version at hand.
    pub fn know_reference(&self, version: VersionNumber, reference: Arc<Reference>) {
        *self.slow.lock().unwrap_or_else(PoisonError::into_inner) = Some((version, reference));
    }

    /// Emits an event to the listener.
    pub fn tell(&self, event: Event) {
        (self.events)(event);
    }

    /// The stage that was started last, for the record of a run that ends there.
    pub fn begun(&self) -> Stage {
        *self.begun.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The run whose stages come now.
    pub fn begin_run(&self, id: &str) {
        let mut run = self.run.lock().unwrap_or_else(PoisonError::into_inner);
        *run = Some(id.to_string());
    }

    /// Records which stage the run is in, to be seen from outside.
    async fn record(&self, stage: Stage) {
        let run = {
            let run = self.run.lock().unwrap_or_else(PoisonError::into_inner);
            run.clone()
        };
        if let Some(run) = run
            && let Err(error) = self.registry.enter_stage(&run, stage.name()).await
        {
            // Nothing hangs on it.
            tracing::debug!("the stage is not recorded: {error}");
        }
    }

    /// Does a stage, telling its begin and its end; the closure returns its value and one line on what it did.
    ///
    /// # Errors
    /// What the closure says.
    pub async fn stage<T>(
        &self,
        stage: Stage,
        timings: &mut Vec<(Stage, f64)>,
        work: impl Future<Output = Result<(T, String), Error>>,
    ) -> Result<T, Error> {
        self.tell(Event::Started(stage));
        *self.begun.lock().unwrap_or_else(PoisonError::into_inner) = stage;
        self.record(stage).await;
        let begin = std::time::Instant::now();
        let (value, summary) = work.await?;
        let duration_ms = begin.elapsed().as_secs_f64() * 1e3;
        timings.push((stage, duration_ms));
        self.tell(Event::Ended {
            stage,
            duration_ms,
            summary,
        });
        Ok(value)
    }
}

/// Where run ids take the part that keeps two of the same millisecond apart.
#[derive(Debug, Clone, Copy)]
pub enum Ids {
    /// From chance.
    Random,
    /// From a seed, the model and the time, so that a fixed clock gives known ids (`UNSEAT_SEED`).
    Seeded(u64),
}

impl Ids {
    /// A run id: stamp, milliseconds, and what keeps it apart from others. Sorts by time.
    pub fn run_id(self, model: &str, at: DateTime<Utc>) -> RunId {
        let apart = match self {
            Ids::Random => rand::rng().next_u32(),
            Ids::Seeded(seed) => {
                let of = format!("{seed} {model} {}", at.timestamp_millis());
                let digest = Sha256::digest(of.as_bytes());
                u32::from_be_bytes([0, digest[0], digest[1], digest[2]])
            }
        };
        RunId::new(format!(
            "{}-{:03}{:06x}",
            stamp(at),
            at.timestamp_subsec_millis(),
            apart & 0xff_ffff
        ))
    }
}

/// Whether a text has the form of a run id: `20261121T075003Z-123a0b1c2`.
pub fn is_run_id(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() == 26
        && bytes.iter().enumerate().all(|(at, byte)| match at {
            8 => *byte == b'T',
            15 => *byte == b'Z',
            16 => *byte == b'-',
            0..20 => byte.is_ascii_digit(),
            _ => byte.is_ascii_digit() || (b'a'..=b'f').contains(byte),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_makes_run_ids_and_what_knows_them_agree() {
        for ids in [Ids::Random, Ids::Seeded(7)] {
            let id = ids.run_id("m", DateTime::UNIX_EPOCH);
            assert!(is_run_id(&id), "{id}");
        }
        let bad = [
            "",
            "latest",
            "../../../../../etc/passwd0",
            "20261121T075003Z-123a0b1c",
            "20261121T075003Z-123A0B1C2",
            "20261121T075003Z/123a0b1c2",
        ];
        for text in bad {
            assert!(!is_run_id(text), "{text}");
        }
    }
}
