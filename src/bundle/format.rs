//! The version of the form in which bundles are written.

/// The form written by this program; it reads this and older ones.
pub const FORMAT_VERSION: u32 = 2;
