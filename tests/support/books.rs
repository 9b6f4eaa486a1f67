//! What the registry says about a model.

use unseat::model_types::VersionNumber;
use unseat::registry::{Action, Champion, Holder, Operation, PastConclusion, RunRow, VersionRow};

/// What the registry says about the sample model.
#[derive(Debug)]
pub struct Books {
    pub champion: Option<Champion>,
    pub operations: Vec<Operation>,
    pub versions: Vec<VersionRow>,
    pub runs: Vec<RunRow>,
    pub dataset_runs: Vec<String>,
    pub last: Option<PastConclusion>,
    pub holder: Option<Holder>,
    /// The version that the manifest of the copy names.
    pub copied: Option<i64>,
}

impl Books {
    pub fn champion(&self) -> Option<i64> {
        self.champion
            .as_ref()
            .map(|champion| champion.version.get())
    }

    pub fn version(&self, number: i64) -> &VersionRow {
        let found = self
            .versions
            .iter()
            .find(|version| version.number == number);
        found.unwrap_or_else(|| panic!("there is no version {number}: {:#?}", self.versions))
    }

    /// Versions that runs promoted, oldest first.
    pub fn promotions(&self) -> Vec<i64> {
        let promotions = self
            .operations
            .iter()
            .filter(|operation| operation.action == Action::Promote && operation.actor == "run");
        let mut versions: Vec<i64> = promotions
            .filter_map(|operation| operation.version.map(VersionNumber::get))
            .collect();
        versions.reverse();
        versions
    }
}
