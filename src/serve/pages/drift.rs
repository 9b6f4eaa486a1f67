//! Whether rows are still like those of training: the verdict, columns over windows, both histograms of a column, and what was
//! done.

use std::sync::Arc;

use maud::{Markup, html};

use super::bars::{Bar, bars, edge};
use super::episodes::{changes, episodes};
use super::heat::heat_map;
use super::kit::{View, count, facts, number, percent, table, when};
use crate::drift::{ColumnDrift, Verdict};
use crate::overview::short;
use crate::pipeline::drift::{self, DriftAnswer, DriftCheck, HistoryEntry, RowsKind};
use crate::serve::admin::{drift_answer, drift_kind, drift_of, env_of, trouble};
use crate::serve::{Code, Problem, Reply, Request, State};

/// Comparisons that are listed.
const LISTED: usize = 20;

/// A model's drift.
pub async fn drift(state: Arc<State>, request: Request) -> Result<Reply, Problem> {
    let view = View::of(&state, &request);
    let env = env_of(&state, request.param("model"))?;
    let name = env.config.name.clone();
    let of = request.query("of");
    let kind = drift_kind(of.as_deref())?;
    let at = request.query("at");
    let window = request.query("window");
    let column = request.query("column");
    let found = match &at {
        None => drift_of(&state, &name, (kind, &[kind]), window.as_deref()).await,
        Some(at) => recorded(&state, &name, kind, at).await,
    };
    let asked = Asked {
        kind,
        at: at.as_deref(),
        window: window.as_deref(),
        column: column.as_deref(),
    };
    let body = match found {
        Ok(answer) => page(&view, &name, &asked, &answer),
        // Before the first comparison there is nothing wrong; the other sorts of rows are a click away.
        Err(problem) if matches!(problem.code, Code::NotFound | Code::Unavailable) => html! {
            (head(&view, &name, &asked))
            p class="card" { (problem.message) }
        },
        Err(problem) => return Err(problem),
    };
    Ok(view.page(&format!("{name}, drift"), &body))
}

/// What the address says.
struct Asked<'a> {
    kind: RowsKind,
    at: Option<&'a str>,
    window: Option<&'a str>,
    column: Option<&'a str>,
}

impl Asked<'_> {
    /// The address of the same with another column or window.
    fn link(&self, view: &View, name: &str, at: Option<&str>, column: Option<&str>) -> String {
        let mut link = format!("ui/models/{name}/drift?of={}", self.kind.name());
        let given = [("at", at), ("window", self.window), ("column", column)];
        for (key, value) in given {
            if let Some(value) = value {
                link += &format!("&{key}={}", encoded(value));
            }
        }
        view.link(&link)
    }
}

