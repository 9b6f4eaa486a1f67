//! A model's place in the server: what of it is loaded, and what is known of it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::{ArcSwap, ArcSwapOption};

use crate::model_types::VersionNumber;
use crate::serving::probation::view::View;
use crate::serving::served::Served;

/// Versions besides the champion that are kept loaded per model.
const KEPT_VERSIONS: usize = 8;

/// A model's place in the server.
pub struct ModelSlot {
    /// Its name.
    pub name: String,
    /// Whether it was created by request.
    pub is_created: bool,
    /// Held by who looks where the champion is until it is served, so that what was read first is not swapped in last.
    pub following: tokio::sync::Mutex<()>,
    champion: ArcSwapOption<Served>,
    alarm: ArcSwapOption<String>,
    is_lost: AtomicBool,
    scores: ArcSwap<Vec<(String, f64)>>,
    others: Mutex<Vec<Arc<Served>>>,
    before: ArcSwapOption<Served>,
    probation: ArcSwapOption<View>,
}

impl ModelSlot {
    /// A place with nothing in it.
    pub fn new(name: String, is_created: bool) -> Self {
        ModelSlot {
            name,
            is_created,
            following: tokio::sync::Mutex::new(()),
            champion: ArcSwapOption::empty(),
            alarm: ArcSwapOption::empty(),
            is_lost: AtomicBool::new(false),
            scores: ArcSwap::default(),
            others: Mutex::new(Vec::new()),
            before: ArcSwapOption::empty(),
            probation: ArcSwapOption::empty(),
        }
    }

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

    /// The version that was served before the present one, which is kept until it was requested.
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

    /// Whether a version is served that the registry does not know as the champion, nor any other.
    pub fn is_lost(&self) -> bool {
        self.is_lost.load(Ordering::Relaxed)
    }

    /// Says whether it is so.
    pub fn lose(&self, is_lost: bool) {
        self.is_lost.store(is_lost, Ordering::Relaxed);
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

    /// A version that is loaded.
    pub fn known(&self, version: VersionNumber) -> Option<Arc<Served>> {
        if let Some(champion) = self.champion().filter(|it| it.version == version) {
            return Some(champion);
        }
        let mut others = self.others.lock().unwrap_or_else(PoisonError::into_inner);
        let at = others.iter().position(|it| it.version == version)?;
        // The one that was requested last goes last; the first is dropped when there are too many.
        let found = others.remove(at);
        others.push(found.clone());
        Some(found)
    }

    /// Keeps a version loaded.
    pub fn keep(&self, served: Arc<Served>) {
        let mut others = self.others.lock().unwrap_or_else(PoisonError::into_inner);
        others.retain(|it| it.version != served.version);
        others.push(served);
        if others.len() > KEPT_VERSIONS {
            others.remove(0);
        }
    }

    /// Forgets a version that is gone.
    pub fn forget(&self, version: VersionNumber) {
        let mut others = self.others.lock().unwrap_or_else(PoisonError::into_inner);
        others.retain(|it| it.version != version);
    }
}
