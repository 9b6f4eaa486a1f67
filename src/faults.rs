//! Planned failures: named points in a run at which a test can make it fail, die or wait.
//!
//! `UNSEAT_FAULT=<point>:<error|full|kill|wait>[:<nth>]` arms one point; `full` fails as on a disk that is full, `wait` makes
//! the file `waits` in the current folder and continues when it is gone. `UNSEAT_FAULT=trace` names each point on stderr as it
//! is passed. Only debug builds look; a release build has no way in.

use std::io::{self, Write};
use std::path::Path;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use rustix::process::{Signal, getpid, kill_process};

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

/// The point between telling the registry that a model is removed and removing its files; no run passes it.
pub const MODEL_REMOVAL: &str = "model.marked_removed";

/// The point before a handler of the server begins; armed with `error`, the handler panics.
pub const HANDLER: &str = "serve.handler";

enum How {
    Error,
    Full,
    Kill,
    Wait,
}

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

/// The points that taking up what is in the folders passes; the first only where the champion's folder is gone.
pub const ADOPT: &[&str] = &["adopt.copied", "adopt.recording", "adopt.recorded"];

/// The points that giving a model another name passes.
pub const RENAME: &[&str] = &[
    "rename.recording",
    "rename.recorded",
    "rename.folders_moved",
    "rename.copy_published",
];

/// The points that a backup passes.
pub const BACKUP: &[&str] = &[
    "backup.database_copied",
    "backup.models_copied",
    "backup.written",
    "backup.published",
];

/// The points that a restore passes; `restore.moved` once for each thing that it puts in its place.
pub const RESTORE: &[&str] = &[
    "restore.staged",
    "restore.decided",
    "restore.moved",
    "restore.done",
];

/// The point that copying a database passes after each table.
pub const COPY: &str = "database.copied";

enum Planned {
    Nothing,
    Trace,
    Failure {
        point: String,
        how: How,
        countdown: AtomicU32,
    },
}

/// Fails, kills or holds up the process when the armed point is this one.
///
/// # Errors
/// An `io::Error` that names the point, when it was armed with `error`.
pub fn point(name: &str) -> io::Result<()> {
    debug_assert!(
        [
            POINTS,
            RETENTION,
            ADOPT,
            RENAME,
            BACKUP,
            RESTORE,
            &[EACH_FILE, REMOVAL, MODEL_REMOVAL, HANDLER, COPY]
        ]
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
            how,
            countdown,
        } if point == name && countdown.fetch_sub(1, Ordering::SeqCst) == 1 => {
            match how {
                How::Error => {}
                How::Full => return Err(rustix::io::Errno::NOSPC.into()),
                How::Kill => {
                    let _ = kill_process(getpid(), Signal::KILL);
                }
                How::Wait => return wait(name),
            }
            Err(io::Error::other(format!("planned failure at {name}")))
        }
        Planned::Trace => {
            // The reader of the trace may stop reading.
            let _ = writeln!(io::stderr(), "passed {name}");
            Ok(())
        }
        Planned::Nothing | Planned::Failure { .. } => Ok(()),
    }
}

/// Waits until a file is gone; a test knows by it that the point was reached.
fn wait(name: &str) -> io::Result<()> {
    let file = Path::new("waits");
    std::fs::write(file, name)?;
    while file.exists() {
        std::thread::park_timeout(Duration::from_millis(5));
    }
    Ok(())
}

/// What the environment plans. A plan that does not read is not a plan without a word: a test that misspells one sees that its
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
    let how = match parts.next()? {
        "full" => How::Full,
        "kill" => How::Kill,
        "wait" => How::Wait,
        _ => How::Error,
    };
    let nth = parts.next().and_then(|n| n.parse().ok()).unwrap_or(1);
    Some(Planned::Failure {
        point,
        how,
        countdown: AtomicU32::new(nth),
    })
}
