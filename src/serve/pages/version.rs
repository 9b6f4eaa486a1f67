//! A version beside the champion it was checked against, rule by rule, and two versions of one's choice.

use crate::model_types::{Outcome, VersionNumber};
use std::sync::Arc;

use maud::{Markup, html};

use super::home;
use super::kit::{View, count, facts, interval, number, table, when_ms};
use super::trouble::trouble;
use crate::gate::{Decision, RuleGroup, RuleOutcome};
use crate::overview::{self, Comparison, DecisionStatus, short};
use crate::pipeline::{self, Env, TrainingRecord};
use crate::registry::{VersionRow, VersionState};
use crate::serve::admin::{env_of, find_version};
use crate::serve::{Problem, Reply, Request, State};

/// Files of a version that a page links to.
const FILES: [(&str, &str); 4] = [
    ("report.html", "Report with plots"),
    ("model_card.md", "Model card"),
    ("decision.json", "Decision"),
    ("score.json", "Scores"),
];

/// A version's page.
pub async fn version(state: Arc<State>, request: Request) -> Result<Reply, Problem> {
    let view = View::of(&state, &request);
    let env = env_of(&state, request.param("model"))?;
    let row = find_version(&env, request.param("version")).await?;
    let champion = env.registry.champion(&env.config.name).await;
    let champion = champion
        .map_err(|it| trouble(it.into()))?
        .map(|it| it.version);
    let decision = pipeline::read_decision(&env, &row).await.ok();
    let score = pipeline::read_score(&env, &row).await.ok();
    let is_champion = champion == Some(row.number);
    let body = html! {
        h1 { (env.config.name) ", version " (row.number) @if is_champion { " " span class="good" { "champion" } } }
        (head(&view, &env, &row, is_champion))
        @if let Some(decision) = &decision {
            section class="card" aria-label="Decision" {
                (home::decided(&view, &env.config.name, "Decision", &DecisionStatus::of(row.number, decision)))
                @if decision.reasons.len() > 1 { ul { @for reason in &decision.reasons[1..] { li { (reason) } } } }
            }
            (matrices(decision))
            (rules(decision))
        }
        @if let Some(score) = &score { (importance(score)) }
    };
    let title = format!("{} version {}", env.config.name, row.number);
    Ok(view.page(&title, &body))
}

fn head(view: &View, env: &Env, row: &VersionRow, is_champion: bool) -> Markup {
    let (name, number) = (env.config.name.as_str(), row.number.to_string());
    let run = view.link(&format!("ui/runs/{}", row.run));
    let mut pairs = vec![
        ("made", when_ms(row.created_ms)),
        ("run", html! { a class="mono" href=(run) { (row.run) } }),
        (
            "verdict",
            html! { (row.verdict.map_or("none yet", Outcome::name)) },
        ),
        ("learner", html! { (learner(row)) }),
        (
            "folder",
            html! { span class="mono" { (env.shown(&row.folder, "")) } },
        ),
        (
            "checksum",
            html! { span class="mono" { (row.bundle_sha256.as_deref().unwrap_or("–").chars().take(16).collect::<String>()) } },
        ),
    ];
    if let Some(said) = TrainingRecord::of(row).approval {
        let says = html! { (said.reason) " (" (said.by) ", " (when_ms(said.at_ms)) ")" };
        pairs.insert(3, ("approval", says));
    }
    html! {
        section class="card" aria-label="Version" {
            (facts(&pairs))
            div class="acts" {
                a class="button" href=(view.link(&format!("ui/models/{name}"))) { "All versions" }
                a class="button" href=(view.link(&format!("ui/models/{name}/try?version={number}"))) { "Try it" }
                @for (file, words) in FILES {
                    a href=(view.link(&format!("models/{name}/versions/{number}/{file}"))) { (words) }
                }
            }
            @if view.may_change() && row.verdict == Some(Outcome::Waiting) && !is_champion {
                (approval(view, name, &number))
            }
            @else if view.may_change() && !is_champion && row.state == VersionState::Ready {
                form class="acts" method="post" action=(view.link("ui/do/promote")) {
                    (view.token())
                    input type="hidden" name="model" value=(name);
                    input type="hidden" name="version" value=(number);
                    input name="reason" placeholder="reason" aria-label="Reason for the promotion" maxlength="1000";
                    button class="main" { "Promote version " (number) }
                }
            }
        }
    }
}

