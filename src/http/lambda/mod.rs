//! AWS Lambda: what its runtime interface hands out and wants back, as requests and answers of HTTP.
//!
//! In: events of API Gateway (REST and HTTP APIs), of load balancers and of function URLs. Out: [`event::Event`]s, which are
//! answered like requests on a socket, and the payloads that carry the answers. It must not know what answers them.

pub mod event;
pub mod payload;
pub mod runtime;

#[cfg(test)]
mod tests;
