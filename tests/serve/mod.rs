//! The server, driven over real sockets by the real program.

mod agreement;
mod diagnostics;
mod manage;
mod prediction;
mod reload;
mod running;

pub use running::{Answer, Server};
