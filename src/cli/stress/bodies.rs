//! What is requested: rows of a file, or the example of the server's own document.

use std::path::Path;
use std::time::Duration;

use serde_json::Value;

use crate::cli::call::prediction_example;
use crate::cli::client;
use crate::cli::{Failure, Kind};

/// Most rows of a file that are requested in turns.
const MOST_ROWS: usize = 10_000;
/// Longest wait for the document.
const PATIENCE: Duration = Duration::from_secs(30);

/// A body of `POST /prediction`.
pub struct Body {
    /// Its content type.
    pub kind: &'static str,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// The bodies, at least one.
///
/// # Errors
/// The file cannot be read or has no row; the server cannot be reached, or has no model to ask.
pub fn bodies(root: &str, token: Option<&str>, rows: Option<&Path>) -> Result<Vec<Body>, Failure> {
    match rows {
        Some(path) => of_file(path),
        None => Ok(vec![of_document(root, token)?]),
    }
}

fn of_file(path: &Path) -> Result<Vec<Body>, Failure> {
    let failed = |error: anyhow::Error| {
        let what = format!("read the rows in {}", path.display());
        Failure::new(Kind::Data, error.context(what))
    };
    let text = std::fs::read(path).map_err(|error| failed(error.into()))?;
    let bodies = match text.iter().find(|byte| !byte.is_ascii_whitespace()) {
        Some(b'{') => of_lines(&text),
        _ => of_csv(&text).map_err(|error| failed(error.into()))?,
    };
    if bodies.is_empty() {
        Err(failed(anyhow::anyhow!("there is no row in it"))
            .hint("CSV with a header, or one JSON object a line"))
    } else {
        Ok(bodies)
    }
}

fn of_lines(text: &[u8]) -> Vec<Body> {
    text.split(|byte| *byte == b'\n')
        .map(<[u8]>::trim_ascii)
        .filter(|line| !line.is_empty())
        .take(MOST_ROWS)
        .map(|line| Body {
            kind: "application/x-ndjson",
            bytes: line.to_vec(),
        })
        .collect()
}

fn of_csv(text: &[u8]) -> Result<Vec<Body>, csv::Error> {
    let mut reader = csv::Reader::from_reader(text);
    let header = reader.byte_headers()?.clone();
    let mut bodies = Vec::new();
    for row in reader.byte_records().take(MOST_ROWS) {
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_byte_record(&header)?;
        writer.write_byte_record(&row?)?;
        let bytes = writer.into_inner().map_err(|error| error.into_error())?;
        bodies.push(Body {
            kind: "text/csv",
            bytes,
        });
    }
    Ok(bodies)
}

fn of_document(root: &str, token: Option<&str>) -> Result<Body, Failure> {
    let unreachable = |error: ureq::Error| {
        let error = anyhow::Error::from(error).context(format!("reach the server at {root}"));
        Failure::new(Kind::Store, error)
            .hint("start it with `unseat serve`, or say where it is with `--url URL`")
    };
    let mut request = client::agent(PATIENCE).get(format!("{root}/openapi.json"));
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    let mut answer = request.call().map_err(unreachable)?;
    let document: Value = match answer.status().as_u16() {
        200 => {
            let bytes = answer.body_mut().read_to_vec().map_err(unreachable)?;
            serde_json::from_slice(&bytes).unwrap_or_default()
        }
        status => {
            let what = format!("read {root}/openapi.json: it was answered {status}");
            return Err(Failure::new(Kind::Store, anyhow::anyhow!(what))
                .hint("name the server's root with `--url` and a token with `--token-file`"));
        }
    };
    let bytes = prediction_example(&document).ok_or_else(|| {
        let what = "the server shows no example of a prediction: it has no model in production yet";
        Failure::new(Kind::Data, anyhow::anyhow!(what)).hint("name rows with `--rows FILE`")
    })?;
    Ok(Body {
        kind: "application/json",
        bytes,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_row_of_a_file_is_a_body_of_its_own() {
        let bodies = of_csv(b"a,b\n1,\"x, y\"\n2,z\n").expect("can be read");
        let texts: Vec<_> = bodies.iter().map(|it| it.bytes.as_slice()).collect();
        assert_eq!(texts, [b"a,b\n1,\"x, y\"\n".as_slice(), b"a,b\n2,z\n"]);
        let lines = of_lines(b"{\"a\": 1}\r\n\n{\"a\": 2}");
        let texts: Vec<_> = lines.iter().map(|it| it.bytes.as_slice()).collect();
        assert_eq!(texts, [b"{\"a\": 1}".as_slice(), b"{\"a\": 2}"]);
    }

    #[test]
    fn rows_of_another_length_than_the_header_are_an_error() {
        assert!(of_csv(b"a,b\n1\n").is_err());
    }
}
