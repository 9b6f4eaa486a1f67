//! An e-mail that is to be sent.

use std::time::Duration;

use super::Event;
use crate::config::notify::Smtp;

/// An e-mail that is being sent.
#[cfg_attr(not(feature = "mail"), allow(dead_code, reason = "nothing sends it"))]
pub struct Email<'a> {
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
