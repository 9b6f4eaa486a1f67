//! A model: its champion, versions over time, who was the champion when, and what can be done.

use crate::model_types::Outcome as Verdict;
use crate::model_types::VersionNumber;
use std::sync::Arc;

use maud::{Markup, html};

use super::chart::{self, Point};
use super::home;
use super::kit::{View, facts, interval, number, table, when};
use super::squares::{is_live, squares};
use super::trouble::trouble;
use crate::overview::{self, History, ModelStatus, VersionPoint, short};
use crate::pipeline::Env;
use crate::registry::VersionState;
use crate::serve::admin::env_of;
use crate::serve::{Problem, Reply, Request, State};

/// A model's page.
pub async fn model(state: Arc<State>, request: Request) -> Result<Reply, Problem> {
    let view = View::of(&state, &request);
    let env = env_of(&state, request.param("model"))?;
    let one: [Arc<Env>; 1] = [env.clone()];
    let status = overview::status(&env.registry, &env.config.project, &one).await;
    let mut status = status.map_err(trouble)?;
    let history = overview::history(&env)
        .await
        .map_err(|it| trouble(it.into()))?;
    let model = status.models.remove(0);
    let body = page(&view, &env, &model, &history);
    Ok(view.page(&env.config.name, &body))
}

fn page(view: &View, env: &Env, model: &ModelStatus, history: &History) -> Markup {
    let name = &model.model;
    let live = is_live(&model.timeline);
    html! {
        h1 { (name) }
        p class="lead" { (model.says) }
        div class="acts" {
            a class="button" href=(view.link(&format!("ui/models/{name}/try"))) { "Try it" }
            a class="button" href=(view.link(&format!("ui/models/{name}/data"))) { "Data" }
            a class="button" href=(view.link(&format!("ui/models/{name}/drift"))) { "Drift" }
            a class="button" href=(view.link(&format!("ui/models/{name}/live"))) { "Labels" }
            a class="button" href=(view.link(&format!("ui/runs?model={name}"))) { "Runs" }
        }
        @for need in &model.needs { p class="note" { (need) } }
        div id="live" data-live=[live.then_some("")] {
            section class="card" aria-label="Runs" {
                h2 { "Runs" }
                (squares(view, &model.timeline, &model.schedule))
                @if view.may_change() { (buttons(view, model)) }
            }
            @if let Some(decision) = &model.decision {
                section class="card" aria-label="Decision" { (home::decided(view, name, "Last decision", decision)) }
            }
            (over_time(view, name, history))
            (champions(view, name, history))
        }
        (made_by(env))
    }
}

fn buttons(view: &View, model: &ModelStatus) -> Markup {
    let name = model.model.as_str();
    html! {
        div class="acts" {
            (view.button("run", "main", "Run now", &[("model", name)]))
            (view.button("run", "", "Run, even if nothing is new", &[("model", name), ("force", "true")]))
            @if model.schedule.cron.is_some() {
                @if model.schedule.paused { (view.button("resume", "", "Resume the schedule", &[("model", name)])) }
                @else { (view.button("pause", "", "Pause the schedule", &[("model", name)])) }
            }
            @if model.champion.is_some() {
                form method="post" action=(view.link("ui/do/rollback")) {
                    (view.token())
                    input type="hidden" name="model" value=(name);
                    input name="reason" placeholder="reason" aria-label="Reason for the rollback" maxlength="1000";
                    button class="danger" { "Roll back to the champion before" }
                }
            }
        }
    }
}

/// Score by version, with intervals, and the table of them.
fn over_time(view: &View, name: &str, history: &History) -> Markup {
    let metric = history.metric;
    let shown: Vec<&VersionPoint> = history.versions.iter().take(40).collect();
    let points: Vec<Point> = shown
        .iter()
        .rev()
        .scan(None, |before, it| Some(point(it, before)))
        .collect();
    let heads = [
        "version",
        "made",
        "verdict",
        &format!("{}#", metric.title()),
        "interval",
        "test rows#",
        "run",
    ];
    let rows: Vec<Vec<Markup>> = history
        .versions
        .iter()
        .map(|it| row(view, name, it))
        .collect();
    html! {
        section class="card" aria-label="Versions" {
            h2 { (metric.title()) " by version" }
            (chart::points(
                &format!("{} by version, with its interval", metric.title()),
                metric.title(), "version (ring: champion; line: the same test rows)", &points,
            ))
            p class="soft small" {
                (history.attempts_on_these_rows) " version"
                @if history.attempts_on_these_rows != 1 { "s" }
                " judged by the newest test rows."
            }
            form method="get" action=(view.link(&format!("ui/models/{name}/compare"))) class="acts" {
                label { span { "Compare version" } input name="a" size="5" inputmode="numeric" required value=[second(history)]; }
                label { span { "with version" } input name="b" size="5" inputmode="numeric" required value=[history.versions.first().map(|it| it.version)]; }
                button { "Compare" }
            }
            (table("Versions, newest first", &heads, &rows))
        }
    }
}

