//! The server, driven over real sockets by the real program.

mod agreement;
mod borrowed;
mod call;
mod diagnostics;
mod manage;
mod observe;
mod openapi;
mod prediction;
mod reload;
mod running;
mod v2;

pub use running::{Answer, Server};
