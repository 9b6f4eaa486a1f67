//! What is known of a request from its connection.

use std::net::SocketAddr;
use std::sync::Arc;

use super::progress::Progress;

/// What is known of a request from its connection; put beside it.
#[derive(Debug, Clone)]
pub struct Peer {
    /// Where it comes from.
    pub address: SocketAddr,
    /// What the connection is doing.
    pub progress: Arc<Progress>,
    /// Whether it says by which name it asks, as its version of HTTP wants it.
    pub is_named: bool,
}
