//! Which version was the champion, by the folders.

use super::asked::Adopt;
use crate::model_types::{Outcome, VersionNumber};
use crate::pipeline::error::Error;
use crate::pipeline::{Env, error};
use crate::registry::{Action, Adoption, Operation, VersionState};

/// The operations that make versions champions: those that the gate promoted, in order, and last the one in production. Where
/// operations are known already, only the last.
pub(super) async fn operations(
    env: &Env,
    asked: &Adopt,
    adoption: &Adoption,
    champion: Option<(VersionNumber, i64)>,
) -> Result<Vec<Operation>, Error> {
    let Some((champion, since_ms)) = champion else {
        return Ok(Vec::new());
    };
    let known = env.registry.operations(&env.config.name).await?;
    let before = known.iter().find_map(|operation| operation.version);
    if before == Some(champion) {
        return Ok(Vec::new());
    }
    let mut promoted: Vec<(VersionNumber, i64)> = Vec::new();
    if known.is_empty() {
        let by_gate = adoption.versions.iter();
        let by_gate = by_gate.filter(|it| it.verdict == Some(Outcome::Promote));
        promoted.extend(by_gate.map(|it| (it.number, it.created_ms)));
        promoted.retain(|(number, _)| *number != champion);
        promoted.sort_by_key(|(number, at_ms)| (*at_ms, *number));
        promoted.retain(|(_, at_ms)| *at_ms <= since_ms);
    }
    promoted.push((champion, since_ms));
    let mut previous = before;
    let mut operations = Vec::new();
    for (version, at_ms) in promoted {
        operations.push(Operation {
            action: Action::Promote,
            version: Some(version),
            previous,
            reason: "adopted from the folders".to_string(),
            actor: asked.actor.clone(),
            run: None,
            at_ms,
        });
        previous = Some(version);
    }
    Ok(operations)
}

/// Nothing says which version was the champion, and a guess could put a worse one into service.
pub(super) async fn champion_unknown(env: &Env, adoption: &Adoption) -> Result<Error, Error> {
    let rows = adoption.versions.iter();
    let promoted = rows.filter(|version| version.verdict == Some(Outcome::Promote));
    let newest = promoted.map(|version| version.number).max();
    let newest = newest.map_or(String::new(), |number| {
        format!("; the newest that the gate promoted is {number}")
    });
    let whole = adoption.versions.iter();
    let whole = whole.filter(|version| version.state == VersionState::Ready);
    let numbers: Vec<_> = whole.map(|version| version.number.to_string()).collect();
    Ok(Error::Lost(Box::new(error::Lost {
        what: format!(
            "{} has no manifest.json, so nothing says which version of `{}` was the champion; there is {}{newest}",
            env.place(&env.config.deployment_folder),
            env.config.name,
            numbers.join(", ")
        ),
        next: "add `--champion VERSION`".to_string(),
    })))
}
