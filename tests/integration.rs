//! The one integration-test binary: it drives the real program.

mod bad_input;
mod docs;
mod faults;
mod flow;
mod kill;
mod own_project;
mod retain;
mod serve;
mod service;
mod support;
mod tidy;
mod two;
