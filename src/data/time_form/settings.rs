//! What the settings say of times.

use super::EpochUnit;

/// What the settings say of times; what they leave open is decided on each column.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TimeSettings {
    /// strftime forms; empty: found.
    pub formats: Vec<String>,
    /// What numbers count; `None`: found.
    pub unit: Option<EpochUnit>,
}
