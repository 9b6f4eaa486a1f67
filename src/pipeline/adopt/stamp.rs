//! The stamp in the name of a folder.

/// The stamp in `v12_20261121T075003Z`.
pub fn stamp_in(folder: &str) -> &str {
    folder.split_once('_').map_or("", |(_, stamp)| stamp)
}
