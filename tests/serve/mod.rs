//! The server, driven over real sockets by the real program.

mod agreement;
mod borrowed;
mod call;
mod cors;
mod diagnostics;
mod diagnostics_of_data;
mod ending;
mod endurance;
mod guard;
mod limits;
mod manage;
pub mod observe;
mod openapi;
mod prediction;
mod probation;
mod reload;
mod running;
mod shadow;
mod strangers;
mod stress;
mod v2;
mod wire;

pub use running::{Answer, Server, asked};
