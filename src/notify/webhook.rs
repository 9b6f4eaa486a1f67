//! A POST of JSON, signed. It blocks; for a thread that may.

use std::time::Duration;

use hmac::{Hmac, Mac};
use sha2::Sha256;

use super::{Error, secret};
use crate::text::hex;

/// A message on its way to an address.
pub struct Posting<'a> {
    /// The address.
    pub url: &'a str,
    /// What signs, if anything does.
    pub key: Option<&'a str>,
    /// The message's id, the same for each attempt.
    pub id: &'a str,
    /// The attempt, from 1.
    pub attempt: i64,
    /// JSON.
    pub body: &'a str,
    /// Seconds since 1970, now.
    pub at: i64,
    /// How long it may take.
    pub timeout: Duration,
}

/// The header that says who sent it and when: HMAC-SHA256 over `<time>.<body>`.
pub fn signature(key: &str, at: i64, body: &str) -> String {
    // A key of any length will do, so this does not fail; without one nothing could be verified.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key.as_bytes()) else {
        return format!("t={at}");
    };
    mac.update(format!("{at}.{body}").as_bytes());
    format!("t={at},v1={}", hex(&mac.finalize().into_bytes()))
}

/// Sends it once.
///
/// # Errors
/// When it is not answered with 2xx in time. A redirect is not an answer: what is signed goes where it was meant to go.
pub fn post(posting: &Posting<'_>) -> Result<(), Error> {
    let agent = ureq::Agent::config_builder()
        .timeout_global(Some(posting.timeout))
        .max_redirects(0)
        .max_redirects_will_error(false)
        .http_status_as_error(false)
        .build()
        .new_agent();
    let mut request = agent
        .post(posting.url)
        .header("content-type", "application/json")
        .header("user-agent", concat!("unseat/", env!("CARGO_PKG_VERSION")))
        .header("x-unseat-id", posting.id)
        .header("x-unseat-attempt", posting.attempt.to_string());
    if let Some(key) = posting.key {
        request = request.header(
            "x-unseat-signature",
            signature(key, posting.at, posting.body),
        );
    }
    match request.send(posting.body) {
        Ok(answer) if answer.status().is_success() => Ok(()),
        Ok(answer) => Err(Error::Status(answer.status().as_u16())),
        Err(ureq::Error::Timeout(_)) => Err(Error::TooLong(posting.timeout.as_secs_f64())),
        Err(error) => {
            // The address may be a secret itself, and so may be what is behind its host.
            let secrets = [posting.url, posting.key.unwrap_or_default()];
            let text = match error {
                ureq::Error::BadUri(_) => "its address cannot be read".to_string(),
                other => secret::scrubbed(&other.to_string(), &secrets),
            };
            Err(Error::Webhook(text))
        }
    }
}
