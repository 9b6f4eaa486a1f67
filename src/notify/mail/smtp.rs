//! Sending by SMTP.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lettre::message::{Mailbox, header::ContentType};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::{Message, SmtpTransport, Transport};

use crate::notify::email::Email;
use crate::notify::{Error, secret};

/// Sends it once.
///
/// # Errors
/// When the server does not take it.
pub fn send(email: &Email<'_>) -> Result<(), Error> {
    let failed = |text: String| Error::Mail(scrubbed(&text, email.login));
    let message = written(email).map_err(failed)?;
    let tls = TlsParameters::new(email.smtp.host.clone());
    let tls = tls.map_err(|error| failed(error.to_string()))?;
    let tls = match (email.smtp.is_wrapped, email.smtp.is_local()) {
        (true, _) => Tls::Wrapper(tls),
        (false, false) => Tls::Required(tls),
        // What stays on this machine may go in the open.
        (false, true) => Tls::Opportunistic(tls),
    };
    let mut server = SmtpTransport::builder_dangerous(email.smtp.host.clone())
        .port(email.smtp.port)
        .tls(tls)
        .timeout(Some(email.timeout));
    if let Some((user, password)) = email.login {
        server = server.credentials(Credentials::new(user.to_string(), password.to_string()));
    }
    let sent = server.build().send(&message);
    sent.map(|_| ()).map_err(|error| {
        let mut text = error.to_string();
        let mut next = std::error::Error::source(&error);
        while let Some(cause) = next {
            text = format!("{text}: {cause}");
            next = cause.source();
        }
        failed(text)
    })
}

fn written(email: &Email<'_>) -> Result<Message, String> {
    let mailbox = |text: &str| {
        let parsed = text.parse::<Mailbox>();
        parsed.map_err(|_| format!("`{text}` is not a mail address"))
    };
    let from = mailbox(email.from)?;
    let domain = from.email.domain().to_string();
    let mut message = Message::builder()
        .from(from)
        .subject(email.event.headline())
        .message_id(Some(format!("<{}@{domain}>", email.id)))
        .header(ContentType::TEXT_PLAIN);
    for to in email.to {
        message = message.to(mailbox(to)?);
    }
    let made = message.body(email.event.text.clone());
    made.map_err(|error| error.to_string())
}

/// What a server says may repeat the credentials.
fn scrubbed(text: &str, login: Option<(&str, &str)>) -> String {
    let Some((user, password)) = login else {
        return secret::scrubbed(text, &[]);
    };
    let plain = STANDARD.encode(format!("\0{user}\0{password}"));
    secret::scrubbed(text, &[&plain, password])
}
