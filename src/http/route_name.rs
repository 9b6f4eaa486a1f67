//! A path that is answered, without what answers it: what metrics, logs, documents and pages know of the table.

use super::dialect::Dialect;
use crate::config::Role;

/// The table of paths, and what each room says of its own.
#[derive(Clone, Copy)]
pub struct RouteTable {
    /// Every path that is answered.
    pub routes: &'static [RouteName],
    /// Every room's part of the API document.
    pub documents: fn() -> Vec<utoipa::openapi::OpenApi>,
}

/// A path that is answered.
#[derive(Debug, Clone, Copy)]
pub struct RouteName {
    /// The part of the table that it is in.
    pub part: &'static str,
    /// GET (which answers HEAD, too), POST, DELETE, OPTIONS.
    pub method: &'static str,
    /// The path; `{name}` stands for one segment.
    pub path: &'static str,
    /// Which role may ask; `None`: no role is needed.
    pub role: Option<Role>,
    /// The form of its problems.
    pub dialect: Dialect,
}
