//! The dashboard, as a browser without scripts and one with them sees it.

mod approval;
mod browser;
mod driver;
mod eyes;
mod figures;
mod login;
mod monitoring;
mod readiness;

use crate::serve::{Answer, Server};
use crate::support::sha256;

/// What a browser says that it takes.
pub const BROWSER: (&str, &str) = ("accept", "text/html,application/xhtml+xml,*/*;q=0.8");

/// A page as a browser asks for it.
pub fn page(server: &Server, path: &str, cookie: Option<&str>) -> Answer {
    let mut headers = vec![BROWSER];
    headers.extend(cookie.map(|cookie| ("cookie", cookie)));
    server.send("GET", path, &headers, b"")
}

/// Sends a form.
pub fn form(server: &Server, path: &str, cookie: Option<&str>, fields: &[(&str, &str)]) -> Answer {
    let mut headers = vec![
        BROWSER,
        ("content-type", "application/x-www-form-urlencoded"),
    ];
    headers.extend(cookie.map(|cookie| ("cookie", cookie)));
    let encoded = |text: &str| -> String {
        let byte = |byte: u8| {
            if byte.is_ascii_alphanumeric() {
                char::from(byte).to_string()
            } else {
                format!("%{byte:02X}")
            }
        };
        text.bytes().map(byte).collect()
    };
    let pairs: Vec<String> = fields
        .iter()
        .map(|(name, value)| format!("{}={}", encoded(name), encoded(value)))
        .collect();
    server.send("POST", path, &headers, pairs.join("&").as_bytes())
}

/// What a form of a page has to send back.
#[track_caller]
pub fn csrf(page: &Answer) -> String {
    let text = page.text();
    let rest = text.split("name=\"csrf\" value=\"").nth(1);
    let value = rest.and_then(|rest| rest.split('"').next());
    value
        .unwrap_or_else(|| panic!("no form: {text}"))
        .to_string()
}

/// A token as the settings have it.
pub fn token(name: &str, role: &str, secret: &str) -> serde_json::Value {
    serde_json::json!({"name": name, "role": role, "sha256": sha256(secret.as_bytes())})
}
