//! Ctrl-C and SIGTERM during a run: it ends at once, says what it leaves, and gives the model's lock back.

use std::io::IsTerminal;
use std::time::Duration;

use serde_json::json;
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::global::Global;
use super::{Failure, output};
use crate::clock::Clock;
use crate::pipeline;
use crate::registry::{ProcessId, Registry, RunRow, RunState};

/// How long the write to the database may take; a run that is not settled then is settled by the next one.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long a server may take to say that it has ended its queries.
const ENGINE_PATIENCE: Duration = Duration::from_secs(3);
/// Exit codes are this and the number of the signal, as shells have it.
const SIGNALLED: i32 = 128;

/// Ends this process, which runs stages, on a signal.
///
/// # Errors
/// When the system does not deliver signals.
#[expect(
    clippy::disallowed_methods,
    reason = "the run is settled and its lock given back; nothing is left to drop"
)]
pub fn watch(global: &Global, registry: &Registry, clock: Clock) -> Result<(), Failure> {
    let listen = |kind| signal(kind).map_err(|error| Failure::internal(error.into()));
    let mut interrupt = listen(SignalKind::interrupt())?;
    let mut terminate = listen(SignalKind::terminate())?;
    let (is_json, registry) = (global.json, registry.clone());
    tokio::spawn(async move {
        let kind = either(&mut interrupt, &mut terminate).await;
        let why = if kind == SignalKind::interrupt() {
            "it was interrupted (Ctrl-C)"
        } else {
            "it was asked to end (SIGTERM)"
        };
        let me = ProcessId::current();
        let ending = async {
            let ended = registry.interrupt(&me, why, clock.now_ms());
            let ended = tokio::time::timeout(PATIENCE, ended);
            let (ended, queries) = tokio::join!(ended, end_queries(true));
            let text = match ended {
                Ok(Ok(ended)) => said(&ended),
                Ok(Err(error)) => format!("{UNSETTLED}: failed to {error}"),
                Err(_) => UNSETTLED.to_string(),
            };
            text + &queries
        };
        let text = tokio::select! {
            text = ending => text,
            _ = either(&mut interrupt, &mut terminate) => UNSETTLED.to_string(),
        };
        tell(&text, is_json);
        std::process::exit(SIGNALLED + kind.as_raw_value());
    });
    Ok(())
}

/// Interrupts what the engine has under way; says so where it had anything.
async fn end_queries(is_about_to_end: bool) -> String {
    let ending = move || pipeline::interrupt_engine(ENGINE_PATIENCE, is_about_to_end);
    match tokio::task::spawn_blocking(ending).await.unwrap_or(0) {
        0 => String::new(),
        1 => "; 1 query of the engine was interrupted".to_string(),
        n => format!("; {n} queries of the engine were interrupted"),
    }
}

/// On a signal, has what this process waits for in an engine fail, so that it removes what it began; a second one ends it at once.
///
/// # Errors
/// When the system does not deliver signals.
#[expect(clippy::disallowed_methods, reason = "a second signal means at once")]
pub fn watch_engine() -> Result<(), Failure> {
    let listen = |kind| signal(kind).map_err(|error| Failure::internal(error.into()));
    let mut interrupt = listen(SignalKind::interrupt())?;
    let mut terminate = listen(SignalKind::terminate())?;
    tokio::spawn(async move {
        either(&mut interrupt, &mut terminate).await;
        end_queries(false).await;
        let kind = either(&mut interrupt, &mut terminate).await;
        std::process::exit(SIGNALLED + kind.as_raw_value());
    });
    Ok(())
}

const UNSETTLED: &str = "interrupted; the next run of the model settles what this one leaves";

async fn either(interrupt: &mut Signal, terminate: &mut Signal) -> SignalKind {
    tokio::select! {
        _ = interrupt.recv() => SignalKind::interrupt(),
        _ = terminate.recv() => SignalKind::terminate(),
    }
}

fn tell(text: &str, is_json: bool) {
    if is_json {
        let error = json!({"code": "interrupted", "message": text, "details": {}});
        return output::line(&json!({ "error": error }));
    }
    // A spinner may be on the line.
    let line = if std::io::stderr().is_terminal() {
        "\r\u{1b}[K"
    } else {
        ""
    };
    output::talk(&format!("{line}{text}"));
}

/// What is printed of the runs that were cut off.
fn said(ended: &[RunRow]) -> String {
    let Some(run) = ended.first() else {
        return "interrupted; no run was under way, and nothing was changed".to_string();
    };
    let (id, stage) = (&run.id, &run.stage);
    match &run.outcome {
        Some(outcome) if run.state == RunState::Done => format!(
            "interrupted after the verdict of run {id}, which stands: {outcome}{}; the next run completes its report",
            run.version
                .map(|version| format!(" (version {version})"))
                .unwrap_or_default()
        ),
        _ => format!(
            "interrupted: run {id} was cut off in {stage}; the champion is what it was, the lock is released, and the next run removes what this one leaves"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model_types::Outcome;
    use crate::model_types::RunId;
    use crate::model_types::VersionNumber;

    fn run(state: RunState, outcome: Option<Outcome>) -> RunRow {
        RunRow {
            id: RunId::new("r"),
            model: "m".to_string(),
            trigger: "cli".to_string(),
            state,
            stage: "report".to_string(),
            outcome,
            version: Some(VersionNumber::new(3)),
            started_ms: 0,
            ended_ms: Some(1),
            error: None,
            record: None,
        }
    }

    #[test]
    fn a_verdict_that_is_there_is_said_to_stand() {
        let text = said(&[run(RunState::Done, Some(Outcome::Promote))]);
        assert_eq!(
            text,
            "interrupted after the verdict of run r, which stands: promote (version 3); the next run completes its report"
        );
        let text = said(&[run(RunState::Interrupted, None)]);
        assert!(
            text.starts_with(
                "interrupted: run r was cut off in report; the champion is what it was"
            )
        );
        assert!(said(&[]).contains("nothing was changed"));
    }
}
