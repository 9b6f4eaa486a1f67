//! The server, driven over real sockets by the real program.

mod prediction;
mod running;

pub use running::Server;