/// A text as a value in an address.
fn encoded(text: &str) -> String {
    let byte = |byte: u8| match byte {
        b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'-' | b'_' | b'.' | b'~' => {
            char::from(byte).to_string()
        }
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(byte).collect()
}

/// The recorded comparison whose window began at some time.
async fn recorded(
    state: &State,
    name: &str,
    kind: RowsKind,
    at: &str,
) -> Result<DriftAnswer, Problem> {
    let env = env_of(state, name)?;
    // Times are shown to the second.
    let row = match crate::clock::instant_ms(at) {
        Some(second_ms) => {
            env.registry
                .drift_check_at(name, kind.name(), second_ms)
                .await
        }
        None => Ok(None),
    };
    let row = row.map_err(trouble)?;
    let none = || Problem::new(Code::NotFound, "there is no comparison of this time");
    let mut check = row.as_ref().and_then(DriftCheck::read).ok_or_else(none)?;
    let served = state
        .served_models
        .model(Some(name))?
        .champion()
        .ok_or_else(none)?;
    if kind == RowsKind::Requests && check.version == served.version {
        let window = (check.from_ms, check.to_ms);
        let champion = (served.version, &served.bundle);
        check.counts = drift::counted(&env, champion, window)
            .await
            .map_err(trouble)?;
    }
    drift_answer(&env, check, &served, &[kind]).await
}

fn head(view: &View, name: &str, asked: &Asked<'_>) -> Markup {
    let kinds = [
        (RowsKind::Requests, "Requests"),
        (RowsKind::Data, "Data sets"),
        (RowsKind::Test, "Test rows"),
    ];
    html! {
        h1 { (name) ", drift" }
        p { a href=(view.link(&format!("ui/models/{name}"))) { "Back to " (name) } }
        nav class="acts" aria-label="Rows that are compared" {
            @for (kind, words) in kinds {
                a class="button" href=(view.link(&format!("ui/models/{name}/drift?of={}", kind.name())))
                    aria-current=[(asked.kind == kind).then_some("page")] { (words) }
            }
            @if asked.kind == RowsKind::Requests {
                @for time in ["24h", "7d", "30d"] {
                    a class="button" href=(view.link(&format!("ui/models/{name}/drift?of=requests&window={time}")))
                        aria-current=[(asked.window == Some(time)).then_some("page")] { "Last " (time) }
                }
            }
        }
    }
}

fn page(view: &View, name: &str, asked: &Asked<'_>, answer: &DriftAnswer) -> Markup {
    let check = &answer.check;
    let tone = match check.verdict {
        Verdict::Ok => "good",
        Verdict::Unknown => "info",
        Verdict::Warn => "warn",
        Verdict::Drift => "",
    };
    let history: Vec<&HistoryEntry> = answer.history.checks.iter().collect();
    let open = answer
        .history
        .episodes
        .iter()
        .filter(|it| it.ended.is_none());
    html! {
        (head(view, name, asked))
        p class={ "note " (tone) } { b { (check.verdict.name()) } ": " (check.reason) }
        @for episode in open {
            p class="note warn" { "Drift in " (episode.kind) " since " (when(&episode.began)) ", action " (episode.action) "." }
        }
        (facts(&of_rows(view, name, check)))
        @if !history.is_empty() {
            section class="card" aria-label="Over time" {
                h2 { "Columns over time" }
                (heat_map(&names(check, &history), &history, |it| asked.link(view, name, Some(&it.from), asked.column)))
            }
        }
        @if !check.features.is_empty() {
            (histogram(asked, answer))
            (columns(view, name, asked, check))
        }
        (changes(check))
        (episodes(&answer.history.episodes))
        (list(view, name, asked, &history))
        p class="soft small" { "A label that means something else than before, while rows look the same, cannot be seen here: "
            a href=(view.link(&format!("ui/models/{name}/live"))) { "labels" } " show it." }
    }
}

/// Names of the columns, as the comparison orders them, or as the history has them where it compared none.
fn names(check: &DriftCheck, history: &[&HistoryEntry]) -> Vec<String> {
    let compared: Vec<String> = check.columns().map(ColumnDrift::key).collect();
    if compared.is_empty() {
        history
            .iter()
            .flat_map(|it| it.effects.keys())
            .take(1)
            .cloned()
            .collect()
    } else {
        compared
    }
}

fn of_rows(view: &View, name: &str, check: &DriftCheck) -> Vec<(&'static str, Markup)> {
    let version = check.version;
    let mut pairs = vec![
        (
            "compared with",
            html! {
                "the training rows of " a href=(view.link(&format!("ui/models/{name}/versions/{version}"))) { "version " (version) }
            },
        ),
        ("rows of training", html! { (count(check.reference_rows)) }),
        ("rows compared", html! { (count(check.rows)) }),
    ];
    if check.kind == RowsKind::Requests {
        pairs.push(("from", when(&check.window[0])));
        pairs.push(("to", when(&check.window[1])));
    } else {
        pairs.push(("compared at", when(&check.window[0])));
        if !check.source.is_empty() {
            let link = view.link(&format!("ui/runs/{}", check.source));
            pairs.push((
                "run",
                html! { a class="mono" href=(link) { (check.source) } },
            ));
        }
    }
    if let Some(levels) = &check.levels {
        let says = format!(
            "p adjusted below {} and PSI beyond chance of {} or more",
            short(levels.alpha),
            levels.least_effect
        );
        pairs.push(("counts as different", html! { (says) }));
    }
    pairs
}

/// Both histograms of the column that is requested, or of the most severe one.
fn histogram(asked: &Asked<'_>, answer: &DriftAnswer) -> Markup {
    let first = answer.check.features.first().map(ColumnDrift::key);
    let wanted = asked.column.map(str::to_string).or(first);
    let found = answer
        .histograms
        .iter()
        .find(|it| Some(&it.column) == wanted.as_ref());
    let Some(found) = found else {
        return html! { p class="soft" { "The bins of these rows are not kept, so there are no histograms." } };
    };
    let column = answer.check.columns().find(|it| it.key() == found.column);
    let shown: Vec<Bar> = found
        .bins
        .iter()
        .map(|bin| Bar {
            label: match (bin.from, bin.to) {
                (Some(_), Some(to)) => format!("≤ {}", edge(to)),
                _ => bin.label.clone(),
            },
            reference: bin.reference,
            window: bin.window,
        })
        .collect();
    let beside = asked.kind.words();
    let unit = if found.bins.iter().any(|bin| bin.from.is_some()) {
        "upper edge of each bin; edges are quantiles of training, so its bars are about as high"
    } else {
        ""
    };
    html! {
        section class="card" id="column" aria-label="Histograms" {
            h2 { (found.column) @if let Some(column) = column { ", " (column.verdict.name()) } }
            @if let Some(column) = column { p { (column.reason) } }
            (bars(&found.column, ["training", beside], unit, &shown))
        }
    }
}

fn columns(view: &View, name: &str, asked: &Asked<'_>, check: &DriftCheck) -> Markup {
    let heads = [
        "column",
        "verdict",
        "PSI#",
        "beyond chance#",
        "p adjusted#",
        "importance#",
        "moved by#",
        "why",
    ];
    let rows: Vec<Vec<Markup>> = check
        .prediction
        .iter()
        .chain(&check.features)
        .map(|column| {
            row(
                column,
                &asked.link(view, name, asked.at, Some(&column.key())),
            )
        })
        .collect();
    html! {
        section class="card" aria-label="Columns" {
            h2 { "Columns, the most severe first" }
            (table("What was compared; moved by: in interquartile ranges of training", &heads, &rows))
        }
    }
}

fn row(column: &ColumnDrift, link: &str) -> Vec<Markup> {
    let tone = match column.verdict {
        Verdict::Drift => "bad",
        Verdict::Warn => "warn",
        Verdict::Unknown => "info",
        Verdict::Ok => "good",
    };
    let chance = match column.p_adjusted {
        p if p < 0.0001 => "< 0.0001".to_string(),
        p => format!("{p:.4}"),
    };
    vec![
        html! { a href={ (link) "#column" } { (column.key()) } },
        html! { b class=(tone) { (column.verdict.name()) } },
        html! { (format!("{:.3}", column.psi)) },
        html! { (format!("{:.3}", column.effect)) },
        html! { (chance) },
        html! { @if let Some(share) = column.importance { (percent(share)) } },
        number(column.wasserstein_iqr),
        html! { (column.reason) },
    ]
}

fn list(view: &View, name: &str, asked: &Asked<'_>, history: &[&HistoryEntry]) -> Markup {
    let row = |it: &&HistoryEntry| {
        vec![
            html! { a href=(asked.link(view, name, Some(&it.from), None)) { (when(&it.from)) } },
            html! { (it.version) },
            html! { (count(it.rows.max(0) as u64)) },
            html! { (it.verdict) },
            html! { (it.reason) },
        ]
    };
    let rows: Vec<Vec<Markup>> = history.iter().take(LISTED).map(row).collect();
    html! {
        @if !rows.is_empty() {
            section class="card" aria-label="Comparisons" {
                h2 { "Comparisons" }
                (table("Newest first", &["from", "version#", "rows#", "verdict", "why"], &rows))
            }
        }
    }
}
