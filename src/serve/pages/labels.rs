//! How good a model's answers were: by labels that came later, estimated without, and what it answers beside its test rows.

use std::sync::Arc;

use maud::{Markup, html};

use super::bars::{Bar, bars, edge};
use super::chart::{self, Point};
use super::kit::{View, count, facts, interval, number, percent, table, took, when};
use crate::evaluate::{Interval, Metric};
use crate::overview::short;
use crate::pipeline::drift::span;
use crate::pipeline::live::{self, LiveAnswer, LiveWeek, LiveWindow};
use crate::serve::admin::{env_of, heavy};
use crate::serve::{Code, Problem, Reply, Request, State};

/// Days that are drawn, at most.
const MOST_DAYS: usize = 31;

/// A model's answers and labels.
pub async fn labels(state: Arc<State>, request: Request) -> Result<Reply, Problem> {
    let view = View::of(&state, &request);
    let env = env_of(&state, request.param("model"))?;
    let name = env.config.name.clone();
    let window = request.query("window");
    let text = window.as_deref().unwrap_or("7d");
    let Some((from_ms, to_ms)) = span(text, env.config.drift.window, state.clock.now_ms()) else {
        let why =
            "the parameter `window` is a time like `24h` or `7d`, or an instant with its offset";
        return Err(Problem::new(Code::BadRequest, why));
    };
    let keeps = env.config.labels.enabled;
    // Resamples of many answers take a while.
    let answer = heavy(async move { live::live(&env, (from_ms, to_ms + 1)).await }).await?;
    let body = html! {
        h1 { (name) ", answers and labels" }
        p { a href=(view.link(&format!("ui/models/{name}"))) { "Back to " (name) } }
        nav class="acts" aria-label="Time span of the answers" {
            @for time in ["24h", "7d", "30d"] {
                a class="button" href=(view.link(&format!("ui/models/{name}/live?window={time}")))
                    aria-current=[(text == time).then_some("page")] { "Last " (time) }
            }
        }
        @if !keeps { p class="note warn" { "Answers are not kept: `labels.enabled` is false." } }
        @if answer.versions.is_empty() { p class="card" { "No data: no answer is kept of this time." } }
        @else { (page(&view, &name, &answer)) }
        (outcomes(&answer))
    };
    Ok(view.page(&format!("{name}, answers and labels"), &body))
}

fn page(view: &View, name: &str, answer: &LiveAnswer) -> Markup {
    let title = answer.metric.title();
    html! {
        p class="lead" { (sentence(answer)) }
        @if answer.is_cut { p class="note warn" { "There were more answers than are judged at once: these are the newest." } }
        (over_time(answer))
        @for window in &answer.versions { (version(view, name, answer.metric, window)) }
        section class="card" aria-label="Days" {
            h2 { "Day by day" }
            (days(view, name, title, &answer.days))
            p class="soft small" { "The estimate takes for granted: " (answer.assumption) "." }
        }
        @if !answer.weeks.is_empty() {
            section class="card" aria-label="Weeks" {
                h2 { "Week by week" }
                (weeks(&answer.weeks))
            }
        }
    }
}

/// The newest version in a sentence.
fn sentence(answer: &LiveAnswer) -> String {
    let title = answer.metric.title();
    let newest = &answer.versions[0];
    let labelled = &newest.labelled;
    let coverage = labelled.coverage;
    let answers = count(coverage.answers);
    let by_labels = match labelled.score {
        Some(score) => format!(
            "{title} {}{} by the labels of {} of {answers} answers",
            short(score),
            in_brackets(labelled.interval),
            count(coverage.labelled)
        ),
        None => format!("no label of its {answers} answers has come"),
    };
    let without = newest.estimated.map_or(String::new(), |it| {
        format!(
            "; estimated without labels {}{}",
            short(it.value),
            in_brackets(Some(it.interval))
        )
    });
    format!("Version {}: {by_labels}{without}.", newest.version)
}

fn in_brackets(found: Option<Interval>) -> String {
    found.map_or(String::new(), |it| {
        format!(" ({} to {})", short(it.low), short(it.high))
    })
}

