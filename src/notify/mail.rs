//! An e-mail by SMTP. It blocks; for a thread that may.

#[cfg(feature = "mail")]
mod smtp;

#[cfg(not(feature = "mail"))]
use super::Error;

pub use super::email::Email;
#[cfg(feature = "mail")]
pub use smtp::send;

/// Always fails: there is nothing to send it with.
///
/// # Errors
/// Always.
#[cfg(not(feature = "mail"))]
pub fn send(_letter: &Email<'_>) -> Result<(), Error> {
    let why = "this program was built without the feature `mail`";
    Err(Error::Mail(why.to_string()))
}
