//! Sessions of browsers: whoever shows a token once gets a cookie, so that pages need no `Authorization` header.
//!
//! A session lives in this process, for as long as the settings say and its token is known. The cookie is `HttpOnly` and
//! `SameSite=Strict`; every form carries a second secret (`csrf`), which no page of another site can read.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::RngCore;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use warp::http::HeaderMap;
use warp::http::header::COOKIE;

/// Name of the cookie.
const NAME: &str = "unseat_session";
/// Most sessions at a time; beyond them, the one that would end first makes room.
const MOST: usize = 10_000;

/// Sessions that are open.
pub struct Sessions {
    /// SHA-256 of the cookie → session.
    open: Mutex<HashMap<[u8; 32], Session>>,
    lasts: Duration,
    /// What forms carry where no token is needed.
    common: String,
}

/// A session that is open.
#[derive(Debug, Clone)]
struct Session {
    /// SHA-256 of the token that was shown.
    token: [u8; 32],
    csrf: String,
    until: Instant,
}

impl Sessions {
    /// None is open; each will last for so many hours.
    pub fn new(hours: f64) -> Self {
        Sessions {
            open: Mutex::default(),
            lasts: Duration::from_secs_f64(hours * 3600.0),
            common: secret(),
        }
    }

    /// Opens a session for the holder of a token; returns the value of its `Set-Cookie` header.
    pub fn open(&self, token: [u8; 32], is_secure: bool, now: Instant) -> String {
        let cookie = secret();
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.retain(|_, session| session.until > now);
        if open.len() >= MOST
            && let Some(first) = open
                .iter()
                .min_by_key(|(_, session)| session.until)
                .map(|(key, _)| *key)
        {
            open.remove(&first);
        }
        open.insert(
            digest(&cookie),
            Session {
                token,
                csrf: secret(),
                until: now + self.lasts,
            },
        );
        set_cookie(&cookie, self.lasts.as_secs(), is_secure)
    }

    /// SHA-256 of the token of the session that a request shows.
    pub fn token(&self, headers: &HeaderMap, now: Instant) -> Option<[u8; 32]> {
        self.find(headers, now).map(|session| session.token)
    }

    /// What a form of this caller has to send back.
    pub fn csrf(&self, headers: &HeaderMap, now: Instant) -> String {
        let session = self.find(headers, now);
        session.map_or_else(|| self.common.clone(), |session| session.csrf)
    }

    /// Whether a form sent back what it was given.
    pub fn is_csrf(&self, headers: &HeaderMap, given: &str, now: Instant) -> bool {
        let expected = self.csrf(headers, now);
        bool::from(expected.as_bytes().ct_eq(given.as_bytes()))
    }

    /// Ends the session that a request shows; returns the value of the `Set-Cookie` header that forgets it.
    pub fn close(&self, headers: &HeaderMap, is_secure: bool) -> String {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        for cookie in cookies(headers) {
            open.remove(&digest(cookie));
        }
        set_cookie("", 0, is_secure)
    }

    fn find(&self, headers: &HeaderMap, now: Instant) -> Option<Session> {
        let mut cookies = cookies(headers).peekable();
        cookies.peek()?;
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let found = cookies.find_map(|cookie| open.get(&digest(cookie)));
        found.filter(|session| session.until > now).cloned()
    }
}

fn set_cookie(value: &str, seconds: u64, is_secure: bool) -> String {
    let secure = if is_secure { "; Secure" } else { "" };
    format!("{NAME}={value}; Path=/; HttpOnly; SameSite=Strict; Max-Age={seconds}{secure}")
}

/// Values of our cookie in a request.
fn cookies(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    let values = headers.get_all(COOKIE).iter();
    let pairs = values
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'));
    pairs.filter_map(|pair| {
        let (name, value) = pair.trim().split_once('=')?;
        (name == NAME).then_some(value)
    })
}

fn digest(text: &str) -> [u8; 32] {
    Sha256::digest(text).into()
}

/// 256 bits of chance as text.
fn secret() -> String {
    let mut bytes = [0; 32];
    rand::rng().fill_bytes(&mut bytes);
    URL_SAFE_NO_PAD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use warp::http::HeaderValue;

    fn with(set_cookie: &str) -> HeaderMap {
        let pair = set_cookie.split(';').next().expect("a pair");
        let mut headers = HeaderMap::new();
        let value = format!("other=1; {pair}");
        headers.insert(COOKIE, HeaderValue::from_str(&value).expect("a header"));
        headers
    }

    #[test]
    fn a_session_lasts_until_it_ends_or_is_ended() {
        let sessions = Sessions::new(1.0);
        let now = Instant::now();
        let cookie = sessions.open([7; 32], true, now);
        for part in [
            "HttpOnly",
            "SameSite=Strict",
            "Path=/",
            "Max-Age=3600",
            "Secure",
        ] {
            assert!(cookie.split("; ").any(|it| it == part), "{cookie}");
        }
        let headers = with(&cookie);
        assert_eq!(sessions.token(&headers, now), Some([7; 32]));
        let later = now + Duration::from_secs(3600);
        assert_eq!(sessions.token(&headers, later), None);
        let forgotten = sessions.close(&headers, false);
        assert!(forgotten.contains("Max-Age=0") && !forgotten.contains("Secure"));
        assert_eq!(sessions.token(&headers, now), None);
        assert_eq!(sessions.token(&HeaderMap::new(), now), None);
    }

    #[test]
    fn a_form_of_one_session_is_none_of_another() {
        let sessions = Sessions::new(1.0);
        let now = Instant::now();
        let one = with(&sessions.open([1; 32], false, now));
        let other = with(&sessions.open([1; 32], false, now));
        let csrf = sessions.csrf(&one, now);
        assert!(sessions.is_csrf(&one, &csrf, now));
        assert!(!sessions.is_csrf(&other, &csrf, now));
        assert!(!sessions.is_csrf(&HeaderMap::new(), &csrf, now));
        assert!(!sessions.is_csrf(&one, "", now));
        assert!(!sessions.is_csrf(&one, &sessions.csrf(&HeaderMap::new(), now), now));
    }
}
