//! Values that cross rooms, each with one form as text: which version is meant, what came of a run, in which words.
//!
//! It knows nothing of the house; what cannot be read is told by `FromStr`, never passed over.

mod version_selector;

pub use version_selector::{NotAVersion, VersionSelector};
