//! Planned failures: named points in a run at which a test can make it fail or die.
//!
//! `UNSEAT_FAULT=<point>:<error|full|kill>[:<nth>]` arms one point (`full` fails as on a disk that is full); `UNSEAT_FAULT=trace` names each point on stderr as it is
//! passed. Only debug builds look; a release build has no way in.

use std::io::{self, Write};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

/// Every point, in the order in which a run that promotes passes them. A test walks this list, so a point that is no
/// longer passed is noticed.
pub const POINTS: &[&str] = &[
    "lock.taken",
    "run.recorded",
    "ingest.data_written",
    "ingest.data_published",
    "ingest.list_published",
    "ingest.recorded",
    "train.version_reserved",
    "train.bundle_published",
    "train.recorded",
    "score.predictions_published",
    "score.score_published",
    "score.recorded",
    "deploy.verified",
    "deploy.decision_published",
    "deploy.promoting",
    "deploy.promoted",
    "deploy.copy_written",
    "deploy.copy_swapped",
    "report.published",
    "run.concluded",
    "lock.released",
];

/// The point that is passed whenever a file was put in its place whole, many times in a run: armed with a number.
pub const EACH_FILE: &str = "file.published";

/// The point between telling the registry that a version is removed and removing its files; no run passes it.
pub const REMOVAL: &str = "version.marked_removed";

/// The points that a clearing of old things passes; no run passes them unless something is old enough to go.
pub const RETENTION: &[&str] = &[
    "retain.version_marked",
    "retain.version_removed",
    "retain.dataset_forgotten",
    "retain.dataset_removed",
    "retain.rows_taken_out",
    "retain.log_removed",
    "retain.log_packed",
    "retain.log_replaced",
];

enum Planned {
    Nothing,
    Trace,
    Failure {
        point: String,
        kill: bool,
        full: bool,
        countdown: AtomicU32,
    },
}

/// Fails or kills the process when the armed point is this one.
///
/// # Errors
/// An `io::Error` that names the point, when it was armed with `error`.
pub fn point(name: &str) -> io::Result<()> {
    debug_assert!(
        [POINTS, RETENTION, &[EACH_FILE, REMOVAL]]
            .concat()
            .contains(&name),
        "{name} is not a listed fault point"
    );
    if !cfg!(debug_assertions) {
        return Ok(());
    }
    static PLANNED: OnceLock<Planned> = OnceLock::new();
    match PLANNED.get_or_init(planned) {
        Planned::Failure {
            point,
            kill,
            full,
            countdown,
        } if point == name && countdown.fetch_sub(1, Ordering::SeqCst) == 1 => {
            if *kill {
                let _ = rustix::process::kill_process(
                    rustix::process::getpid(),
                    rustix::process::Signal::KILL,
                );
            }
            if *full {
                return Err(rustix::io::Errno::NOSPC.into());
            }
            Err(io::Error::other(format!("planned failure at {name}")))
        }
        Planned::Trace => {
            // Whoever reads the trace may stop reading.
            let _ = writeln!(io::stderr(), "passed {name}");
            Ok(())
        }
        Planned::Nothing | Planned::Failure { .. } => Ok(()),
    }
}

/// What the environment plans. A plan that does not read is no plan without a word: a test that misspells one sees that its
/// run was not stopped.
fn planned() -> Planned {
    let text = std::env::var("UNSEAT_FAULT").unwrap_or_default();
    if text == "trace" {
        return Planned::Trace;
    }
    parse(&text).unwrap_or(Planned::Nothing)
}

fn parse(text: &str) -> Option<Planned> {
    let mut parts = text.split(':');
    let point = parts.next()?.to_string();
    let kind = parts.next()?;
    let nth = parts.next().and_then(|n| n.parse().ok()).unwrap_or(1);
    Some(Planned::Failure {
        point,
        kill: kind == "kill",
        full: kind == "full",
        countdown: AtomicU32::new(nth),
    })
}
