//! What is served: per model the champion, and other versions on demand. Swapping one is a pointer; requests under way keep
//! the one they began with.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use arc_swap::{ArcSwap, ArcSwapOption};
use warp::http::HeaderValue;

use super::forms::WarningKind;
use super::probation::{Counts, Sample, View, note};
use super::{Code, Problem, Source};
use crate::bundle::{Bundle, Scorer, Slot};
use crate::data::Kind;
use crate::features::{CellRef, is_numeric};

/// Versions besides the champion that are kept loaded per model.
const KEPT_VERSIONS: usize = 8;

/// A version, loaded, verified and ready to answer. Never changes.
pub struct Served {
    /// The model.
    pub model: String,
    /// The version.
    pub version: i64,
    /// Since when it is or was the champion, in milliseconds since 1970; 0 where that is not known.
    pub since_ms: i64,
    /// Checksum of its bundle.
    pub sha256: String,
    /// The bundle.
    pub bundle: Bundle,
    /// Cells of a CSV body that mean "missing".
    pub null_values: Vec<String>,
    /// The bundle, compiled.
    pub scorer: Scorer,
    /// What it knows of each column's name.
    pub fields: HashMap<Box<str>, Field>,
    /// Per input, in the scorer's order.
    pub inputs: Vec<InputFacts>,
    /// A row in which every input is missing.
    pub blank: Box<[Slot]>,
    /// Each class as it stands in an answer: JSON, a number where the target was one.
    pub labels: Vec<Box<str>>,
    /// `X-Model`.
    pub model_header: HeaderValue,
    /// `X-Model-Version`.
    pub version_header: HeaderValue,
    /// When it was loaded.
    pub loaded: Instant,
    /// How often it predicted each class.
    pub tally: Tally,
    /// What requests came to that it was picked for.
    pub counts: Counts,
    /// Rows that are to be compared with another version's answers.
    pub sample: Sample,
}

/// Predictions per class.
#[derive(Debug)]
pub struct Tally(Box<[AtomicU64]>);

impl Tally {
    /// None yet, of `n_classes`.
    fn new(n_classes: usize) -> Self {
        Tally((0..n_classes).map(|_| AtomicU64::new(0)).collect())
    }

    /// A row was predicted to be of this class.
    #[inline]
    pub fn add(&self, class: u32) {
        if let Some(count) = self.0.get(class as usize) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// In the order of the classes.
    pub fn counts(&self) -> impl Iterator<Item = u64> {
        self.0.iter().map(|count| count.load(Ordering::Relaxed))
    }
}

/// What a column of a request is to a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// Input at this position.
    Input(usize),
    /// A column of the training data that is not learned from: the target, a key, a dropped one.
    Unused,
}

/// What is known of an input from training.
#[derive(Debug, Clone)]
pub struct InputFacts {
    /// Its name.
    pub name: String,
    /// Its name and a colon, as JSON has them.
    pub key: Box<str>,
    /// Its kind.
    pub kind: Kind,
    /// Smallest and largest number seen in training.
    pub range: Option<(f64, f64)>,
    /// Position of "other" in a text column's table.
    pub other: Option<u32>,
}

impl InputFacts {
    /// What is unusual about a cell: no such category or number was seen in training.
    pub fn unusual(&self, slot: Slot) -> Option<WarningKind> {
        match slot {
            Slot::Entry(entry) if Some(entry) == self.other => Some(WarningKind::UnknownCategory),
            Slot::Number(number) => {
                let (low, high) = self.range?;
                (number < low || number > high).then_some(WarningKind::OutsideTrainingRange)
            }
            _ => None,
        }
    }
}