fn ends(found: Option<Interval>) -> Option<(f64, f64)> {
    found.map(|it| (it.low, it.high))
}

/// The metric day by day, by labels and estimated.
fn over_time(answer: &LiveAnswer) -> Markup {
    let title = answer.metric.title();
    let shown: Vec<&LiveWindow> = answer.days.iter().take(MOST_DAYS).rev().collect();
    let point =
        |window: &&LiveWindow, value: Option<f64>, found: Option<Interval>, how: &str| Point {
            label: window.from.get(5..10).unwrap_or_default().to_string(),
            says: format!(
                "{}, version {}: {} {} {how}{}",
                window.from.get(..10).unwrap_or_default(),
                window.version,
                value.map_or("no score".to_string(), short),
                interval(ends(found)),
                if window.is_immature {
                    ", more labels to come"
                } else {
                    ""
                }
            ),
            value,
            interval: ends(found),
            class: if window.is_immature && how == "by labels" {
                "waits"
            } else {
                ""
            },
            is_ringed: false,
            is_joined: true,
        };
    let labelled: Vec<Point> = shown
        .iter()
        .map(|it| point(it, it.labelled.score, it.labelled.interval, "by labels"))
        .collect();
    let estimated: Vec<Point> = shown
        .iter()
        .map(|it| {
            point(
                it,
                it.estimated.map(|it| it.value),
                it.estimated.map(|it| it.interval),
                "estimated",
            )
        })
        .collect();
    html! {
        div class="two" {
            section class="card" aria-label="By labels" {
                h2 { (title) " by labels" }
                (chart::points(&format!("{title} by labels, day by day"), title, "day of the answers, UTC (grey: labels are still to come)", &labelled))
            }
            section class="card" aria-label="Estimated" {
                h2 { (title) " estimated without labels" }
                (chart::points(&format!("{title} estimated, day by day"), title, "day of the answers, UTC", &estimated))
            }
        }
    }
}

/// All answers of a version.
fn version(view: &View, name: &str, metric: Metric, window: &LiveWindow) -> Markup {
    let labelled = &window.labelled;
    let coverage = labelled.coverage;
    let title = metric.title();
    let number_of = window.version;
    let pairs = [
        ("answers", html! { (count(coverage.answers)) }),
        (
            "with a label",
            html! { (count(coverage.labelled)) @if let Some(share) = coverage.share() { " (" (percent(share)) ")" } },
        ),
        (
            "contradicting labels",
            html! { (count(coverage.conflicts)) },
        ),
        (
            "median time to a label",
            html! { @match labelled.delay_ms { Some(ms) => { (took(Some(ms as f64))) } None => { "–" } } },
        ),
        (
            title,
            html! { (number(labelled.score)) " " span class="soft" { (interval(ends(labelled.interval))) } },
        ),
        (
            "estimated without labels",
            html! {
                (number(window.estimated.map(|it| it.value))) " "
                span class="soft" { (interval(window.estimated.map(|it| (it.interval.low, it.interval.high)))) }
            },
        ),
        (
            "difference of the two",
            html! { @match window.difference { Some(value) => { (format!("{value:+.4}")) } None => { "–" } } },
        ),
    ];
    html! {
        section class="card" aria-label={ "Version " (number_of) } {
            h2 { a href=(view.link(&format!("ui/models/{name}/versions/{number_of}"))) { "Version " (number_of) } }
            (facts(&pairs))
            @if labelled.is_uneven {
                p class="note warn" { "Labels come for some classes more than twice as often as for others: the score speaks of another mix than the answers." }
            }
            (classes(window))
            (scores(window))
        }
    }
}

/// Coverage by the class that was answered.
fn classes(window: &LiveWindow) -> Markup {
    let by_class = &window.labelled.by_class;
    let row = |(class, it): &(String, crate::live::Coverage)| {
        let share = it.share().unwrap_or(0.0);
        vec![
            html! { (class) },
            html! { (count(it.answers)) },
            html! { (count(it.labelled)) },
            chart::share(
                &format!("{class}: {} of the answers have a label", percent(share)),
                share,
            ),
            html! { (it.share().map_or("–".to_string(), percent)) },
        ]
    };
    let rows: Vec<Vec<Markup>> = by_class.iter().take(50).map(row).collect();
    html! {
        @if !rows.is_empty() {
            (table("Labels by the class that was answered", &["class", "answers#", "with a label#", "", "share#"], &rows))
        }
    }
}

