//! Secrets: read from a file or the environment each time they are used, never stored, and removed from messages.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::Error;

/// The variable that holds a secret of a channel.
pub fn variable(channel: &str, what: &str) -> String {
    let name = channel.to_uppercase().replace('-', "_");
    format!("UNSEAT_NOTIFY_{name}_{what}")
}

/// A secret of a channel: from the environment, else from a file, else none.
///
/// # Errors
/// When the file cannot be read or holds no secret.
pub fn find(
    project: &Path,
    (key, file): (&'static str, Option<&str>),
    variable: &str,
) -> Result<Option<String>, Error> {
    match std::env::var(variable) {
        Ok(text) if !text.is_empty() => Ok(Some(text)),
        _ => file.map(|file| read(project, key, file)).transpose(),
    }
}

/// The one line of a file.
///
/// # Errors
/// When it cannot be read, is empty, or has several lines.
pub fn read(project: &Path, key: &'static str, file: &str) -> Result<String, Error> {
    let path = project.join(file);
    let text = std::fs::read_to_string(&path);
    let text = text.map_err(|source| Error::File { key, path, source })?;
    let line = text.trim();
    let why = match line {
        "" => Some("the file is empty"),
        line if line.contains(['\n', '\r', '\0']) => Some("the file has several lines"),
        _ => None,
    };
    match why {
        Some(why) => Err(Error::Secret {
            key,
            why: why.to_string(),
        }),
        None => Ok(line.to_string()),
    }
}

/// A text from outside, without secrets that it may have repeated, as they are or as a mail server sees them.
pub fn scrubbed(text: &str, secrets: &[&str]) -> String {
    let mut text = text.to_string();
    for secret in secrets.iter().filter(|secret| !secret.is_empty()) {
        text = text.replace(*secret, "…");
        text = text.replace(&STANDARD.encode(secret), "…");
    }
    let plain = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    plain.take(300).collect()
}
