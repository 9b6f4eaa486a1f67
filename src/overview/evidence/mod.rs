//! One file of evidence: everything that a version's promotion rests on, signed, to be looked at without the project.
//!
//! `form.rs` is the file, `key.rs` who signs, `make.rs` what goes in, `verify.rs` whether it is what was signed. No value of a
//! row is in it: rows are hashes, predictions and classes.

mod form;
mod key;
mod make;
mod verify;

pub use form::EvidenceError;
pub use key::{EvidenceKey, PublicKey};
pub use make::make_evidence;
pub use verify::{EvidenceCheck, EvidenceReport, verify_evidence};
