//! The server, driven over real sockets by the real program.

mod observe;
mod prediction;
mod running;

pub use running::{Answer, Server};
