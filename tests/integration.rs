//! The one integration-test binary.

mod docs;
mod faults;
mod flow;
mod kill;
mod own_project;
mod support;
mod tidy;
mod two;
