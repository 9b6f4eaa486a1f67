//! What an object store says when it does not do something, in words. Bodies of answers are not passed on whole: they hold keys
//! and what was signed.

use std::error::Error as StdError;
use std::io;
use std::path::PathBuf;

use object_store::Error as Said;

use super::error::{Error, Trouble};

/// Codes of S3 and its likes for credentials that are not, or no longer, good.
const CREDENTIALS: [&str; 9] = [
    "ExpiredToken",
    "ExpiredTokenException",
    "TokenRefreshRequired",
    "RequestExpired",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "InvalidToken",
    "SignatureDoesNotMatch",
    "AuthenticationFailed",
];
const NO_BUCKET: [&str; 2] = ["NoSuchBucket", "ContainerNotFound"];

/// What was being done to which object, and what came of it.
pub fn told(action: &'static str, object: String, said: &Said) -> Error {
    let texts = texts(said);
    let whole = texts.join(" ");
    let code = between(&whole, "<Code>", "</Code>").unwrap_or_default();
    let trouble = trouble_of(said, code, &whole);
    if matches!(said, Said::NotFound { .. }) && trouble == Trouble::Other {
        return Error::Gone {
            path: PathBuf::from(object),
            source: io::Error::new(io::ErrorKind::NotFound, "there is no such object"),
        };
    }
    Error::Store {
        action,
        object,
        trouble,
        why: why(trouble, said, code, &texts),
    }
}

fn trouble_of(said: &Said, code: &str, whole: &str) -> Trouble {
    let has = |text: &str| whole.contains(text);
    let is_in = |codes: &[&str]| codes.iter().any(|it| *it == code || has(it));
    // Addresses at which machines ask for the credentials of their role.
    let asks_for_role = has("169.254.169.254") || has("169.254.170.2") || has("metadata.google");
    if is_in(&NO_BUCKET) {
        return Trouble::NoBucket;
    }
    if is_in(&CREDENTIALS) || asks_for_role || matches!(said, Said::Unauthenticated { .. }) {
        return Trouble::Credentials;
    }
    match said {
        Said::PermissionDenied { .. } => Trouble::Forbidden,
        Said::NotFound { .. } => Trouble::Other,
        _ if has("error sending request")
            || has("non-2xx status code: 5")
            || has("SlowDown")
            || has("error decoding response body")
            || has("timed out")
            || has("connection") =>
        {
            Trouble::Unreachable
        }
        _ => Trouble::Other,
    }
}

fn why(trouble: Trouble, said: &Said, code: &str, texts: &[String]) -> String {
    let whole = texts.join(" ");
    let message = between(&whole, "<Message>", "</Message>").unwrap_or_default();
    let theirs = match (code, message) {
        ("", "") => status(&whole).unwrap_or_else(|| innermost(texts)),
        (code, "") => code.to_string(),
        (code, message) => format!("{code}: {}", message.trim_end_matches('.')),
    };
    let words = match trouble {
        Trouble::NoBucket => "there is no such bucket",
        Trouble::Credentials if code.starts_with("Expired") => "the credentials have expired",
        Trouble::Credentials => "the store does not know the credentials, or none were found",
        Trouble::Forbidden => "the credentials may not do that",
        Trouble::Unreachable if whole.contains("timed out") => "the store did not answer in time",
        Trouble::Unreachable if whole.contains("status code: 5") || whole.contains("SlowDown") => {
            "the store is busy or has a fault"
        }
        Trouble::Unreachable => "the store cannot be reached, or broke off",
        Trouble::Taken | Trouble::Damaged | Trouble::Other => "",
    };
    let retried = between(&whole, "after ", " retries")
        .map_or(String::new(), |n| format!(", also after {n} retries"));
    match (words, matches!(said, Said::Generic { .. })) {
        ("", _) => theirs,
        (words, _) => format!("{words} ({theirs}{retried})"),
    }
}

/// `503 Service Unavailable` of an answer without a body that says more.
fn status(whole: &str) -> Option<String> {
    let from = whole.split("status code: ").nth(1)?;
    let end = from.find(':').unwrap_or(from.len());
    Some(from[..end].trim().to_string()).filter(|status| !status.is_empty())
}

/// An error and its causes, each in its own words.
fn texts(error: &dyn StdError) -> Vec<String> {
    let mut texts = vec![error.to_string()];
    let mut next = error.source();
    while let Some(error) = next {
        texts.push(error.to_string());
        next = error.source();
    }
    texts
}

/// The last cause says what happened, and nothing of addresses and keys.
fn innermost(texts: &[String]) -> String {
    let last = texts.last().map_or("", String::as_str);
    let line = last.lines().next().unwrap_or_default();
    line.chars().take(200).collect()
}

fn between<'a>(text: &'a str, from: &str, to: &str) -> Option<&'a str> {
    let rest = &text[text.find(from)? + from.len()..];
    Some(&rest[..rest.find(to)?])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn generic(text: &str) -> Said {
        Said::Generic {
            store: "S3",
            source: text.to_string().into(),
        }
    }

    #[test]
    fn what_a_store_says_becomes_a_kind_of_trouble_and_a_line() {
        let denied = || {
            Said::PermissionDenied {
            path: "a".to_string(),
            source: "<Error><Code>AccessDenied</Code><Message>Access Denied.</Message><AWSAccessKeyId>AKIA</AWSAccessKeyId></Error>".into(),
        }
        };
        let expired = "Server returned non-2xx status code: 400 Bad Request: <Error><Code>ExpiredToken</Code><Message>The provided token has expired.</Message></Error>";
        let slow = "Error performing PUT http://h/b in 3s, after 4 retries, max_retries: 4 - Server returned non-2xx status code: 503 Service Unavailable: ";
        for (said, trouble, line) in [
            (
                denied(),
                Trouble::Forbidden,
                "write s3://b/k: the credentials may not do that (AccessDenied: Access Denied)",
            ),
            (
                generic(expired),
                Trouble::Credentials,
                "write s3://b/k: the credentials have expired (ExpiredToken: The provided token has expired)",
            ),
            (
                generic(slow),
                Trouble::Unreachable,
                "write s3://b/k: the store is busy or has a fault (503 Service Unavailable, also after 4 retries)",
            ),
        ] {
            let error = told("write", "s3://b/k".to_string(), &said);
            assert_eq!(error.to_string(), line);
            assert!(
                matches!(error, Error::Store { trouble: found, .. } if found == trouble),
                "{error:?}"
            );
        }
        let absent = Said::NotFound {
            path: "k".to_string(),
            source: "404".into(),
        };
        assert!(matches!(
            told("read", "s3://b/k".to_string(), &absent),
            Error::Gone { .. }
        ));
    }
}
