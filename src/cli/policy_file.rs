//! A policy of the gate in a file of its own.

use std::path::Path;

use super::{Failure, Kind};
use crate::gate::Policy;

pub(super) fn read_policy(path: &Path) -> Result<Policy, Failure> {
    let failed = |error: anyhow::Error| {
        Failure::new(
            Kind::Config,
            error.context(format!("read the policy {}", path.display())),
        )
        .hint("write it as the `gate` part of config.json; `unseat config schema` lists its keys")
    };
    let text = std::fs::read_to_string(path).map_err(|error| failed(error.into()))?;
    let value = serde_json::from_str(&text).map_err(|error| failed(error.into()))?;
    crate::config::policy::from_value(value).map_err(|problems| {
        let all: Vec<_> = problems.iter().map(ToString::to_string).collect();
        failed(anyhow::anyhow!(all.join("; ")))
    })
}
