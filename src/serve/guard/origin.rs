//! Requests that a web page makes a browser send. Without tokens, whoever can reach the port may do everything, and every
//! page that is open in a browser of this machine can reach it.

use std::net::IpAddr;

use warp::http::header::{HOST, ORIGIN};
use warp::http::{HeaderMap, HeaderValue};

use crate::serve::{Code, Problem};

/// What is looked at where no token is needed.
pub struct Origin {
    /// Whether the name by which we were asked must be this machine's. It is no name of ours when a page of elsewhere had
    /// its own name point here.
    pub is_local: bool,
    /// The address that is listened on, as the settings have it, without its port.
    pub host: String,
}

impl Origin {
    /// Lets a request in that no page of elsewhere can have sent.
    ///
    /// # Errors
    /// 403 for a foreign name, and for a change of state that a page of elsewhere asks for.
    pub fn check(&self, headers: &HeaderMap, changes_state: bool) -> Result<(), Problem> {
        if self.is_local && !self.is_ours(headers) {
            return Err(Problem::new(
                Code::Forbidden,
                "without tokens, requests must name this machine: use localhost or 127.0.0.1 in the address; `unseat token` makes tokens, with which every name is answered",
            ));
        }
        if changes_state && is_from_elsewhere(headers) {
            return Err(Problem::new(
                Code::Forbidden,
                "a page of another site may not change anything here; ask from this machine, or set up tokens with `unseat token`",
            ));
        }
        Ok(())
    }

    /// Whether every `Host` is a name of this machine. A request without one comes from no browser.
    fn is_ours(&self, headers: &HeaderMap) -> bool {
        headers.get_all(HOST).iter().all(|value| {
            let host = value.to_str().ok().and_then(host_of);
            host.is_some_and(|host| is_loopback(host) || host.eq_ignore_ascii_case(&self.host))
        })
    }
}

/// Whether a browser says that a page of elsewhere made it ask. The two headers cannot be set by a page.
fn is_from_elsewhere(headers: &HeaderMap) -> bool {
    let is_foreign = |value: &HeaderValue| value != "same-origin" && value != "none";
    if headers.get_all("sec-fetch-site").iter().any(is_foreign) {
        return true;
    }
    let host = headers.get(HOST).map(HeaderValue::as_bytes);
    headers.get_all(ORIGIN).iter().any(|origin| {
        let authority = authority_of(origin.as_bytes());
        authority.is_none()
            || !authority
                .zip(host)
                .is_some_and(|(a, b)| a.eq_ignore_ascii_case(b))
    })
}

/// What stands behind `://`; `null`, of a page that hides where it is from, has none.
fn authority_of(origin: &[u8]) -> Option<&[u8]> {
    let at = origin.windows(3).position(|part| part == b"://")?;
    origin.get(at + 3..).filter(|rest| !rest.is_empty())
}

/// The host of `host`, `host:port`, `[v6]` or `[v6]:port`.
pub fn host_of(authority: &str) -> Option<&str> {
    let (host, rest) = match authority.strip_prefix('[') {
        Some(rest) => rest.split_once(']')?,
        None => {
            let at = authority.find(':').unwrap_or(authority.len());
            authority.split_at(at)
        }
    };
    let is_port = |port: &str| !port.is_empty() && port.bytes().all(|it| it.is_ascii_digit());
    let is_end = rest.is_empty() || rest.strip_prefix(':').is_some_and(is_port);
    (is_end && !host.is_empty()).then_some(host)
}

fn is_loopback(host: &str) -> bool {
    let is_address = |address: IpAddr| address.to_canonical().is_loopback();
    host.eq_ignore_ascii_case("localhost") || host.parse().is_ok_and(is_address)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(headers: &[(&'static str, &'static str)], changes_state: bool) -> bool {
        let origin = Origin {
            is_local: true,
            host: "box".to_string(),
        };
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, HeaderValue::from_static(value));
        }
        origin.check(&map, changes_state).is_ok()
    }

    #[test]
    fn only_names_of_this_machine_are_answered() {
        let ours = [
            "localhost",
            "LOCALHOST:8000",
            "127.0.0.1:1",
            "127.0.0.9",
            "[::1]:8000",
            "[::1]",
            "box:80",
            "[::ffff:127.0.0.1]",
        ];
        for host in ours {
            assert!(allowed(&[("host", host)], false), "{host}");
        }
        let others = [
            "example.org",
            "localhost.example.org",
            "127.0.0.1.example.org:8000",
            "10.0.0.1",
            "",
            ":80",
            "localhost:",
            "localhost:80:80",
            "::1",
            "[::1",
            "evil@localhost",
            "localhost, x",
            "box.example.org",
        ];
        for host in others {
            assert!(!allowed(&[("host", host)], false), "{host}");
        }
        assert!(allowed(&[], false), "no browser leaves it out");
        assert!(!allowed(
            &[("host", "localhost"), ("host", "example.org")],
            false
        ));
    }

    #[test]
    fn a_page_of_elsewhere_changes_nothing() {
        let host = ("host", "localhost:8000");
        let cases: &[(&[(&str, &str)], bool)] = &[
            (&[], true),
            (&[("sec-fetch-site", "none")], true),
            (
                &[
                    ("sec-fetch-site", "same-origin"),
                    ("origin", "http://localhost:8000"),
                ],
                true,
            ),
            (&[("origin", "http://LOCALHOST:8000")], true),
            (&[("origin", "http://localhost:3000")], false),
            (&[("origin", "https://example.org")], false),
            (&[("origin", "null")], false),
            (&[("origin", "")], false),
            (&[("origin", "http://")], false),
            (&[("sec-fetch-site", "cross-site")], false),
            (&[("sec-fetch-site", "same-site")], false),
            (
                &[
                    ("sec-fetch-site", "same-origin"),
                    ("sec-fetch-site", "cross-site"),
                ],
                false,
            ),
        ];
        for (more, expected) in cases {
            let headers: Vec<_> = [host].into_iter().chain(more.iter().copied()).collect();
            assert_eq!(allowed(&headers, true), *expected, "{more:?}");
            assert!(allowed(&headers, false), "looking is no change: {more:?}");
        }
    }
}
