//! The part of `/` that answers "why did nothing happen last night?": what is wrong now, each model's last runs and ticks with
//! their reasons, and its next one.

use std::fmt::Write as _;

use chrono::SecondsFormat;

use super::landing::escaped;
use crate::clock::rfc3339;
use crate::config::{ModelConfig, Role};
use crate::diagnose::{self, Trouble};
use crate::http::request::Caller;
use crate::pipeline;
use crate::registry::{Registry, RunRow, TickOutcome, TickRow};
use crate::schedule::Plan;
use crate::serve::State;
use crate::serve::manage::without_folder;

/// Rows that are shown per model and table. Rows that say the same are shown as one.
const SHOWN: usize = 10;
/// Rows that are looked at for it.
const LOOKED_AT: i64 = 200;

/// The section, for a caller who may look at runs: reasons tell of them.
pub async fn section(state: &State, caller: &Caller) -> String {
    let is_told = caller.role == Role::Admin || caller.name != "anonymous";
    let Some(project) = state.project.as_ref().filter(|_| is_told) else {
        return String::new();
    };
    let mut html = String::new();
    if let Some(says) = state.settings_news().and_then(|news| news.says()) {
        push_trouble(&mut html, &says, None);
    }
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
    let ticks = registry.ticks(Some(&model.name), LOOKED_AT).await?;
    let now_ms = state.clock.now_ms();
    let runs = registry
        .shown_runs(Some(&model.name), LOOKED_AT, now_ms)
        .await?;
    let trouble = diagnose::trouble(registry, model, now_ms).await?;
    let plan = Plan::of(model, &row)?;
    if plan.is_none() && ticks.is_empty() && runs.is_empty() && trouble == Trouble::default() {
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
    let mut html = format!(
        "<h2>{} <small>{}</small></h2>\n",
        escaped(&model.name),
        escaped(&next)
    );
    if let Some(failure) = &trouble.failure {
        let says = without_folder(&failure.says(), &model.project);
        // A run by hand leaves no log.
        let has_log = |run: &&str| pipeline::log_is_there(&pipeline::run_log(&model.project, run));
        push_trouble(&mut html, &says, failure.run.as_deref().filter(has_log));
    }
    if let Some(says) = trouble.says_quarantined() {
        push_trouble(&mut html, &without_folder(&says, &model.project), None);
    }
    push_table(
        &mut html,
        ["run", "outcome", "why"],
        runs.iter().map(|run| line_of_run(run, model)),
    );
    match ticks.is_empty() {
        true if plan.is_some() => html.push_str("<p class=\"none\">no tick has come yet</p>\n"),
        true => {}
        false => push_table(
            &mut html,
            ["tick", "outcome", "why"],
            ticks.iter().map(line_of_tick),
        ),
    }
    Ok(html)
}

/// Something that somebody should look at, with the log of its run.
fn push_trouble(html: &mut String, says: &str, run: Option<&str>) {
    let log = run.map(|run| {
        format!(
            " <a class=\"log\" href=\"runs/{0}/log\">log</a>",
            escaped(run)
        )
    });
    let (says, log) = (escaped(says), log.unwrap_or_default());
    // Writing into a text cannot fail.
    let _ = writeln!(html, "<p class=\"ill\">{says}{log}</p>");
}

/// A row of a table, as texts.
#[derive(PartialEq)]
struct Line {
    at: String,
    outcome: String,
    why: String,
    run: Option<String>,
}

fn line_of_tick(tick: &TickRow) -> Line {
    Line {
        at: rfc3339(tick.tick_ms),
        outcome: tick.outcome.replace('_', " "),
        why: tick.reason.clone(),
        run: None,
    }
}

fn line_of_run(run: &RunRow, model: &ModelConfig) -> Line {
    let record = run.record.as_ref();
    let reason = record.and_then(|record| record["reasons"][0].as_str());
    let reason = reason.map(str::to_string);
    let why = run.why().or(reason).unwrap_or_default();
    let version = run.version.map(|version| format!("version {version}: "));
    let quarantined = match run.quarantined().len() {
        0 => String::new(),
        1 => "; 1 file quarantined".to_string(),
        n => format!("; {n} files quarantined"),
    };
    Line {
        at: format!("{} by {}", rfc3339(run.started_ms), run.trigger),
        outcome: outcome_word(run.came_to()),
        why: format!(
            "{}{}{quarantined}",
            version.unwrap_or_default(),
            without_folder(&why, &model.project)
        ),
        run: Some(run.id.clone()),
    }
}

/// An outcome as the ticks name it.
fn outcome_word(outcome: &str) -> String {
    match outcome {
        "promote" => "promoted".to_string(),
        "reject" => "rejected".to_string(),
        other => other.replace('_', " "),
    }
}

/// A table of the newest rows; consecutive ones that say the same are one, so that quiet nights push no failure off.
fn push_table(html: &mut String, heads: [&str; 3], lines: impl Iterator<Item = Line>) {
    let mut folded: Vec<(Line, usize)> = Vec::new();
    for line in lines {
        let is_full = folded.len() == SHOWN;
        match folded.last_mut() {
            Some((last, more)) if (&last.outcome, &last.why) == (&line.outcome, &line.why) => {
                *more += 1;
            }
            _ if is_full => break,
            _ => folded.push((line, 0)),
        }
    }
    if folded.is_empty() {
        return;
    }
    let heads = heads
        .map(|head| format!("<th scope=\"col\">{head}</th>"))
        .concat();
    let _ = write!(html, "<table>\n<thead><tr>{heads}</tr></thead>\n<tbody>\n");
    for (line, more) in &folded {
        let state = state_of(&line.outcome);
        let (at, outcome, why) = (
            escaped(&line.at),
            escaped(&line.outcome),
            escaped(&line.why),
        );
        let at = match &line.run {
            Some(run) => format!("<a class=\"log\" href=\"runs/{}\">{at}</a>", escaped(run)),
            None => at,
        };
        let more = match more {
            0 => String::new(),
            1 => " <span>(and once before)</span>".to_string(),
            more => format!(" <span>(and {more} times before)</span>"),
        };
        let _ = writeln!(
            html,
            "<tr><th scope=\"row\">{at}</th><td class=\"{state}\">{outcome}</td><td>{why}{more}</td></tr>"
        );
    }
    html.push_str("</tbody>\n</table>\n");
}

fn state_of(outcome: &str) -> &'static str {
    let is = |known: TickOutcome| known.name() == outcome;
    if is(TickOutcome::Promoted) {
        "well"
    } else if is(TickOutcome::Failed) || is(TickOutcome::Missed) || outcome == "interrupted" {
        "ill"
    } else {
        "none"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(at: &str, outcome: &str) -> Line {
        Line {
            at: at.to_string(),
            outcome: outcome.to_string(),
            why: "<b>".to_string(),
            run: None,
        }
    }

    #[test]
    fn a_reason_is_no_markup_and_an_outcome_has_its_colour() {
        let mut html = String::new();
        let lines = [
            line("3", "failed"),
            line("2", "nothing new"),
            line("1", "nothing new"),
        ];
        push_table(&mut html, ["tick", "outcome", "why"], lines.into_iter());
        assert!(
            html.contains(
                "<th scope=\"row\">3</th><td class=\"ill\">failed</td><td>&lt;b&gt;</td>"
            )
        );
        assert!(html.contains(
            "<th scope=\"row\">2</th><td class=\"none\">nothing new</td><td>&lt;b&gt; <span>(and once before)</span></td>"
        ));
        assert!(
            !html.contains(">1</th>"),
            "it is told with the one after it"
        );
    }

    #[test]
    fn a_failure_is_not_pushed_off_by_quiet_nights() {
        let quiet = (0..150).map(|night| line(&format!("2{night}"), "nothing new"));
        let mut html = String::new();
        push_table(
            &mut html,
            ["tick", "outcome", "why"],
            quiet.chain([line("1", "failed")]),
        );
        assert!(html.contains("(and 149 times before)"));
        assert!(html.contains("<th scope=\"row\">1</th><td class=\"ill\">failed</td>"));
    }
}
