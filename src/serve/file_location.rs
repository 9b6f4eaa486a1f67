//! `{"file_location": "<file>"}` of `POST /prediction`: the rows of a file on the server, inside the one folder that the
//! settings allow.

use std::path::{Path, PathBuf};

use bytes::Bytes;

use super::{Code, Problem, Request, State};
use crate::http::budget::For;
use crate::http::problem::not_found;

/// The key.
const KEY: &str = "file_location";

/// Forms that hold rows and nothing else; their options come in the query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// A header and rows.
    Csv,
    /// One JSON object a line.
    Ndjson,
    /// An Arrow stream or file.
    Arrow,
}

/// The request with the named file as its body; `None` where it names none, or the settings allow none.
///
/// # Errors
/// 404 for a file that is not in the folder, whatever else it may be; 415 for one that is neither CSV, NDJSON nor Arrow; 413 for one
/// that is larger than a body may be.
pub async fn given(state: &State, request: &Request) -> Result<Option<(Bytes, Form)>, Problem> {
    let Some(folder) = &state.settings.compatibility.file_location else {
        return Ok(None);
    };
    if memchr::memmem::find(&request.body, KEY.as_bytes()).is_none() {
        return Ok(None);
    }
    let body = request.json_object()?;
    let Some(named) = body.get(KEY) else {
        return Ok(None);
    };
    let Some(named) = named.as_str().filter(|_| body.len() == 1) else {
        let why = "send `file_location` alone, as a text; options go into the query";
        return Err(Problem::new(Code::BadRequest, why));
    };
    let form = match Path::new(named).extension().and_then(|it| it.to_str()) {
        Some("csv") => Form::Csv,
        Some("ndjson" | "jsonl") => Form::Ndjson,
        Some("arrow" | "feather") => Form::Arrow,
        _ => {
            let why = "a `file_location` ends in .csv, .ndjson, .jsonl, .arrow or .feather";
            return Err(Problem::new(Code::UnsupportedMediaType, why));
        }
    };
    let project = state.project_folder().unwrap_or_default();
    let found = find(&project, &state.settings.path(&project, folder), named);
    let absent =
        || not_found("the folder of `server.compatibility.file_location` has no such file");
    let path = found.ok_or_else(absent)?;
    let most = state.settings.limits.body_bytes;
    let size = std::fs::metadata(&path).map_err(|_| absent())?.len();
    if size > most as u64 {
        let why = format!("the file is larger than a body may be: {most} bytes");
        return Err(Problem::new(Code::TooLarge, why));
    }
    request.work.hold(For::Values, size as usize)?;
    let bytes = tokio::fs::read(path).await.map_err(|_| absent())?;
    Ok(Some((bytes.into(), form)))
}

/// The file, where it is in the allowed folder when every link has been followed. It is named from that folder, or from
/// the project's.
fn find(project: &Path, allowed: &Path, named: &str) -> Option<PathBuf> {
    let allowed = allowed.canonicalize().ok()?;
    [allowed.join(named), project.join(named)]
        .iter()
        .filter_map(|path| path.canonicalize().ok())
        .find(|path| path.starts_with(&allowed) && path.is_file())
}

#[cfg(test)]
mod tests {
    #[test]
    fn nothing_outside_the_folder_is_found() {
        let project = tempfile::tempdir().expect("a folder");
        let allowed = project.path().join("testdata");
        std::fs::create_dir_all(allowed.join("inner.csv")).expect("made");
        std::fs::write(allowed.join("a.csv"), "x").expect("written");
        std::fs::write(project.path().join("config.csv"), "x").expect("written");
        std::os::unix::fs::symlink("../config.csv", allowed.join("link.csv")).expect("linked");
        let find = |named: &str| super::find(project.path(), &allowed, named);
        assert!(find("a.csv").is_some());
        assert!(find("testdata/a.csv").is_some());
        for wrong in [
            "config.csv",
            "../config.csv",
            "link.csv",
            "inner.csv",
            "none.csv",
            "",
            "/etc/passwd",
        ] {
            assert!(find(wrong).is_none(), "{wrong}");
        }
    }
}
