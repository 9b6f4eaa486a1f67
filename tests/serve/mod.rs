//! The server, driven over real sockets by the real program.

mod agreement;
mod call;
mod openapi;
mod prediction;
mod reload;
mod running;

pub use running::{Answer, Server};
