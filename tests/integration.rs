//! The one integration-test binary.

mod docs;
mod house;
mod own_project;
