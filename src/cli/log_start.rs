//! The log on stderr, and warnings where there is no run to tell them.

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::writer::BoxMakeWriter;

use super::bounded_log::BoundedLog;
use super::global::{Global, LogFormat};
use super::output;

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
