//! Artifacts below a URL of an object store. What a call has written is there when it returns; what it reads is checked against
//! the hash that was written with it.

mod handle;
mod hash;
mod list;
mod read;
mod write;

pub use handle::Store;
pub use list::Listed;
