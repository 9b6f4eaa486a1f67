//! Values that cross rooms, each with one form as text: which version is meant, where files are, what came of a run, how a
//! process ended.
//!
//! It knows nothing of the house but how bytes are written as hexadecimal; what cannot be read is an error of `FromStr`, never passed over.

mod exit_code;
mod ids;
mod location;
mod manifest;
mod named;
mod outcome;
mod run_record;
mod sha256;
mod version_number;
mod version_selector;

pub use exit_code::{ErrorCode, ExitCode};
pub use ids::{PredictionId, RunId};
pub use location::{Location, STORE_SCHEMES, StoreLocation, StoreSettings, scheme_of};
pub use manifest::{BUNDLE, Manifest};
pub use named::Unnamed;
#[cfg(feature = "train")]
pub(crate) use named::named;
pub use outcome::Outcome;
pub use run_record::{LeftOutFile, RecordedData, RecordedFinding, RecordedScores, RunRecord};
pub use sha256::{NotASha256, Sha256};
pub use version_number::VersionNumber;
pub use version_selector::{NotAVersion, VersionSelector};
