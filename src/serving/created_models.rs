//! Models that were created by request, as this server knows them.

use std::collections::BTreeMap;

use crate::pipeline::Env;
use crate::registry::CreatedModel;

/// Makes what the stages of a created model may touch; else says what is wrong with its settings.
pub type OpenModel = dyn Fn(&CreatedModel) -> Result<Env, String> + Send + Sync;

/// Models that were created by request, as this server knows them.
pub struct Created {
    pub(crate) open: Option<Box<OpenModel>>,
    /// What was looked at of each model.
    pub(crate) seen: tokio::sync::Mutex<BTreeMap<String, Seen>>,
}

/// Which model of a name it is, and which settings of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) serial: i64,
    pub(crate) created_ms: i64,
}

impl Created {
    /// With what opens them; `None` for a server of one model alone, which takes no others.
    pub fn new(open: Option<Box<OpenModel>>) -> Self {
        Created {
            open,
            seen: tokio::sync::Mutex::default(),
        }
    }

    /// What opens them.
    pub fn opener(&self) -> Option<&OpenModel> {
        self.open.as_deref()
    }
}
