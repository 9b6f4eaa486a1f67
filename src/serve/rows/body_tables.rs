//! Whether a body holds tables or rows.

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use crate::http::request::{bad_json, without_mark};
use crate::serve::{Code, Problem};

/// The part of a body that says whether it holds tables or rows.
#[derive(Deserialize)]
struct Body<'a> {
    #[serde(borrow)]
    tables: Option<&'a RawValue>,
    rows: Option<IgnoredAny>,
}

/// The text of `tables` in a body; `None` for a body of rows.
///
/// # Errors
/// 400 when the body cannot be read or holds both.
pub fn tables_in(body: &[u8]) -> Result<Option<&RawValue>, Problem> {
    // Nearly every body is one of rows, and is read once only.
    if memchr::memmem::find(body, b"\"tables\"").is_none() {
        return Ok(None);
    }
    let body = without_mark(body);
    let read: Body<'_> = serde_json::from_slice(body).map_err(|error| bad_json(body, &error))?;
    if read.tables.is_some() && read.rows.is_some() {
        let why = "the body has both `rows` and `tables`; send one";
        return Err(Problem::new(Code::BadRequest, why));
    }
    Ok(read.tables)
}