/// The champion, or the version before the newest: what one compares with.
fn second(history: &History) -> Option<VersionNumber> {
    let newest = history.versions.first()?.version;
    let champion = history
        .versions
        .iter()
        .find(|it| it.is_champion && it.version != newest);
    champion.or(history.versions.get(1)).map(|it| it.version)
}

fn point<'h>(version: &'h VersionPoint, before: &mut Option<&'h str>) -> Point {
    let rows_hash = version.rows_hash.as_deref();
    let is_joined = rows_hash.is_some() && *before == rows_hash;
    *before = rows_hash;
    let value = version.score.map_or("no score".to_string(), short);
    let verdict = version.verdict.map_or("no verdict", Verdict::name);
    Point {
        label: version.version.to_string(),
        says: format!(
            "version {}: {value} {}, {verdict}",
            version.version,
            interval(version.interval)
        ),
        value: version.score,
        interval: version.interval,
        class: match version.verdict {
            Some(Verdict::Promote) => "promoted",
            Some(Verdict::Reject) => "rejected",
            Some(Verdict::Retune) => "retuned",
            Some(Verdict::Equivalent) => "equivalent",
            Some(Verdict::Inconclusive) => "inconclusive",
            _ => "",
        },
        is_ringed: version.is_champion,
        is_joined,
    }
}

fn row(view: &View, name: &str, version: &VersionPoint) -> Vec<Markup> {
    let number_of = version.version;
    let link = view.link(&format!("ui/models/{name}/versions/{number_of}"));
    let verdict = match version.state {
        VersionState::Ready => version.verdict.map_or("none yet", Verdict::name),
        VersionState::Building => "being made",
        VersionState::Abandoned => "given up",
        VersionState::Removed => "removed",
    };
    vec![
        html! { a href=(link) { (number_of) } @if version.is_champion { " " b class="good" { "champion" } } },
        when(&version.at),
        html! { (verdict) },
        number(version.score),
        html! { (interval(version.interval)) },
        html! { @match version.rows { Some(rows) => { (super::kit::count(rows)) } None => { "–" } } },
        html! { a class="mono" href=(view.link(&format!("ui/runs/{}", version.run))) { (version.run) } },
    ]
}

fn champions(view: &View, name: &str, history: &History) -> Markup {
    let rows: Vec<Vec<Markup>> = history
        .champions
        .iter()
        .take(30)
        .map(|it| {
            vec![
                html! { a href=(view.link(&format!("ui/models/{name}/versions/{}", it.version))) { (it.version) } },
                when(&it.from),
                it.until.as_deref().map_or_else(|| html! { b class="good" { "now" } }, when),
                html! { (it.action) },
                html! { (it.by) },
                html! { (it.reason) },
            ]
        })
        .collect();
    html! {
        section class="card" aria-label="Champions" {
            h2 { "Who was the champion when" }
            (table("Champions, newest first", &["version", "from", "until", "by", "who", "why"], &rows))
        }
    }
}

/// What decides what the model becomes.
fn made_by(env: &Env) -> Markup {
    let config = &env.config;
    let target = config
        .target
        .as_deref()
        .unwrap_or("the last column of the data");
    let pairs = [
        ("target", html! { (target) }),
        ("learner", html! { (config.learner.kind.name()) }),
        ("metric", html! { (config.metric.title()) }),
        ("gate", html! { (config.gate.require.name()) }),
        (
            "schedule",
            html! { (config.schedule.cron.as_deref().unwrap_or("none")) },
        ),
    ];
    html! { section class="card" aria-label="Settings" { h2 { "Made by" } (facts(&pairs)) } }
}
