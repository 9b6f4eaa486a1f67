//! The name under which an object's hash is written beside it.

use object_store::Attribute;

/// SHA-256 of its bytes, in hexadecimal.
pub const SHA256: Attribute = Attribute::Metadata(std::borrow::Cow::Borrowed("sha256"));