impl Served {
    /// Makes a verified bundle ready to answer.
    pub fn new(
        model: &str,
        version: i64,
        since_ms: i64,
        sha256: String,
        null_values: Vec<String>,
        bundle: Bundle,
    ) -> Self {
        let scorer = bundle.scorer();
        let mut fields: HashMap<Box<str>, Field> = HashMap::new();
        for column in &bundle.profile {
            fields.insert(column.name.as_str().into(), Field::Unused);
        }
        fields.insert(bundle.target.as_str().into(), Field::Unused);
        let mut inputs = Vec::new();
        for (position, input) in bundle.transformer.inputs.iter().enumerate() {
            fields.insert(input.name.as_str().into(), Field::Input(position));
            let profile = bundle.profile.iter().find(|it| it.name == input.name);
            let range = profile.and_then(|column| Some((column.min?, column.max?)));
            let other = match &input.step {
                crate::features::Step::OneHot { categories } => Some(categories.len() as u32 + 1),
                crate::features::Step::Scale { .. } => None,
            };
            inputs.push(InputFacts {
                name: input.name.clone(),
                key: format!("{}:", serde_json::Value::from(input.name.as_str())).into(),
                kind: input.kind,
                range: range.filter(|_| is_numeric(input.kind)),
                other,
            });
        }
        let target = bundle.profile.iter().find(|it| it.name == bundle.target);
        let kind = target.map_or(Kind::Text, |column| column.kind);
        let labels = bundle.classes.iter().map(|class| label(class, kind));
        Served {
            labels: labels.collect(),
            model: model.to_string(),
            version,
            since_ms,
            sha256,
            null_values,
            model_header: HeaderValue::from_str(model)
                .unwrap_or(HeaderValue::from_static("unnamed")),
            version_header: HeaderValue::from(version),
            loaded: Instant::now(),
            tally: Tally::new(bundle.classes.len()),
            counts: Counts::default(),
            sample: Sample::default(),
            blank: (0..inputs.len())
                .map(|position| scorer.read(position, CellRef::Missing))
                .collect(),
            scorer,
            fields,
            inputs,
            bundle,
        }
    }
}

/// A class as JSON: `1` and `true` stay what they were in the data.
fn label(class: &str, kind: Kind) -> Box<str> {
    let is_plain = match kind {
        Kind::Integer => class.parse::<i64>().is_ok(),
        Kind::Number => serde_json::from_str::<f64>(class).is_ok(),
        Kind::Boolean => matches!(class, "true" | "false"),
        Kind::Text => false,
    };
    if is_plain {
        class.into()
    } else {
        serde_json::Value::from(class).to_string().into()
    }
}

/// A model's place in the server.
pub struct Model {
    /// Its name.
    pub name: String,
    /// Held by who looks where the champion is until it is served, so that what was read first is not swapped in last.
    pub following: tokio::sync::Mutex<()>,
    champion: ArcSwapOption<Served>,
    alarm: ArcSwapOption<String>,
    scores: ArcSwap<Vec<(String, f64)>>,
    others: Mutex<Vec<Arc<Served>>>,
    before: ArcSwapOption<Served>,
    probation: ArcSwapOption<View>,
}

impl Model {
    /// The champion, when there is one and it is loaded.
    pub fn champion(&self) -> Option<Arc<Served>> {
        self.champion.load_full()
    }

    /// What is wrong with following the champion, when something is.
    pub fn alarm(&self) -> Option<Arc<String>> {
        self.alarm.load_full()
    }

    /// From here on, new requests are answered by this version.
    pub fn swap(&self, served: Arc<Served>) {
        self.before.store(self.champion.swap(Some(served)));
        self.alarm.store(None);
    }

    /// The version that was served before the present one, which is kept until it was asked for.
    pub fn take_before(&self) -> Option<Arc<Served>> {
        self.before.swap(None)
    }

    /// How the newest probation goes or went, when there is one.
    pub fn probation(&self) -> Option<Arc<View>> {
        self.probation.load_full()
    }

    /// Says how the newest probation goes or went.
    pub fn know_probation(&self, view: Option<View>) {
        self.probation.store(view.map(Arc::new));
    }

    /// Says what is wrong, or that nothing is.
    pub fn raise(&self, alarm: Option<String>) {
        self.alarm.store(alarm.map(Arc::new));
    }

