//! The one integration-test binary: it drives the real program.

mod bad_input;
mod docs;
mod faults;
mod flow;
mod kill;
mod notify;
mod own_project;
mod serve;
mod support;
mod tidy;
mod two;
