//! What is remembered: runs, data sets, versions, scores, operations, conclusions, files seen, locks.
//!
//! In and out: plain rows. The champion is the newest operation; nothing is ever edited to move it. It must not know how a
//! run works, what a score means or where artifacts are.

mod adopted;
mod answers;
mod changed;
mod conclude;
mod copy;
mod created;
mod datasets;
mod db;
mod dead_runs;
mod drift;
mod drift_episodes;
mod drift_windows;
mod error;
mod files;
mod fresh_rows;
mod heads;
mod holder;
mod job_moves;
mod jobs;
mod launches;
mod live_quality;
mod lock;
mod notices;
mod open;
mod operations;
mod outbox;
mod places;
mod probations;
mod process;
mod removed;
mod renamed;
mod retention;
mod run_rows;
mod runs;
mod schedules;
mod schema;
mod sessions;
mod snapshot;
mod ticks;
mod totals;
mod versions;
mod waiting;
mod workers;

#[cfg(test)]
mod tests;

pub use adopted::Adoption;
pub use answers::LabelTotal;
pub use changed::ChangeMark;
pub use conclude::{Conclusion, PastConclusion, RowSet, SeenFile};
pub use copy::CopiedTable;
pub use created::{CreatedModel, add_model};
pub use datasets::DatasetRow;
pub(crate) use db::settled;
pub use db::{ServerSettings, Tries, Tx, is_busy, is_damaged, is_misunderstood, is_unreachable};
pub use drift::DriftCheckRow;
pub use drift_episodes::DriftEpisodeRow;
pub use drift_windows::{DriftWindowRow, EndedWindow};
pub use error::Error;
pub use fresh_rows::{FreshRow, FreshSide};
pub use holder::{Holder, Lock};
pub use job_moves::{Cancel, JobEnd, PutBack, put_job_back, reopen_job};
pub use jobs::{JobRow, JobState, NewJob, add_job, cancel_waiting, open_jobs};
pub use launches::LaunchFailed;
pub use notices::Notice;
pub use open::Registry;
pub use operations::{Action, Champion, Operation};
pub use outbox::{MessageRow, MessageState, NewMessage, enqueue};
pub use places::PlaceKind;
pub use probations::{ProbationEnd, ProbationRow, ProbationState};
pub use process::ProcessId;
pub use removed::{Removal, free_name};
pub use renamed::Rename;
pub use retention::{OldRows, RowHead};
pub use run_rows::{CameTo, RunRow, RunState};
pub use schedules::{ScheduleChange, ScheduleRow, follow_schedule, move_cursor};
pub use schema::SCHEMA_VERSION;
pub use ticks::{TickOutcome, TickRow, add_tick, end_tick};
pub use totals::RunTotal;
pub use versions::{ScoreRow, VersionRow, VersionState};
pub use workers::{HEARTBEAT_SECONDS, Takes};
