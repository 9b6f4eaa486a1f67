//! The log of a run that the server started: JSON lines in a file of its own.

use std::io::{ErrorKind, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::runs::find;
use super::{project, trouble};
use crate::pipeline::{self, is_run_id, run_log};
use crate::registry::RunRow;
use crate::serve::reply::not_found;
use crate::serve::state::Project;
use crate::serve::{Problem, Reply, Request, State};

/// Bytes of a log that are told; of a longer one the end.
const MOST_BYTES: u64 = 4 << 20;

/// Where the log of a stored run is, if it has one.
pub fn path_of(project: &Project, row: &RunRow) -> Option<PathBuf> {
    let env = project.envs.get(&row.model)?;
    is_run_id(&row.id).then(|| run_log(&env.config.project, &row.id))
}

/// Whether a log is there, packed or not.
pub fn is_there(path: &Path) -> bool {
    path.exists() || packed(path).exists()
}

fn packed(path: &Path) -> PathBuf {
    path.with_extension("ndjson.gz")
}

/// The log of a run that was started by request, as far as it goes.
#[utoipa::path(
    get, path = "/runs/{run}/log", operation_id = "show_run_log", tag = "manage",
    params(("run" = String, Path, description = "Its id, a beginning of it that only one has, or `latest`")),
    responses(
        (status = 200, description = "One JSON object per line", body = String, content_type = "application/x-ndjson"),
        (status = 409, description = "The server serves one bundle and knows no runs"),
    )
)]
pub async fn log(state: Arc<State>, request: Request) -> Result<Reply, Problem> {
    let project = project(&state)?;
    let row = find(project, request.param("run")).await?;
    let absent = || {
        not_found("the run has no log: it was not started by request, or its log was cleared away")
    };
    let path = path_of(project, &row).ok_or_else(absent)?;
    let read = tokio::task::spawn_blocking(move || end_of(&path, MOST_BYTES)).await;
    match read {
        Ok(Ok(bytes)) => {
            let reply = Reply::new("application/x-ndjson", bytes);
            Ok(reply.header("cache-control", "no-store").packable())
        }
        Ok(Err(error)) if error.kind() == std::io::ErrorKind::NotFound => Err(absent()),
        Ok(Err(source)) => Err(trouble(pipeline::Error::Production {
            folder: PathBuf::from("logs"),
            source,
        })),
        Err(error) => Err(Problem::internal(&error)),
    }
}

/// The whole lines at the end of a log, at most so many bytes of them. One that is not there may have been packed.
fn end_of(path: &Path, most: u64) -> std::io::Result<Vec<u8>> {
    let (mut bytes, is_cut) = match std::fs::File::open(path) {
        Ok(file) => end_of_plain(file, most)?,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            end_of_packed(std::fs::File::open(packed(path))?, most)?
        }
        Err(error) => return Err(error),
    };
    if is_cut {
        let begin = bytes.iter().position(|byte| *byte == b'\n');
        bytes.drain(..begin.map_or(bytes.len(), |at| at + 1));
    }
    // The last line may be half written.
    let end = bytes.iter().rposition(|byte| *byte == b'\n');
    bytes.truncate(end.map_or(0, |at| at + 1));
    Ok(bytes)
}

/// The end of a file, and whether there is more before it.
fn end_of_plain(mut file: std::fs::File, most: u64) -> std::io::Result<(Vec<u8>, bool)> {
    let skipped = file.metadata()?.len().saturating_sub(most);
    file.seek(SeekFrom::Start(skipped))?;
    let mut bytes = Vec::new();
    file.take(most).read_to_end(&mut bytes)?;
    Ok((bytes, skipped > 0))
}

/// The same of a packed one, which has to be read from its beginning; no more than twice the end is held.
fn end_of_packed(file: std::fs::File, most: u64) -> std::io::Result<(Vec<u8>, bool)> {
    let mut unpacked = flate2::read::MultiGzDecoder::new(file);
    let (mut bytes, mut is_cut) = (Vec::new(), false);
    loop {
        let read = unpacked.by_ref().take(most).read_to_end(&mut bytes)?;
        let surplus = bytes.len().saturating_sub(most as usize);
        is_cut |= surplus > 0;
        bytes.drain(..surplus);
        if read == 0 {
            return Ok((bytes, is_cut));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_lines_are_told_and_of_a_long_log_the_end() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("log");
        for (text, most, expected) in [
            ("", 100, ""),
            ("one\ntwo\n", 100, "one\ntwo\n"),
            ("one\ntw", 100, "one\n"),
            ("one\ntwo\n", 6, "two\n"),
            ("one\ntwo\nthr", 8, "two\n"),
            ("a line that is too long", 4, ""),
        ] {
            std::fs::write(&path, text).expect("writes");
            let end = end_of(&path, most).expect("reads");
            assert_eq!(String::from_utf8_lossy(&end), expected, "{text:?} {most}");
            let packed = std::fs::File::create(folder.path().join("other.ndjson.gz"));
            let mut packed =
                flate2::write::GzEncoder::new(packed.expect("makes"), Default::default());
            std::io::Write::write_all(&mut packed, text.as_bytes()).expect("packs");
            packed.finish().expect("packs");
            let end = end_of(&folder.path().join("other.ndjson"), most).expect("reads");
            assert_eq!(
                String::from_utf8_lossy(&end),
                expected,
                "packed {text:?} {most}"
            );
        }
    }
}
