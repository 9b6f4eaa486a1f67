//! What a failing read says of a file: wrong content, or the disk.

use std::io;
use std::path::Path;

use super::source;
use super::table::{Bad, TableError};
use std::fmt;

/// Sorts a read error: wrong compressed bytes are bad content, anything else is the disk.
pub(super) fn read_error(path: &Path, error: io::Error) -> TableError {
    use io::ErrorKind::{FileTooLarge, InvalidData, InvalidInput, Other, UnexpectedEof};
    let inner = error.get_ref();
    if let Some(wrong) = inner.and_then(|it| it.downcast_ref::<NotDecodable>()) {
        return Bad::new(wrong.to_string()).into();
    }
    if error.kind() == FileTooLarge {
        // Said by `source::Bounded`.
        return Bad::new(error.to_string()).into();
    }
    if source::is_packed(path)
        && matches!(
            error.kind(),
            InvalidData | InvalidInput | Other | UnexpectedEof
        )
    {
        return Bad::new("the compressed data is damaged or cut off").into();
    }
    TableError::Io(error)
}

/// The bytes of a file are not text in its encoding.
#[derive(Debug)]
pub(super) struct NotDecodable {
    pub(super) encoding: String,
    pub(super) at: u64,
}

impl fmt::Display for NotDecodable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let NotDecodable { encoding, at } = self;
        write!(
            f,
            "bytes that are not {encoding}, about byte {at}; set `ingest.encoding`"
        )
    }
}

impl std::error::Error for NotDecodable {}
