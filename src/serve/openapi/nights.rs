//! The part of `/` that answers "why did nothing happen last night?": each model's last ticks with their reasons, and its
//! next one.

use std::fmt::Write as _;

use chrono::SecondsFormat;

use super::landing::escaped;
use crate::clock::rfc3339;
use crate::config::{ModelConfig, Role};
use crate::registry::{Registry, TickOutcome, TickRow};
use crate::schedule::Plan;
use crate::serve::State;
use crate::serve::request::Caller;

/// Ticks that are shown per model.
const SHOWN: i64 = 10;

/// The section, for a caller who may look at runs: reasons tell of them.
pub async fn section(state: &State, caller: &Caller) -> String {
    let is_told = caller.role == Role::Admin || caller.name != "anonymous";
    let Some(project) = state.project.as_ref().filter(|_| is_told) else {
        return String::new();
    };
    let mut html = String::new();
    for env in project.envs.all().values() {
        let model = &env.config;
        match of_model(state, &project.registry, model).await {
            Ok(part) => html.push_str(&part),
            Err(error) => {
                tracing::warn!(model = model.name, "ticks cannot be shown: {error}");
                let name = escaped(&model.name);
                // Writing into a text cannot fail.
                let _ = writeln!(
                    html,
                    "<h2>{name}</h2>\n<p class=\"ill\">its ticks cannot be read now; the server's log says why</p>"
                );
            }
        }
    }
    html
}

async fn of_model(
    state: &State,
    registry: &Registry,
    model: &ModelConfig,
) -> Result<String, crate::schedule::Error> {
    let row = registry.schedule(&model.name).await?;
    let ticks = registry.ticks(Some(&model.name), SHOWN).await?;
    let plan = Plan::of(model, &row)?;
    if plan.is_none() && ticks.is_empty() {
        return Ok(String::new());
    }
    let next = match &plan {
        None => "no schedule; runs are begun by hand".to_string(),
        Some(_) if row.is_paused() => "the schedule is paused".to_string(),
        Some(plan) => match plan.next_after(state.clock.now()) {
            None => "no tick will come".to_string(),
            Some(at) => {
                let at = at.with_timezone(&plan.zone);
                let at = at.to_rfc3339_opts(SecondsFormat::Secs, true);
                format!("next tick {at}, by {}", plan.expression)
            }
        },
    };
    Ok(shown(&model.name, &next, &ticks))
}

fn shown(model: &str, next: &str, ticks: &[TickRow]) -> String {
    let (model, next) = (escaped(model), escaped(next));
    let mut html = format!("<h2>{model} <small>{next}</small></h2>\n");
    if ticks.is_empty() {
        html.push_str("<p class=\"none\">no tick has come yet</p>\n");
        return html;
    }
    html.push_str(
        "<table>\n<thead><tr><th scope=\"col\">tick</th><th scope=\"col\">outcome</th><th scope=\"col\">why</th></tr></thead>\n<tbody>\n",
    );
    for tick in ticks {
        let state = state_of(&tick.outcome);
        let at = rfc3339(tick.tick_ms);
        let outcome = escaped(&tick.outcome.replace('_', " "));
        let reason = escaped(&tick.reason);
        // Writing into a text cannot fail.
        let _ = writeln!(
            html,
            "<tr><th scope=\"row\">{at}</th><td class=\"{state}\">{outcome}</td><td>{reason}</td></tr>"
        );
    }
    html.push_str("</tbody>\n</table>\n");
    html
}

fn state_of(outcome: &str) -> &'static str {
    let is = |known: TickOutcome| known.name() == outcome;
    if is(TickOutcome::Promoted) {
        "well"
    } else if is(TickOutcome::Failed) || is(TickOutcome::Missed) {
        "ill"
    } else {
        "none"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_no_markup_and_an_outcome_has_its_colour() {
        let tick = |outcome: &str| TickRow {
            model: "m".to_string(),
            tick_ms: 0,
            outcome: outcome.to_string(),
            reason: "<b>".to_string(),
            job: None,
            run: None,
            at_ms: 0,
        };
        let html = shown("m", "soon", &[tick("failed"), tick("nothing_new")]);
        assert!(html.contains(
            "<th scope=\"row\">1970-01-01T00:00:00Z</th><td class=\"ill\">failed</td><td>&lt;b&gt;</td>"
        ));
        assert!(html.contains("<td class=\"none\">nothing new</td>"));
        assert!(shown("m", "soon", &[]).contains("no tick has come yet"));
    }
}
