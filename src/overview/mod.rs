//! What an operator sees of a project, as plain records: its status, one timeline of all runs, versions with their scores, a
//! run, data sets, the queue, who changed what.
//!
//! In: an [`Env`](crate::pipeline::Env) per model. Out: records that the command line, the pages and the tests share, so that
//! one figure is the same wherever it stands. It reads the registry and files of a bounded size, trains nothing, takes no
//! lock, and must not know a terminal or HTTP.

mod age;
mod asked;
mod at;
mod changes;
mod compare;
mod data_sets;
mod decision;
mod error;
mod evidence;
mod history;
mod ml_test_score;
mod paths;
mod queue;
mod records;
mod run;
mod sentence;
mod status;
mod timeline;
mod verify;

pub use age::{age, span};
pub use asked::{LabelsWanted, WantedRow, labels_wanted};
pub use at::{LiveThen, live_at};
pub use changes::{Change, changes};
pub use compare::{Comparison, Flips, MetricPair, Side, SlicePair, compare};
pub use data_sets::{ColumnPoint, DataSet, data_sets};
pub use decision::{DecisionStatus, last_decision};
pub use error::Error;
pub use evidence::{
    EvidenceCheck, EvidenceError, EvidenceKey, EvidenceReport, PublicKey, make_evidence,
    verify_evidence,
};
pub use history::{Champions, History, VersionPoint, history, rows_of};
pub use ml_test_score::{Done, MlTestScore, RubricSection, RubricTest, ml_test_score};
pub use paths::without_folder;
pub use queue::{QueueStatus, ScheduleStatus, queue, schedule};
pub use records::{
    ChampionStatus, DataStatus, DiskStatus, DriftStatus, ModelStatus, ScoreStatus, Status,
};
pub use run::{RunStatus, StageStatus, run_status};
pub use sentence::short;
pub use status::status;
pub use timeline::{Entry, Outcome, fold, timeline};
pub use verify::{Verified, verify};
