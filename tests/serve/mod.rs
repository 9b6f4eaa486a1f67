//! The server, driven over real sockets by the real program.

mod admin;
mod agreement;
mod arrow;
mod auth;
mod call;
mod compat;
mod cors;
mod diagnostics;
mod diagnostics_of_data;
mod ending;
mod endurance;
mod lambda;
mod limits;
pub mod observe;
mod openapi;
mod prediction;
mod probation;
mod reload;
mod running;
mod shadow;
mod stress;
mod unauthenticated;
mod v2;
mod wire;

pub use running::{Answer, Server, asked};
