//! What is served and watched: versions ready to answer, how the champion is followed, rows ready to score, probation, the
//! prediction log, what is counted and kept of answers.
//!
//! In: a source of versions, rows in typed slots. Out: a [`served::Served`] for each request, predictions, what was counted of
//! them. It must not know HTTP: what cannot be done is an error of its own ([`pick_error::PickError`]).

#[cfg(feature = "train")]
pub mod answered;
#[cfg(feature = "train")]
pub mod cached;
#[cfg(feature = "train")]
pub mod created_models;
#[cfg(feature = "train")]
pub mod diagnostics_cache;
pub mod error;
pub mod follow;
#[cfg(feature = "train")]
pub mod model_facts;
pub mod model_slot;
pub mod pick_error;
pub mod pointer;
pub mod predict;
pub mod prediction_json;
pub mod prediction_log;
pub mod probation;
#[cfg_attr(not(feature = "train"), path = "no_project.rs")]
pub mod project_source;
pub mod rows;
pub mod said;
pub mod served;
pub mod served_models;
pub mod source;
pub mod stored_bundle;

pub use error::Error;
