//! What a run says while it continues: a spinner on a terminal, plain lines elsewhere, log lines when asked.

use std::io::IsTerminal;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use super::global::{Global, LogFormat};
pub use super::log_start::warn;
use super::output;
use crate::pipeline::{self, Event};

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
