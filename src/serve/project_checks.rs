//! What `/readyz?verbose` says of a project: what its registry knows of runs, held versions, stale models and probations.

use super::State;
use super::readiness::Check;
pub use super::staleness::held;
use super::staleness::staleness;
use crate::diagnose;
use crate::overview::without_folder;
use crate::registry::ProbationState;

/// What the database has to say.
pub async fn asked_checks(state: &State) -> Vec<Check> {
    let mut checks = held_checks(state).await;
    checks.extend(stale_check(state).await);
    checks.extend(trouble_checks(state).await);
    checks
}

async fn held_checks(state: &State) -> Vec<Check> {
    let held = held(state).await.into_iter();
    held.map(|(name, version)| Check {
        name: format!("held {name}"),
        is_well: false,
        says: format!(
            "version {version} is held: `unseat gate explain {version}` says why, and `unseat promote {version}` makes it the champion"
        ),
    })
    .collect()
}

/// Whether the last runs of each model finished, and whether files were left out. They warn: what is served stays.
async fn trouble_checks(state: &State) -> Vec<Check> {
    let mut checks = Vec::new();
    let Some(project) = &state.project else {
        return checks;
    };
    for (name, env) in project.envs.all().iter() {
        let found = diagnose::trouble(&project.registry, &env.config, state.clock.now_ms()).await;
        let Ok(found) = found else {
            checks.push(Check {
                name: format!("runs {name}"),
                is_well: false,
                says: "the database cannot be reached".to_string(),
            });
            continue;
        };
        let failure = found.failure.as_ref().map(|failure| failure.says());
        let quarantined = found.says_quarantined();
        for (what, says) in [("runs", failure), ("quarantine", quarantined)] {
            let says = says.map(|says| without_folder(&says, &env.config.project));
            checks.push(Check {
                name: format!("{what} {name}"),
                is_well: says.is_none(),
                says: says.unwrap_or_else(|| match what {
                    "runs" => "no failure since the last success".to_string(),
                    _ => "no file".to_string(),
                }),
            });
        }
    }
    checks
}

/// Whether a model is stale. It warns: a stale model answers like any other.
async fn stale_check(state: &State) -> Option<Check> {
    let project = state.project.as_ref()?;
    let mut says = Vec::new();
    for (name, found) in staleness(project, state.clock.now_ms()).await {
        match found {
            Ok(found) => says.extend(found.iter().map(|stale| format!("{name} {}", stale.says))),
            Err(_) => says.push(format!("{name}: the database cannot be reached")),
        }
    }
    Some(Check {
        name: "stale".to_string(),
        is_well: says.is_empty(),
        says: if says.is_empty() {
            "no".to_string()
        } else {
            says.join("; ")
        },
    })
}

/// How the probations of models go or went.
pub fn probation_checks(state: &State) -> Vec<Check> {
    let probations = state.served_models.models().filter_map(|model| {
        let view = model.probation()?;
        Some(Check {
            name: format!("probation {}", model.name),
            // Something speaks against the version, and it is not rolled back yet.
            is_well: view.state != ProbationState::Watching || view.reasons.is_empty(),
            says: view.says(),
        })
    });
    probations.collect()
}
