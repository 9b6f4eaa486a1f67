//! Who may ask, how often, and from where: tokens, TLS, the rate of requests.
//!
//! Three ways to be open: on a loopback address without tokens, every user of this machine is admin, and web pages are kept
//! out (`origin`); with tokens, every request but those on open paths
//! needs one; with `insecure`, anyone may do
//! everything. On any other address a server without tokens does not start.

mod files;
mod origin;
mod rate;
mod sessions;
#[cfg(test)]
mod tests;
mod tls;
mod tokens;

use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::time::Instant;

use sha2::{Digest, Sha256};
use tokio_rustls::TlsAcceptor;
use warp::http::header::{AUTHORIZATION, ORIGIN};
use warp::http::{HeaderMap, HeaderValue};

use super::dialect::Dialect;
use super::error::Error;
use super::request::Caller;
use super::route_name::RouteName;
use crate::config::{Role, Server};
use crate::http::problem::{Code, Problem};
use origin::{Asks, Origin};
use rate::{Key, Rate};
use sessions::Sessions;
pub use sessions::secret as new_secret;
use tls::Tls;
use tokens::{Known, Tokens};

/// What a caller without a token is called.
pub const ANONYMOUS: &str = "anonymous";

/// Everything that decides who is let in.
pub struct Guard {
    tokens: Tokens,
    origin: Origin,
    rate: Rate,
    sessions: Sessions,
    trusts_proxy: bool,
    tls: Option<Tls>,
    is_insecure: bool,
    cors_origins: Vec<HeaderValue>,
}

impl Guard {
    /// As the settings say. Relative paths in them are below `folder`.
    ///
    /// # Errors
    /// When a file that they name cannot be used.
    pub fn new(settings: &Server, folder: &Path) -> Result<Self, Error> {
        let host = settings
            .listen
            .rsplit_once(':')
            .map_or("", |(host, _)| host);
        Ok(Guard {
            tokens: Tokens::new(settings, folder)?,
            origin: Origin {
                is_local: !settings.insecure,
                host: host.trim_matches(['[', ']']).to_string(),
            },
            rate: Rate::new(settings.limits.requests_per_second),
            sessions: Sessions::new(settings.session_hours),
            trusts_proxy: settings.trust_forwarded_proto,
            tls: Tls::new(settings, folder)?,
            is_insecure: settings.insecure,
            // An origin that cannot be in a header is none that a browser sends.
            cors_origins: settings
                .cors_origins
                .iter()
                .filter_map(|origin| HeaderValue::from_str(origin).ok())
                .collect(),
        })
    }

    /// Whether an address may be listened on: callers on other machines must show a token.
    ///
    /// # Errors
    /// When it is not a loopback address, there are no tokens, and `insecure` is not set.
    pub fn allow(&self, address: SocketAddr) -> Result<(), Error> {
        let is_local = address.ip().to_canonical().is_loopback();
        if is_local || self.tokens.are_needed() || self.is_insecure {
            return Ok(());
        }
        Err(Error::Open { address })
    }

    /// What takes connections, when they are to be encrypted.
    pub fn acceptor(&self) -> Option<TlsAcceptor> {
        Some(self.tls.as_ref()?.acceptor())
    }

    /// The origin of a page that may read the answer.
    pub fn cors(&self, headers: &HeaderMap) -> Option<HeaderValue> {
        if self.cors_origins.is_empty() {
            return None;
        }
        let mut origins = headers.get_all(ORIGIN).iter();
        let origin = origins.next().filter(|_| origins.next().is_none())?;
        self.cors_origins.contains(origin).then(|| origin.clone())
    }

    /// `http` or `https`.
    pub fn scheme(&self) -> &'static str {
        match self.tls {
            Some(_) => "https",
            None => "http",
        }
    }

    /// Reads files of the settings again that have changed.
    pub fn refresh(&self) {
        self.tokens.refresh();
        if let Some(tls) = &self.tls {
            tls.refresh();
        }
    }

    /// Lets a request in and says who asks.
    ///
    /// # Errors
    /// 401 without a known token, 403 when its role does not reach or a web page of elsewhere asks, 429 when it asks too often.
    pub fn admit(
        &self,
        route: &RouteName,
        headers: &HeaderMap,
        peer: Option<SocketAddr>,
    ) -> Result<Caller, Problem> {
        let role = route.role;
        let address = peer.map(|peer| peer.ip());
        let anonymous = |role| Caller {
            name: ANONYMOUS.to_string(),
            role,
            address,
        };
        let by_address = || address.map_or(Key::Others, Key::of);
        if !self.tokens.are_needed() {
            self.origin.check(headers, asks(route))?;
            if role.is_some() {
                self.rate.take(by_address, Instant::now())?;
            }
            return Ok(anonymous(Role::Admin));
        }
        let Some(needed) = role else {
            let known = self.volunteered(headers, by_address);
            return Ok(known.map_or_else(
                || anonymous(Role::Read),
                |known| Caller {
                    name: known.name,
                    role: known.role,
                    address,
                },
            ));
        };
        let session = self.session(headers).filter(|_| takes_sessions(route));
        let known = session.map_or_else(|| self.tokens.holder(headers), Ok);
        let known = known.map_err(|problem| {
            // Guesses are counted, too.
            let counted = self.rate.take(by_address, Instant::now());
            counted.err().unwrap_or(problem)
        })?;
        self.rate
            .take(|| Key::Name(known.name.clone()), Instant::now())?;
        if known.role < needed {
            return Err(Problem::new(
                Code::Forbidden,
                format!(
                    "this needs a token with the role {}; this one's is {}",
                    needed.name(),
                    known.role.name()
                ),
            ));
        }
        Ok(Caller {
            name: known.name,
            role: known.role,
            address,
        })
    }
}

