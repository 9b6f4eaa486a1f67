//! What every server of HTTP needs: connections, requests and replies, who is let in, what requests may hold and spend, and what is
//! told of them.
//!
//! In: sockets, bytes, the table of paths without what answers them. Out: a [`request::Request`] for a handler, bytes for a
//! [`reply::Reply`] or a [`problem::Problem`]. It must not know a model, a row or the registry.

pub mod auth;
pub mod body;
pub mod budget;
pub mod compression;
pub mod connection;
pub mod dialect;
pub mod error;
pub mod lambda;
pub mod observe;
pub mod peer;
pub mod problem;
pub mod progress;
pub mod reply;
pub mod request;
pub mod route_name;
pub mod signals;

pub use error::Error;
