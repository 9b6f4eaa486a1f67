//! Values that cross rooms, each with one form as text: which version is meant, where files are, what came of a run, how a
//! process ended.
//!
//! It knows nothing of the house; what cannot be read is told by `FromStr`, never passed over.

mod exit_code;
mod named;
mod outcome;
mod place;
mod run_record;
mod version_selector;

pub use exit_code::{ErrorCode, ExitCode};
pub use named::Unnamed;
pub(crate) use named::named;
pub use outcome::Outcome;
pub use place::{Place, STORE_SCHEMES, StorePlace, StoreSettings, scheme_of};
pub use run_record::{LeftOutFile, RecordedData, RecordedFinding, RecordedScores, RunRecord};
pub use version_selector::{NotAVersion, VersionSelector};
