//! An existing engine for data that outgrows one machine: Apache Spark, or anything else that speaks Spark Connect.
//!
//! In: a session, paths that the engine sees, and plain values (kinds, steps, parameters). Out: counts, sums and a sample. It must not
//! know runs, versions, the registry or the gate. Everything sent to the engine is a query that reads files or a folder of Parquet
//! that was verified; no state of a session is needed from one phase to the next, but for the list of rows held back.
//!
//! | file | what |
//! |---|---|
//! | `connect.rs` | a session: queries off the async threads, and what becomes of a server that is gone |
//! | `watch.rs` | sessions that are open, what interrupts them, and who hears how far they are |
//! | `sql.rs` | names, texts and numbers as SQL |
//! | `table.rs` | what comes back, as plain columns |
//! | `source.rs` `kinds.rs` | files to one relation of texts, and what its columns hold |
//! | `ingest.rs` | typed, without exact duplicates, written, verified |
//! | `sample.rs` | a stated part of the rows for this machine |
//! | `stats.rs` | columns in numbers, for the one fit of the transformer |
//! | `features.rs` | the steps of a transformer as SQL |
//! | `folds.rs` `target_means.rs` `small.rs` | target means without a row's own fold, over all rows |
//! | `sums.rs` | weighted sums of features and of their products |
//! | `gradients.rs` | loss and gradient alone, of any number of classes |
//! | `solve.rs` | linear models by such sums, solved here |
//! | `trees/` | boosted trees: codes of features, packed gradients and their histograms as SQL |
//! | `learn.rs` | all of it for one fit |
//! | `score.rs` | predictions, written by the engine; `calibrated.rs` a curve of probabilities, `trees/scored.rs` trees |

mod calibrated;
mod connect;
mod error;
mod features;
mod folds;
mod gradients;
mod ingest;
mod kinds;
mod learn;
mod sample;
mod score;
mod small;
mod solve;
mod source;
mod sql;
mod stats;
mod sums;
mod table;
mod target_means;
mod trees;
mod watch;

pub use connect::{Address, Session};
pub use error::Error;
pub use ingest::{Ingested, ingest};
pub use learn::{Rows, learn, not_pushed};
pub use sample::{Sample, keys, sample};
pub use score::{Answered, Scorer, answer, probability_columns};
pub use solve::{Goal, Here, Learned};
pub use source::{FileForm, Input, SourceFile, engine_path};
pub use trees::Scratch;
pub use watch::{Listener, Then, interrupt, listen};
