//! The one integration-test binary.

mod docs;
mod own_project;
mod tidy;