/// Whether a browser's session is enough: on pages, whose forms prove that they are ours, and to look at something.
fn takes_sessions(route: &RouteName) -> bool {
    route.dialect == Dialect::Page || (route.method == "GET" && route.role == Some(Role::Read))
}

/// What a request asks for, for those who look where it comes from.
fn asks(route: &RouteName) -> Asks {
    match (route.role, route.method) {
        (Some(Role::Admin), "GET") => Asks::ChangeByGet,
        (Some(Role::Admin), _) => Asks::Change,
        _ => Asks::Look,
    }
}

impl Guard {
    /// Whose token is shown where none is needed: its holder sees what they may, and anyone else is unauthenticated. Guesses are
    /// counted before they are looked at, so that this is no better place for guessing than any other.
    fn volunteered(&self, headers: &HeaderMap, by_address: impl FnOnce() -> Key) -> Option<Known> {
        if let Some(known) = self.session(headers) {
            return Some(known);
        }
        headers.get(AUTHORIZATION)?;
        self.rate.take(by_address, Instant::now()).ok()?;
        self.tokens.holder(headers).ok()
    }

    /// The name of the holder of a token, whatever they may do.
    pub fn name_of(&self, headers: &HeaderMap) -> Option<String> {
        Some(self.tokens.holder(headers).ok()?.name)
    }
}

impl Guard {
    /// Whether requests need a token.
    pub fn is_guarded(&self) -> bool {
        self.tokens.are_needed()
    }

    /// Opens a session for the holder of a token: who it is, and the value of the `Set-Cookie` header.
    ///
    /// # Errors
    /// 401 for an unknown token; 429 for callers who guess too often.
    pub fn log_in(
        &self,
        headers: &HeaderMap,
        token: &str,
        peer: Option<IpAddr>,
    ) -> Result<(String, String), Problem> {
        let key = || peer.map_or(Key::Others, Key::of);
        self.rate.take(key, Instant::now())?;
        let digest: [u8; 32] = Sha256::digest(token.trim()).into();
        let known = self
            .tokens
            .of(&digest)
            .ok_or_else(|| Problem::new(Code::Unauthorized, "this token is not known here"))?;
        let cookie = self
            .sessions
            .open(digest, self.is_secure(headers), now_ms());
        Ok((known.name, cookie))
    }

    /// Ends the session of a browser: the value of the `Set-Cookie` header that forgets it, and what other servers have to be notified of.
    pub fn log_out(&self, headers: &HeaderMap) -> (String, Option<(String, i64)>) {
        self.sessions
            .close(headers, self.is_secure(headers), now_ms())
    }

    /// Takes a key that other servers have, too, so that each takes the sessions of the others.
    pub fn share_sessions(&self, key: &str) {
        self.sessions.share(key);
    }

    /// Takes in which sessions were ended elsewhere: each with when it would have ended by itself.
    pub fn end_sessions(&self, ended: Vec<(String, i64)>) {
        self.sessions.end(ended, now_ms());
    }

    /// Whose session a request shows. A browser sends the cookie from our own pages only; one that says the request is made by
    /// a page of elsewhere shows none.
    pub fn session(&self, headers: &HeaderMap) -> Option<Known> {
        let digest = self.sessions.token(headers, now_ms())?;
        let is_ours = |value: &HeaderValue| value == "same-origin" || value == "none";
        let is_from_here = headers.get_all("sec-fetch-site").iter().all(is_ours);
        self.tokens.of(&digest).filter(|_| is_from_here)
    }

    /// What a form of this caller has to send back.
    pub fn csrf(&self, headers: &HeaderMap) -> String {
        self.sessions.csrf(headers, now_ms())
    }

    /// Whether a form sent back what it was given.
    pub fn is_csrf(&self, headers: &HeaderMap, given: &str) -> bool {
        self.sessions.is_csrf(headers, given, now_ms())
    }

    /// Whether the caller came by HTTPS, to this server or to the proxy before it.
    fn is_secure(&self, headers: &HeaderMap) -> bool {
        let forwarded = headers.get("x-forwarded-proto");
        let by_proxy =
            forwarded.is_some_and(|proto| proto.as_bytes().eq_ignore_ascii_case(b"https"));
        self.tls.is_some() || (self.trusts_proxy && by_proxy)
    }
}

/// Sessions end by the system's clock, whatever time the program was given.
fn now_ms() -> i64 {
    crate::clock::Clock::System.now_ms()
}
