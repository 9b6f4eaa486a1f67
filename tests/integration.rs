//! The one integration-test binary: it drives the real program.

mod support;

mod faults;
mod flow;
mod kill;
mod two;