    /// Metric and value of the champion's newest score that is known, for the metrics.
    pub fn scores(&self) -> Arc<Vec<(String, f64)>> {
        self.scores.load_full()
    }

    /// Says what the champion's newest score is.
    pub fn know_scores(&self, scores: Vec<(String, f64)>) {
        self.scores.store(Arc::new(scores));
    }

    /// All versions that are loaded.
    pub fn loaded(&self) -> Vec<Arc<Served>> {
        let others = self.others.lock().unwrap_or_else(PoisonError::into_inner);
        self.champion()
            .into_iter()
            .chain(others.iter().cloned())
            .collect()
    }

    fn known(&self, version: i64) -> Option<Arc<Served>> {
        if let Some(champion) = self.champion().filter(|it| it.version == version) {
            return Some(champion);
        }
        let mut others = self.others.lock().unwrap_or_else(PoisonError::into_inner);
        let at = others.iter().position(|it| it.version == version)?;
        // The one that was asked for last goes last; the first is dropped when there are too many.
        let found = others.remove(at);
        others.push(found.clone());
        Some(found)
    }

    fn keep(&self, served: Arc<Served>) {
        let mut others = self.others.lock().unwrap_or_else(PoisonError::into_inner);
        others.retain(|it| it.version != served.version);
        others.push(served);
        if others.len() > KEPT_VERSIONS {
            others.remove(0);
        }
    }

    /// Forgets a version that is gone.
    pub fn forget(&self, version: i64) {
        let mut others = self.others.lock().unwrap_or_else(PoisonError::into_inner);
        others.retain(|it| it.version != version);
    }
}

/// All models of the server.
pub struct Fleet {
    models: Vec<Model>,
    /// Where versions come from.
    pub source: Source,
}

impl Fleet {
    /// Places for all models of a source, none loaded yet.
    pub fn new(source: Source) -> Self {
        let place = |name: String| Model {
            name,
            following: tokio::sync::Mutex::new(()),
            champion: ArcSwapOption::empty(),
            alarm: ArcSwapOption::empty(),
            scores: ArcSwap::default(),
            others: Mutex::new(Vec::new()),
            before: ArcSwapOption::empty(),
            probation: ArcSwapOption::empty(),
        };
        Fleet {
            models: source.names().into_iter().map(place).collect(),
            source,
        }
    }

    /// All models.
    pub fn models(&self) -> impl Iterator<Item = &Model> {
        self.models.iter()
    }

    /// The model of a name; without one, the only model.
    ///
    /// # Errors
    /// 404 for an unknown name; 422 when none was named and there are several.
    pub fn model(&self, name: Option<&str>) -> Result<&Model, Problem> {
        match (name, self.models.as_slice()) {
            (None, [only]) => Ok(only),
            (None, _) => Err(Problem::new(
                Code::Unprocessable,
                "name the `model`: there are several; GET /models lists them",
            )),
            (Some(name), models) => {
                models
                    .iter()
                    .find(|model| model.name == name)
                    .ok_or_else(|| {
                        Problem::new(Code::NotFound, "no such model; GET /models lists them")
                    })
            }
        }
    }

    /// The version that answers: the champion, or the one that was asked for.
    ///
    /// # Errors
    /// 404 for a version that is not there, 503 when there is no champion yet.
    pub async fn pick(
        &self,
        model: Option<&str>,
        version: Option<i64>,
    ) -> Result<Arc<Served>, Problem> {
        let served = self.found(self.model(model)?, version).await?;
        note(&served);
        Ok(served)
    }

    async fn found(&self, model: &Model, version: Option<i64>) -> Result<Arc<Served>, Problem> {
        let Some(version) = version else {
            return model.champion().ok_or_else(|| {
                let why = "the model has no version in production yet; `unseat run` makes one";
                Problem::new(Code::Unavailable, why).retry(5)
            });
        };
        if let Some(known) = model.known(version) {
            return Ok(known);
        }
        let served = Arc::new(self.source.version(&model.name, version).await?);
        model.keep(served.clone());
        Ok(served)
    }
}
