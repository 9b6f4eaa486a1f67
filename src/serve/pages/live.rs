//! Live: what this server answers, how fast, and what it predicts, since each version was loaded.

use std::sync::Arc;

use maud::{Markup, html};

use super::chart;
use super::kit::{View, count, facts, percent, table};
use crate::overview::{short, span};
use crate::serve::{Problem, Reply, Request, State};
use crate::serving::served::Served;

/// Traffic by version.
pub async fn live(state: Arc<State>, request: Request) -> Result<Reply, Problem> {
    let view = View::of(&state, &request);
    let up = state.began.elapsed().as_secs_f64();
    let body = html! {
        h1 { "Live" }
        p class="lead" { "This server has answered for " (span(up)) "; " (count(state.requests())) " requests came." }
        div id="live" data-live="" {
            @for model in state.served_models.models() {
                @for served in model.loaded() { (of_version(&view, &served)) }
                @if model.loaded().is_empty() { p class="card" { (model.name) ": no version is loaded." } }
            }
            (work(&state))
        }
    };
    Ok(view.page("Live", &body))
}

fn of_version(view: &View, served: &Served) -> Markup {
    let side = served.counts.side();
    let all = side.answered + side.errors + side.refused;
    let since = served.loaded.elapsed().as_secs_f64();
    let times = served.counts.times();
    let name = &served.model;
    let share = |part: u64| {
        format!(
            "{} ({})",
            count(part),
            percent(part as f64 / all.max(1) as f64)
        )
    };
    let pairs = [
        ("requests", html! { (count(all)) }),
        (
            "per second, on average",
            html! { (short(all as f64 / since.max(1.0))) },
        ),
        (
            "p50",
            html! { @match times { Some((p50, _)) => { (short(p50)) " ms" } None => { "–" } } },
        ),
        (
            "p99",
            html! { @match times { Some((_, p99)) => { (short(p99)) " ms" } None => { "–" } } },
        ),
        (
            "errors of the server",
            html! { span class=[(side.errors > 0).then_some("bad")] { (share(side.errors)) } },
        ),
        ("rejected requests", html! { (share(side.refused)) }),
        ("not a number", html! { (count(side.not_finite)) }),
        ("loaded", html! { (span(since)) " ago" }),
    ];
    html! {
        section class="card" aria-label=(name) {
            h2 {
                a href=(view.link(&format!("ui/models/{name}"))) { (name) } " "
                a href=(view.link(&format!("ui/models/{name}/versions/{}", served.version))) { "version " (served.version) }
            }
            (facts(&pairs))
            p {
                a href=(view.link(&format!("ui/models/{name}/live"))) { "How good its answers were" } ", "
                a href=(view.link(&format!("ui/models/{name}/drift"))) { "whether requests are like the training rows" }
            }
            @if !served.is_of_numbers() { (classes(served)) }
        }
    }
}

/// How often each class was predicted, beside its share in training.
fn classes(served: &Served) -> Markup {
    let counts: Vec<u64> = served.tally.counts().collect();
    let all: u64 = counts.iter().sum();
    let rows: Vec<Vec<Markup>> = served
        .bundle
        .classes
        .iter()
        .zip(&counts)
        .zip(&served.bundle.prior)
        .take(50)
        .map(|((class, n), prior)| {
            let share = *n as f64 / all.max(1) as f64;
            let says = format!("{class}: {} of the predictions", percent(share));
            vec![
                html! { (class) },
                html! { (count(*n)) },
                chart::share(&says, share),
                html! { (percent(share)) },
                html! { (percent(*prior)) },
            ]
        })
        .collect();
    table(
        "Predictions by class",
        &["class", "predictions#", "", "share#", "in training#"],
        &rows,
    )
}

fn work(state: &State) -> Markup {
    let budget = &state.budget;
    let pairs = [
        (
            "memory of requests",
            html! { (super::kit::bytes(budget.used() as u64)) " of " (super::kit::bytes(budget.most() as u64)) },
        ),
        (
            "processor time of large requests",
            html! { (span(budget.cpu().as_secs_f64())) },
        ),
    ];
    html! { section class="card" aria-label="Work" { h2 { "Work" } (facts(&pairs)) } }
}
