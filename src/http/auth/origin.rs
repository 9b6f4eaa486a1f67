//! Requests that a web page makes a browser send. Without tokens, anyone who can reach the port may do everything, and every
//! page that is open in a browser of this machine can reach it.

use std::net::IpAddr;

use warp::http::header::{HOST, ORIGIN, REFERER};
use warp::http::{HeaderMap, HeaderValue};

use crate::http::problem::{Code, Problem};

/// A header that no page of elsewhere can send without being allowed to.
const REQUESTED_WITH: &str = "x-requested-with";

/// What a request asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asks {
    /// To read something.
    Look,
    /// To change something.
    Change,
    /// To change something with a GET, which any page can make.
    ChangeByGet,
}

/// What is looked at where no token is needed.
pub struct Origin {
    /// Whether the name by which we were asked must be this machine's. It is not a name of ours when a page of elsewhere had
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
    pub fn check(&self, headers: &HeaderMap, asks: Asks) -> Result<(), Problem> {
        if self.is_local && !self.is_ours(headers) {
            return Err(Problem::new(
                Code::Forbidden,
                "without tokens, requests must name this machine: use localhost or 127.0.0.1 in the address; `unseat token` makes tokens, with which every name is answered",
            ));
        }
        if asks != Asks::Look && is_from_elsewhere(headers) {
            return Err(Problem::new(
                Code::Forbidden,
                "a page of another site may not change anything here; ask from this machine, or set up tokens with `unseat token`",
            ));
        }
        if asks == Asks::ChangeByGet && !self.is_meant(headers) {
            return Err(Problem::new(
                Code::Forbidden,
                "this GET changes something, and a page of another site may have made it: send the header `X-Requested-With` (any value), POST to /models/{model}/versions/{version}/promote, or set up tokens with `unseat token`",
            ));
        }
        Ok(())
    }

    /// Whether a GET was made on purpose. A page can make a browser send one anywhere, with cookies and without a header of
    /// its own; a header that is not a common one it cannot add. To a loopback address every browser says by itself where the
    /// page is from (`Sec-Fetch-Site`), and that was looked at; to another one over plain HTTP none does.
    fn is_meant(&self, headers: &HeaderMap) -> bool {
        if headers.contains_key(REQUESTED_WITH) {
            return true;
        }
        let mut referers = headers.get_all(REFERER).iter();
        let host = headers.get(HOST).map(HeaderValue::as_bytes);
        match (referers.next(), referers.next()) {
            (Some(referer), None) => is_same(site_of(referer.as_bytes()), host),
            (Some(_), Some(_)) => false,
            (None, _) => self.is_local || headers.get("sec-fetch-site").is_some(),
        }
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
    let mut origins = headers.get_all(ORIGIN).iter();
    origins.any(|origin| !is_same(authority_of(origin.as_bytes()), host))
}

/// Whether both are there and the same.
fn is_same(authority: Option<&[u8]>, host: Option<&[u8]>) -> bool {
    authority
        .zip(host)
        .is_some_and(|(a, b)| a.eq_ignore_ascii_case(b))
}

/// Host and port of a URL.
fn site_of(url: &[u8]) -> Option<&[u8]> {
    let authority = authority_of(url)?;
    let end = authority.iter().position(|byte| b"/?#".contains(byte));
    Some(&authority[..end.unwrap_or(authority.len())])
}

/// What is behind `://`; `null`, of a page that hides where it is from, has none.
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
        let asks = if changes_state {
            Asks::Change
        } else {
            Asks::Look
        };
        allows(true, headers, asks)
    }

    fn allows(is_local: bool, headers: &[(&'static str, &'static str)], asks: Asks) -> bool {
        let origin = Origin {
            is_local,
            host: "box".to_string(),
        };
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, HeaderValue::from_static(value));
        }
        origin.check(&map, asks).is_ok()
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
            assert!(
                allowed(&headers, false),
                "looking is not a change: {more:?}"
            );
        }
    }

    #[test]
    fn a_get_that_changes_something_was_made_on_purpose() {
        let host = ("host", "192.168.1.5:8000");
        let cases: &[(&[(&str, &str)], bool)] = &[
            // What `<img src=…>` sends over plain HTTP, with and without where it is from.
            (&[("referer", "http://evil.example/")], false),
            (&[("accept", "image/webp,*/*")], false),
            (
                &[("referer", "http://192.168.1.5:8000.evil.example/")],
                false,
            ),
            (
                &[("referer", "http://evil.example/?http://192.168.1.5:8000/")],
                false,
            ),
            (
                &[("referer", "http://evil.example/#://192.168.1.5:8000")],
                false,
            ),
            (&[("referer", "http://192.168.1.5:8001/")], false),
            (
                &[("referer", "http://192.168.1.5:8000@evil.example/")],
                false,
            ),
            (&[("referer", "")], false),
            (&[("referer", "192.168.1.5:8000")], false),
            (
                &[
                    ("referer", "http://192.168.1.5:8000/"),
                    ("referer", "http://evil.example/"),
                ],
                false,
            ),
            (
                &[("sec-fetch-site", "cross-site"), ("x-requested-with", "x")],
                false,
            ),
            (
                &[("origin", "http://evil.example"), ("x-requested-with", "x")],
                false,
            ),
            (&[("referer", "http://192.168.1.5:8000/")], true),
            (&[("referer", "http://192.168.1.5:8000/docs?a=b")], true),
            (&[("x-requested-with", "curl")], true),
            (&[("sec-fetch-site", "same-origin")], true),
            (&[("sec-fetch-site", "none")], true),
        ];
        for (more, expected) in cases {
            let headers: Vec<_> = [host].into_iter().chain(more.iter().copied()).collect();
            let found = allows(false, &headers, Asks::ChangeByGet);
            assert_eq!(found, *expected, "{more:?}");
        }
        let local = [("host", "localhost:8000")];
        assert!(allows(true, &local, Asks::ChangeByGet));
        let led = [
            ("host", "localhost:8000"),
            ("referer", "http://evil.example/"),
        ];
        assert!(!allows(true, &led, Asks::ChangeByGet));
    }
}
