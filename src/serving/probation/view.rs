//! A probation as it is shown.

use serde::Serialize;
use utoipa::ToSchema;

use crate::clock::rfc3339;
use crate::model_types::VersionNumber;
use crate::registry::{ProbationRow, ProbationState};

/// How the newest probation of a model goes or went.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = Probation)]
pub struct View {
    /// `watching`, `confirmed`, `rolled_back` or `ended`.
    #[schema(value_type = String)]
    pub state: ProbationState,
    /// The version that is or was on probation.
    #[schema(value_type = i64)]
    pub version: VersionNumber,
    /// The version before it.
    #[schema(value_type = i64)]
    pub previous: VersionNumber,
    /// Since when.
    pub since: String,
    /// When it ended.
    pub ended: Option<String>,
    /// Requests that were counted: by this server while it watches, else by the one that concluded.
    pub requests: Option<u64>,
    /// Why it ended so; while it continues, what is found against the version and why it is not rolled back yet.
    pub reasons: Vec<String>,
}

impl View {
    /// What the registry says.
    pub fn of(row: &ProbationRow) -> Self {
        let record = row.record.as_ref();
        View {
            state: row.state,
            version: row.version,
            previous: row.previous,
            since: rfc3339(row.began_ms),
            ended: row.ended_ms.map(rfc3339),
            requests: record.and_then(|record| record["requests"].as_u64()),
            reasons: row.reason.iter().cloned().collect(),
        }
    }

    /// One line.
    pub fn says(&self) -> String {
        let mut says = format!("version {} {}", self.version, self.state.of_version());
        if let Some(requests) = self.requests {
            says.push_str(&format!(", {requests} requests"));
        }
        if !self.reasons.is_empty() {
            says.push_str(": ");
            says.push_str(&self.reasons.join("; "));
        }
        says
    }
}