/// What was answered, beside what the version says of its test rows.
fn scores(window: &LiveWindow) -> Markup {
    let shown: Vec<Bar> = window
        .scores
        .iter()
        .map(|bin| Bar {
            label: format!("≤ {}", edge(bin.to)),
            reference: bin.test,
            window: bin.answers,
        })
        .collect();
    html! {
        h3 { "What it answers, beside its test rows" }
        @if shown.is_empty() { p class="soft" { "Its test rows are not kept any more, so there is nothing to compare with." } }
        @else { (bars("scores", ["test rows", "answers"], "probability, or number: upper edge of each bin", &shown)) }
    }
}

fn days(view: &View, name: &str, title: &str, days: &[LiveWindow]) -> Markup {
    let by_labels = format!("{title}#");
    let heads = [
        "day",
        "version#",
        "answers#",
        "with a label#",
        "time to a label",
        &by_labels,
        "interval",
        "estimated#",
        "its interval",
        "difference#",
    ];
    let row = |it: &LiveWindow| {
        let coverage = it.labelled.coverage;
        vec![
            when(&it.from),
            html! { a href=(view.link(&format!("ui/models/{name}/versions/{}", it.version))) { (it.version) } },
            html! { (count(coverage.answers)) },
            html! {
                (count(coverage.labelled)) @if let Some(share) = coverage.share() { " (" (percent(share)) ")" }
                @if it.is_immature { span class="warn" { ", more to come" } }
            },
            html! { @if let Some(ms) = it.labelled.delay_ms { (took(Some(ms as f64))) } },
            number(it.labelled.score),
            html! { (interval(ends(it.labelled.interval))) },
            number(it.estimated.map(|it| it.value)),
            html! { (interval(it.estimated.map(|it| (it.interval.low, it.interval.high)))) },
            html! { @if let Some(value) = it.difference { (format!("{value:+.4}")) } },
        ]
    };
    let rows: Vec<Vec<Markup>> = days.iter().take(MOST_DAYS).map(row).collect();
    table("Newest first; a day is that of the answer", &heads, &rows)
}

/// How well the answers of each week were ranked.
fn weeks(weeks: &[LiveWeek]) -> Markup {
    let heads = [
        "week from",
        "version#",
        "answers#",
        "with a label#",
        "Spearman#",
        "worst 10 %#",
        "worst 20 %#",
    ];
    let row = |it: &LiveWeek| {
        vec![
            when(&it.from),
            html! { (it.version) },
            html! { (count(it.answers)) },
            html! { (count(it.labelled)) },
            number(it.ranking.spearman),
            number(it.ranking.worst_10),
            number(it.ranking.worst_20),
        ]
    };
    let rows: Vec<Vec<Markup>> = weeks.iter().take(MOST_DAYS).map(row).collect();
    table(
        "Newest first; how alike labels and answers rank the rows of a week",
        &heads,
        &rows,
    )
}

/// What became of all labels that ever came.
fn outcomes(answer: &LiveAnswer) -> Markup {
    let row = |(outcome, n): (&String, &i64)| {
        vec![
            html! { (outcome.replace('_', " ")) },
            html! { (count((*n).max(0) as u64)) },
        ]
    };
    let rows: Vec<Vec<Markup>> = answer.outcomes.iter().map(row).collect();
    html! {
        section class="card" aria-label="Labels" {
            h2 { "Labels" }
            @match &answer.last_label {
                None => { p class="soft" { "No label has ever come; `POST /labels` and `unseat labels FILE` take them." } }
                Some(at) => {
                    p { "The last one came " (when(at)) "." }
                    (table("What became of all labels", &["outcome", "labels#"], &rows))
                }
            }
        }
    }
}
