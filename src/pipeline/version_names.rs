//! Names that versions are given when they are trained: `train --version-name v0`. A number is none, so that a name means the same
//! version forever.

use super::Env;
use super::error::Error;
use super::trained::TrainingRecord;
use crate::config::checked::is_name;
use crate::model_types::VersionSelector;
use crate::registry::{VersionRow, VersionState};

/// The version of a name, if there is one whose bundle is whole.
///
/// # Errors
/// When the registry cannot be reached.
pub async fn version_of_name(env: &Env, name: &str) -> Result<Option<VersionRow>, Error> {
    if !can_be_name(name) {
        return Ok(None);
    }
    let versions = env.registry.versions(&env.config.name).await?.into_iter();
    let mut ready = versions.filter(|version| version.state == VersionState::Ready);
    Ok(ready.find(|version| TrainingRecord::of(version).name.as_deref() == Some(name)))
}

/// Rejects a name that cannot be given.
///
/// # Errors
/// [`Error::VersionName`].
pub async fn check(env: &Env, name: &str) -> Result<(), Error> {
    let reject = |why: String| {
        Err(Error::VersionName {
            name: name.to_string(),
            why,
        })
    };
    if !is_name(name) {
        return reject(
            "use letters, digits, `_`, `-` and `.`, beginning with a letter or digit".to_string(),
        );
    }
    if !can_be_name(name) {
        return reject(
            "numbers from 1 on, `champion` and `latest` mean versions already".to_string(),
        );
    }
    match version_of_name(env, name).await? {
        Some(other) => reject(format!("version {} has it", other.number)),
        None => Ok(()),
    }
}

/// Whether a text may name a version: version numbers begin at 1.
fn can_be_name(text: &str) -> bool {
    match text.parse() {
        Err(_) => true,
        Ok(VersionSelector::Number(number)) => number == 0,
        Ok(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::can_be_name;

    #[test]
    fn what_means_a_version_already_is_no_name() {
        for name in ["v0", "0", "baseline", "v1.2.0", "v3-b"] {
            assert!(can_be_name(name), "{name}");
        }
        for taken in ["1", "v31254", "champion", "latest"] {
            assert!(!can_be_name(taken), "{taken}");
        }
    }
}
