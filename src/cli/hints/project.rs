//! What helps with the registry, the schedule and data.

use super::READ_ONLY;
use crate::cli::failure::{Failure, Kind};
use crate::registry::AtWork;
use crate::{data, registry, schedule};

impl From<registry::Error> for Failure {
    fn from(error: registry::Error) -> Self {
        let (kind, hint) = match &error {
            registry::Error::AtWork { found, .. } => {
                let ends: Vec<String> = found.iter().map(AtWork::how_to_end).collect();
                let failure = Failure::new(Kind::Locked, error.into());
                let failure = ends.into_iter().fold(failure, Failure::hint);
                return failure.hint(
                    "the project is as it was; a process that was killed on another machine counts as running for 45 s more, a run for 90 s",
                );
            }
            registry::Error::Locked { .. } => (
                Kind::Locked,
                "wait for it to end; a lock of a process that died is taken over by itself",
            ),
            registry::Error::LockLost { .. } => {
                (Kind::Store, "the other run decides; run again if need be")
            }
            registry::Error::Newer { .. } | registry::Error::Name { .. } => (
                Kind::Store,
                "install the program version that made the database, or a newer one",
            ),
            registry::Error::Open { source, .. } | registry::Error::Statement { source, .. }
                if registry::is_damaged(source) =>
            {
                (
                    Kind::Store,
                    "it is damaged or no database: bring it back with `unseat restore`, or move it away and `unseat adopt` makes a new one out of the folders",
                )
            }
            registry::Error::Statement { source, .. } if registry::is_misunderstood(source) => (
                Kind::Store,
                "the database was changed by another program: restore it from a backup",
            ),
            registry::Error::Open { source, .. } | registry::Error::Statement { source, .. }
                if registry::is_busy(source) =>
            {
                (
                    Kind::Store,
                    "another program holds the database to itself, and did so for longer than 20 s: end what it does there (a browser of databases, a backup, a query that was left open), then run again; nothing was half done",
                )
            }
            registry::Error::Open { source, .. } | registry::Error::Statement { source, .. }
                if registry::is_unreachable(source) =>
            {
                (
                    Kind::Store,
                    "the database server cannot be reached: check that it is up and that host, port, user and password in `database_url` are right; nothing was half done",
                )
            }
            registry::Error::Gone { .. } => (
                Kind::Store,
                "bring it back (`unseat restore`, or move it to its place); nothing was changed",
            ),
            registry::Error::LogAlone { .. } => (
                Kind::Store,
                "move the database back to its log; if it is lost, move the log away, and `unseat adopt` or `unseat restore` makes a new one; nothing was changed",
            ),
            registry::Error::Foreign { .. } => (
                Kind::Store,
                "bring the project's own back (`unseat restore`), or move the other file away; nothing was changed",
            ),
            registry::Error::HalfCopied { .. } => (
                Kind::Store,
                "give `unseat database copy` once more, which continues where it ended; or empty the database",
            ),
            registry::Error::Occupied { .. } => (
                Kind::Store,
                "name a database without tables of `unseat`, or a file that is not there; nothing was changed",
            ),
            registry::Error::NotTheSame { .. } => (
                Kind::Store,
                "another process writes into one of them: stop everything that uses them, then copy once more",
            ),
            registry::Error::NotOnServer { .. } => (
                Kind::Store,
                "restore into a file (`--set database_url=sqlite://FILE`), then bring it to the server with `unseat database copy --to`",
            ),
            registry::Error::ReadOnly { .. } => (Kind::Store, READ_ONLY),
            registry::Error::Open { .. } => (
                Kind::Store,
                "check that the folder is there, that you may write in it, and that the disk has room",
            ),
            registry::Error::Unsettled { .. } => (
                Kind::Store,
                "`unseat runs` and `unseat versions` say what became of it; the next run continues from there",
            ),
            registry::Error::Statement { .. } => (
                Kind::Store,
                "check that you may write to the database file and that the disk has room, then run again; nothing was half done",
            ),
            registry::Error::Record { .. } => (
                Kind::Internal,
                "the database was changed by another program: restore it from a backup",
            ),
        };
        Failure::new(kind, error.into()).hint(hint)
    }
}

impl From<schedule::Error> for Failure {
    fn from(error: schedule::Error) -> Self {
        match error {
            schedule::Error::Registry(error) => error.into(),
            schedule::Error::Expression(_) => Failure::new(Kind::Usage, error.into())
                .hint("docs/schedule.md has what an expression may be, with examples"),
            schedule::Error::Zone(_) => Failure::new(Kind::Usage, error.into())
                .hint("docs/schedule.md says which names there are: IANA's, like `Europe/Berlin`, and `UTC`"),
            schedule::Error::Driver(_) => Failure::new(Kind::Internal, error.into()),
        }
    }
}

impl From<data::Error> for Failure {
    fn from(error: data::Error) -> Self {
        if crate::pipeline::is_disk_full(&error) {
            return full_disk(error.into());
        }
        let hint = hint_on_data(&error);
        Failure::new(Kind::Data, error.into()).hint(hint)
    }
}

/// The same for everything that a full disk stops: it passes, so a job is tried again.
pub fn full_disk(error: anyhow::Error) -> Failure {
    Failure::new(Kind::Store, error).hint(
        "the disk is full: make room, or keep less (`unseat gc --dry-run` shows what would go), then run again; the champion is what it was",
    )
}

/// What to do about a file or a frame.
pub const HOW_TIMES: &str =
    "name how the column is meant in `ingest`; docs/files.md has the forms of times that are read";

pub fn hint_on_data(error: &data::Error) -> &'static str {
    match error {
        data::Error::BadFile { .. } => "fix the file at that place",
        data::Error::Folder { .. } => "make the folder, or name another one",
        data::Error::File {
            action: "write", ..
        } => "check that the folder is there, that you may write in it, and that the disk has room",
        data::Error::Rule { .. } => {
            "fix the data, or set `on_violation` of the column below `schema` to something else"
        }
        data::Error::NoColumn { .. } => "name a column that is in the files",
        data::Error::Time { .. } => "fix the column, or name another one as `time_column`",
        data::Error::Times { .. } => HOW_TIMES,
        data::Error::Extension { .. } => "give the file an ending that says what it is",
        _ => "check that the file is there and that you may read it",
    }
}