/// What becomes of a version that waits.
fn approval(view: &View, model: &str, version: &str) -> Markup {
    html! {
        p class="note info" { "The gate would promote this version; it waits for approval." }
        @for (action, words, class) in [("approve", "Approve", "main"), ("reject", "Reject", "danger")] {
            form class="acts" method="post" action=(view.link(&format!("ui/do/{action}"))) {
                (view.token())
                input type="hidden" name="model" value=(model);
                input type="hidden" name="version" value=(version);
                input name="reason" placeholder="reason" aria-label={ "Reason to " (action) } maxlength="1000";
                button class=(class) { (words) " version " (version) }
            }
        }
    }
}

fn learner(row: &VersionRow) -> String {
    let record = row.record.as_ref();
    let learner = record.and_then(|record| record["learner"].as_str());
    learner.unwrap_or("unknown").to_string()
}

/// Challenger and champion on the same rows.
fn matrices(decision: &Decision) -> Markup {
    let classes = &decision.classes;
    html! {
        @if !decision.challenger.confusion.is_empty() {
            div class="two" {
                div class="card" { h2 { "Challenger" } (matrix(classes, &decision.challenger.confusion)) }
                @if let Some(champion) = &decision.champion {
                    div class="card" { h2 { "Champion on the same rows" } (matrix(classes, &champion.confusion)) }
                }
            }
        }
    }
}

