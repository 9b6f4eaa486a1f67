//! A letter by SMTP. It blocks; for a thread that may.

#[cfg(feature = "mail")]
mod smtp;

use std::time::Duration;

#[cfg(not(feature = "mail"))]
use super::Error;
use super::Event;
use crate::config::notify::Smtp;

/// A letter on its way.
#[cfg_attr(not(feature = "mail"), allow(dead_code, reason = "nothing sends it"))]
pub struct Letter<'a> {
    /// The server.
    pub smtp: &'a Smtp,
    /// Who logs in, with the password.
    pub login: Option<(&'a str, &'a str)>,
    /// Who sends.
    pub from: &'a str,
    /// Who is written to.
    pub to: &'a [String],
    /// What happened.
    pub event: &'a Event,
    /// The message's id, the same for each attempt.
    pub id: &'a str,
    /// How long each step may take.
    pub timeout: Duration,
}

#[cfg(feature = "mail")]
pub use smtp::send;

/// Refuses: there is nothing to send it with.
///
/// # Errors
/// Always.
#[cfg(not(feature = "mail"))]
pub fn send(_letter: &Letter<'_>) -> Result<(), Error> {
    let why = "this program was built without the feature `mail`";
    Err(Error::Mail(why.to_string()))
}
