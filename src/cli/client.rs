//! How a command asks a running server: where it is, with which token, with which patience.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use ureq::Agent;

use super::{Failure, Kind};
use crate::config::Server;

/// Longest wait for a connection.
const CONNECT: Duration = Duration::from_secs(5);

/// A running server, as flags name it.
#[derive(Debug, Args)]
pub struct ServerArgs {
    /// Address of the server; without it, `server.listen` of the project
    #[arg(long, value_name = "URL")]
    pub url: Option<String>,
    /// File with the token to send; without it, the variable UNSEAT_TOKEN, if set
    #[arg(long, value_name = "FILE")]
    pub token_file: Option<PathBuf>,
}

impl ServerArgs {
    /// The server's root without a slash at its end: what `--url` says, else what the project listens on.
    ///
    /// # Errors
    /// `--url` is not an address; or it is not given, and there is no project.
    pub fn root(&self, server: Result<Server, Failure>) -> Result<String, Failure> {
        if let Some(url) = &self.url {
            return root(url);
        }
        let server =
            server.map_err(|failure| failure.hint("without a project, give `--url URL`"))?;
        let scheme = server.tls.as_ref().map_or("http", |_| "https");
        root(&format!("{scheme}://{}", reachable(&server.listen)))
    }

    /// The token to send, if there is one.
    ///
    /// # Errors
    /// The file cannot be read, or holds something else.
    pub fn token(&self) -> Result<Option<String>, Failure> {
        let text = match &self.token_file {
            Some(path) => std::fs::read_to_string(path).map_err(|error| {
                let what = format!("read the token in {}", path.display());
                Failure::new(Kind::Usage, anyhow::Error::from(error).context(what))
                    .hint("name a file that holds the token and nothing else")
            })?,
            None => std::env::var("UNSEAT_TOKEN").unwrap_or_default(),
        };
        let text = text.trim();
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(
                Failure::usage("use the token: it has characters that no token has")
                    .hint("the file or UNSEAT_TOKEN holds the token itself, on one line"),
            );
        }
        Ok((!text.is_empty()).then(|| text.to_string()))
    }
}

/// A client that takes every status for an answer, follows no redirect, and gives an answer this long.
pub fn agent(patience: Duration) -> Agent {
    Agent::config_builder()
        .http_status_as_error(false)
        .timeout_global(Some(patience))
        .timeout_connect(Some(CONNECT.min(patience)))
        .max_redirects(0)
        .allow_non_standard_methods(true)
        .build()
        .new_agent()
}

fn root(url: &str) -> Result<String, Failure> {
    let root = url.trim_end_matches('/');
    let is_http = root.starts_with("http://") || root.starts_with("https://");
    if !is_http || root.parse::<ureq::http::Uri>().is_err() {
        let failure = Failure::usage("read `--url`: it is not an http:// or https:// address");
        return Err(failure.hint("write it like http://127.0.0.1:8000"));
    }
    Ok(root.to_string())
}

/// The address as a client names it: a server on all addresses is on this machine's own, too.
fn reachable(listen: &str) -> String {
    match listen.rsplit_once(':') {
        Some(("0.0.0.0" | "[::]" | "*" | "", port)) => format!("127.0.0.1:{port}"),
        _ => listen.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_root_is_an_address_without_its_last_slash() {
        assert_eq!(
            root("http://127.0.0.1:8000/").ok().as_deref(),
            Some("http://127.0.0.1:8000")
        );
        for wrong in ["127.0.0.1:8000", "ftp://host", "http://"] {
            assert!(root(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_server_on_all_addresses_is_asked_on_this_machine() {
        for (listen, expected) in [
            ("0.0.0.0:8000", "127.0.0.1:8000"),
            ("[::]:80", "127.0.0.1:80"),
            ("10.0.0.7:8000", "10.0.0.7:8000"),
        ] {
            assert_eq!(reachable(listen), expected);
        }
    }
}
