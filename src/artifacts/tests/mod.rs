//! What holds of artifacts wherever they are, and what each kind of place has of its own.

mod contract;
#[path = "../../../tests/stores/double/mod.rs"]
mod double;
mod faults;
mod folders;