/// A confusion matrix: counts, shares of the true class, and a shade by share.
pub fn matrix(classes: &[String], rows: &[Vec<u64>]) -> Markup {
    let name = |at: usize| classes.get(at).cloned().unwrap_or_else(|| at.to_string());
    html! {
        p class="soft small" { "Rows: true class, columns: predicted class; shares are of the true class." }
        div class="wide" tabindex="0" role="region" aria-label="Confusion matrix" {
            table class="matrix" {
                thead { tr { th {} @for at in 0..rows.len() { th scope="col" { (name(at)) } } } }
                tbody {
                    @for (at, row) in rows.iter().enumerate() {
                        tr {
                            th scope="row" { (name(at)) }
                            @for cell in row {
                                @let share = *cell as f64 / row.iter().sum::<u64>().max(1) as f64;
                                td class={ "m" ((share * 4.0).ceil().min(4.0)) } {
                                    (count(*cell)) br; span class="small" { (super::kit::percent(share)) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn rules(decision: &Decision) -> Markup {
    let value = |value: Option<f64>, group: RuleGroup| match (value, group) {
        (None, _) => html! { "–" },
        (Some(rows), RuleGroup::Evidence) => html! { (count(rows.max(0.0) as u64)) },
        (Some(value), _) => html! { (short(value)) },
    };
    let rows: Vec<Vec<Markup>> = decision
        .rules
        .iter()
        .map(|rule| {
            let tone = match rule.outcome {
                RuleOutcome::Pass => "good",
                RuleOutcome::Warn => "warn",
                RuleOutcome::Reject => "bad",
                RuleOutcome::Equivalent | RuleOutcome::Inconclusive => "info",
                RuleOutcome::Skipped => "quiet",
            };
            vec![
                html! { (rule.name) },
                html! { b class=(tone) { (rule.outcome.name()) } },
                value(rule.value, rule.group),
                value(rule.bound, rule.group),
                html! { (rule.reason) },
            ]
        })
        .collect();
    html! {
        section class="card" aria-label="Rules" {
            h2 { "The gate, rule by rule" }
            (table("Rules of the gate", &["rule", "outcome", "value#", "required#", "why"], &rows))
        }
    }
}

/// Permutation importance, with error bars.
fn importance(score: &pipeline::ScoreRecord) -> Markup {
    let Some(found) = &score.importance else {
        return html! {};
    };
    let reach = found
        .columns
        .iter()
        .filter_map(|it| Some(it.mean?.abs() + it.deviation.unwrap_or_default()))
        .fold(0.0, f64::max);
    let rows: Vec<Vec<Markup>> = found
        .columns
        .iter()
        .take(30)
        .map(|it| {
            let mean = it.mean.unwrap_or_default();
            let error = it.deviation.map(|it| format!(" ± {}", short(it)));
            let says = format!("{}: {}{}", it.column, short(mean), error.unwrap_or_default());
            vec![
                html! { (it.column) },
                super::chart::signed(&says, mean, it.deviation, reach),
                number(it.mean),
                html! { @match it.deviation { Some(deviation) => { "± " (short(deviation)) } None => {} } },
            ]
        })
        .collect();
    html! {
        section class="card" aria-label="Feature importance" {
            h2 { "Permutation importance" }
            p class="soft small" { "Mean fall of " (found.metric.title()) " when a feature is shuffled, over " (found.repeats) " permutations of " (count(found.rows)) " test rows." }
            (table("Features, the most important first", &["feature", "", "fall#", "deviation#"], &rows))
        }
    }
}

/// Two versions beside each other.
pub async fn compare(state: Arc<State>, request: Request) -> Result<Reply, Problem> {
    let view = View::of(&state, &request);
    let env = env_of(&state, request.param("model"))?;
    let pick = async |name: &str, usual: &str| {
        let id = request.query(name).filter(|id| !id.trim().is_empty());
        find_version(&env, id.as_deref().unwrap_or(usual).trim()).await
    };
    let (a, b) = (pick("a", "champion").await?, pick("b", "latest").await?);
    let found = overview::compare(&env, &a, &b).await;
    let found = found.map_err(|error| trouble(error.into()))?;
    let title = format!(
        "{}: version {} and {}",
        found.model, found.a.version, found.b.version
    );
    Ok(view.page(&title, &compared(&view, &title, &found)))
}

fn compared(view: &View, title: &str, found: &Comparison) -> Markup {
    let (a, b) = (found.a.version, found.b.version);
    let link = |version: VersionNumber| {
        view.link(&format!("ui/models/{}/versions/{version}", found.model))
    };
    let heads = [
        "metric".to_string(),
        format!("version {a}#"),
        "interval".to_string(),
        format!("version {b}#"),
        "interval".to_string(),
        "difference#".to_string(),
    ];
    let heads: Vec<&str> = heads.iter().map(String::as_str).collect();
    let rows: Vec<Vec<Markup>> = found.metrics.iter().map(metric).collect();
    html! {
        h1 { (title) }
        p class="lead" {
            a href=(link(a)) { "Version " (a) } " against " a href=(link(b)) { "version " (b) } "."
            @if !found.same_rows { " " span class="warn" { "They were not scored on the same test rows, so a difference may come of the rows." } }
        }
        section class="card" aria-label="Metrics" { h2 { "Metrics" } (table("Metrics of both", &heads, &rows)) }
        @if let Some(flips) = &found.flips {
            section class="card" aria-label="Rows that differ" {
                h2 { "Where they differ" }
                (facts(&[
                    ("test rows", html! { (count(flips.rows)) }),
                    ("both right", html! { (count(flips.both_right)) }),
                    ("only the first right", html! { (count(flips.only_a_right)) }),
                    ("only the second right", html! { (count(flips.only_b_right)) }),
                    ("both wrong, differently", html! { (count(flips.both_wrong_otherwise)) }),
                ]))
            }
        }
        @if !found.a.confusion.is_empty() || !found.b.confusion.is_empty() {
            div class="two" {
                @for side in [&found.a, &found.b] {
                    div class="card" { h2 { "Version " (side.version) } (matrix(&found.classes, &side.confusion)) }
                }
            }
        }
        @if !found.slices.is_empty() { (slices(found)) }
        section class="card" aria-label="Data and settings" {
            h2 { "Data and settings" }
            @if found.differences.is_empty() { p { "Both were made of the same data and settings." } }
            @else {
                @let rows: Vec<Vec<Markup>> = found.differences.iter().map(|(what, a, b)| vec![html! { (what) }, html! { span class="mono" { (a) } }, html! { span class="mono" { (b) } }]).collect();
                (table("What differs", &["what", "first", "second"], &rows))
            }
        }
    }
}

fn metric(pair: &overview::MetricPair) -> Vec<Markup> {
    let is_better = pair
        .difference
        .map(|it| (it > 0.0) == pair.larger_is_better && it != 0.0);
    let tone = match is_better {
        Some(true) => "good",
        Some(false) if pair.difference != Some(0.0) => "warn",
        _ => "quiet",
    };
    vec![
        html! { (pair.title) @if pair.decides { " " b { "(primary)" } } @if !pair.larger_is_better { " " span class="soft" { "smaller is better" } } },
        number(pair.a),
        html! { (interval(pair.a_interval)) },
        number(pair.b),
        html! { (interval(pair.b_interval)) },
        html! { span class=(tone) { @match pair.difference { Some(it) => { (format!("{it:+.4}")) } None => { "–" } } } },
    ]
}

fn slices(found: &Comparison) -> Markup {
    let rows: Vec<Vec<Markup>> = found
        .slices
        .iter()
        .map(|it| {
            vec![
                html! { (it.column) },
                html! { (it.group) },
                html! { (count(it.rows)) },
                number(it.a),
                number(it.b),
            ]
        })
        .collect();
    html! {
        section class="card" aria-label="Slices" {
            h2 { "By group" }
            (table("The primary metric by group", &["column", "group", "test rows#", "first#", "second#"], &rows))
        }
    }
}
