//! What a run says while it continues: a spinner on a terminal, plain lines elsewhere, log lines when asked.

use std::io::IsTerminal;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::writer::BoxMakeWriter;

use super::bounded_log::BoundedLog;
use super::global::{Global, LogFormat};
use super::output;
use crate::pipeline::{self, Event};

/// Starts the log: `-v` for info, `-vv` for everything, `UNSEAT_LOG` for a filter of one's own.
/// Answers of a server refer to its log, so it logs what went wrong by default.
pub fn start_log(global: &Global, is_server: bool, has_feed: bool) {
    let level = match (global.quiet, global.verbose, global.log_format) {
        (true, _, _) => "off",
        // What has a line of its own is not logged as well.
        (_, 0, LogFormat::Text) if has_feed => "unseat=warn,unseat::feed=off",
        (_, 0, LogFormat::Text) if is_server => "unseat=warn",
        (_, 0, LogFormat::Text) => "off",
        (_, 0 | 1, _) => "unseat=info",
        (_, _, _) => "unseat=debug",
    };
    let filter = std::env::var("UNSEAT_LOG").unwrap_or_else(|_| level.to_string());
    let writer = if global.bounded_log {
        let log = BoundedLog::new();
        BoxMakeWriter::new(move || log.clone())
    } else {
        BoxMakeWriter::new(|| output::Stderr)
    };
    let builder = tracing_subscriber::fmt()
        .with_writer(writer)
        // It would print why a line was not written, and panic where that cannot be printed either.
        .log_internal_errors(false)
        .with_env_filter(EnvFilter::new(filter));
    match global.log_format {
        LogFormat::Json => builder
            .with_ansi(false)
            .json()
            .flatten_event(true)
            .with_span_list(false)
            .init(),
        LogFormat::Text => builder.with_target(false).with_ansi(false).init(),
    }
}

/// Tells of something that is odd, where there is no run to tell it: in the log where that is JSON, to a person elsewhere.
pub fn warn(global: &Global, text: &str) {
    if global.log_format == LogFormat::Json {
        tracing::warn!("{text}");
    } else if !global.quiet {
        let text = output::plain(text);
        output::talk(&format!("{} {text}", output::yellow("warning:")));
    }
}

/// Prints what a run does. Silent with `-q`, and where the log says it.
pub fn listener(global: &Global) -> Box<dyn Fn(Event) + Send + Sync> {
    let logs = global.verbose > 0 || global.log_format == LogFormat::Json;
    if global.quiet {
        return Box::new(|_| ());
    }
    if logs {
        pipeline::listen_to_engine(Arc::new(|text| log(Event::Progress(text.to_string()))));
        return Box::new(log);
    }
    let spinner: Mutex<Option<(&'static str, ProgressBar)>> = Mutex::new(None);
    let listener = Arc::new(move |event| {
        let Ok(mut spinner) = spinner.lock() else {
            return;
        };
        if let Event::Progress(text) = &event {
            if let Some((stage, bar)) = &*spinner {
                bar.set_message(format!("{stage}: {text}"));
            }
            return;
        }
        if let Some((_, bar)) = spinner.take() {
            bar.finish_and_clear();
        }
        match event {
            Event::Started(stage) if std::io::stderr().is_terminal() => {
                *spinner = Some((stage.name(), spinning(stage.name())));
            }
            Event::Started(_) | Event::Progress(_) => {}
            Event::Ended {
                stage,
                duration_ms,
                summary,
            } => output::talk(&format!(
                "{:<7} {summary} ({})",
                stage.name(),
                duration(duration_ms)
            )),
            Event::Warning(text) => output::talk(&format!(
                "{} {}",
                output::yellow("note:"),
                output::plain(&text)
            )),
        }
    });
    let engine = Arc::clone(&listener);
    pipeline::listen_to_engine(Arc::new(move |text| {
        engine(Event::Progress(text.to_string()));
    }));
    Box::new(move |event| listener(event))
}

/// An event as a line of the log; the run it belongs to is around it.
fn log(event: Event) {
    match event {
        Event::Started(stage) => tracing::info!(stage = stage.name(), "{} begins", stage.name()),
        Event::Ended {
            stage,
            duration_ms,
            summary,
        } => tracing::info!(stage = stage.name(), duration_ms, "{summary}"),
        Event::Progress(text) => tracing::info!("{text}"),
        Event::Warning(text) => tracing::warn!("{text}"),
    }
}

fn spinning(stage: &str) -> ProgressBar {
    let bar = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} {elapsed}") {
        bar.set_style(style);
    }
    bar.set_message(stage.to_string());
    bar.enable_steady_tick(Duration::from_millis(120));
    bar
}

/// A duration for people.
pub fn duration(ms: f64) -> String {
    if ms < 1000.0 {
        format!("{ms:.0} ms")
    } else {
        format!("{:.1} s", ms / 1000.0)
    }
}

/// A wait for people, in the two largest units.
pub fn span(ms: f64) -> String {
    let seconds = (ms / 1000.0).max(0.0) as u64;
    let parts = [
        (seconds / 86_400, "d"),
        (seconds / 3600 % 24, "h"),
        (seconds / 60 % 60, "min"),
        (seconds % 60, "s"),
    ];
    let shown: Vec<_> = parts
        .iter()
        .skip_while(|(count, _)| *count == 0)
        .take(2)
        .filter(|(count, _)| *count > 0)
        .map(|(count, unit)| format!("{count} {unit}"))
        .collect();
    if shown.is_empty() {
        "0 s".to_string()
    } else {
        shown.join(" ")
    }
}
