//! Drift in a run: the reference that a bundle takes along, each data set and the test rows checked against the champion's, and
//! what comes of it. The rules are in the room `drift`; this reads, remembers and acts. A comparison that fails stops no run.

mod answer;
mod check;
mod episode;
mod frame;
mod held;
mod joint;
mod reference;
mod slow;
mod span;
mod windows;

pub use answer::{DriftAnswer, DriftHistory, EpisodeView, HistoryEntry};
pub use answer::{champion, newest, of_data, of_requests, of_rows};
pub use check::{DriftCheck, DriftLine, Joint, RowsKind, SchemaChange, SlowDrift};
pub use held::{frozen, of_dataset, of_test_rows};
pub use reference::{held_back, reference};
pub use slow::{SlowReference, slow_of_requests};
pub use span::span;
pub use windows::{check_windows, counted};
