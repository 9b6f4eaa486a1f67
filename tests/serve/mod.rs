//! The server, driven over real sockets by the real program.

mod agreement;
mod guard;
mod limits;
mod manage;
mod prediction;
mod reload;
mod running;
mod wire;

pub use running::{Answer, Server};
