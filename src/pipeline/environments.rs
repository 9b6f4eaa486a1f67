//! The environment of each model's stages, for processes that work on many; models may be added while it is shared.

use std::collections::BTreeMap;
use std::sync::Arc;

use arc_swap::ArcSwap;

use super::Env;

/// What the stages of each model may touch, by the model's name.
#[derive(Clone, Default)]
pub struct Environments(Arc<ArcSwap<BTreeMap<String, Arc<Env>>>>);

impl Environments {
    /// Of these models.
    pub fn new(envs: BTreeMap<String, Arc<Env>>) -> Self {
        Environments(Arc::new(ArcSwap::from_pointee(envs)))
    }

    /// One model's.
    pub fn get(&self, model: &str) -> Option<Arc<Env>> {
        self.0.load().get(model).cloned()
    }

    /// All, as they are now.
    pub fn all(&self) -> Arc<BTreeMap<String, Arc<Env>>> {
        self.0.load_full()
    }

    /// From here on, these.
    pub fn put(&self, envs: BTreeMap<String, Arc<Env>>) {
        self.0.store(Arc::new(envs));
    }
}
