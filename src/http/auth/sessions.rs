//! Browser sessions: a login with a token gets a cookie, so that pages need no `Authorization` header.
//!
//! A cookie holds when it ends, the digest of the token that was shown, and a number by chance, signed with a key. Servers that share
//! the key take one another's cookies. A session is good until its time is over, its token is unknown, or it was ended. The cookie is
//! `HttpOnly` and `SameSite=Strict`; every form carries a second secret (`csrf`) that goes with the session, which no page of
//! another site can read.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError, RwLock};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac};
use rand::RngCore;
use sha2::Sha256;
use subtle::ConstantTimeEq;
use warp::http::HeaderMap;
use warp::http::header::COOKIE;

/// Name of the cookie.
const NAME: &str = "unseat_session";
/// Where in a cookie the digest begins, behind the time at which it ends.
const DIGEST: usize = 8;
/// Where the number by chance begins.
const CHANCE: usize = DIGEST + 32;
/// Where the signature begins.
const SIGNATURE: usize = CHANCE + 16;
/// Bytes of a cookie.
const WHOLE: usize = SIGNATURE + 32;

/// What is known of sessions.
pub struct Sessions {
    /// Signs cookies and forms.
    key: RwLock<[u8; 32]>,
    lasts_ms: i64,
    /// Sessions that were ended → when they would have ended by themselves.
    ended: Mutex<HashMap<String, i64>>,
}

/// A session that is open.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Session {
    /// SHA-256 of the token that was shown.
    token: [u8; 32],
    /// Its key.
    id: String,
    until_ms: i64,
}

impl Sessions {
    /// None is open; each will last for this many hours. The key is one by chance.
    pub fn new(hours: f64) -> Self {
        Sessions {
            key: RwLock::new(chance()),
            lasts_ms: (hours * 3_600_000.0) as i64,
            ended: Mutex::default(),
        }
    }

    /// Takes a key that other servers have, too.
    pub fn share(&self, key: &str) {
        let mut mac = mac(key.as_bytes());
        mac.update(b"unseat sessions");
        let key = mac.finalize().into_bytes().into();
        *self.key.write().unwrap_or_else(PoisonError::into_inner) = key;
    }

    /// Opens a session for the holder of a token; returns the value of its `Set-Cookie` header.
    pub fn open(&self, token: [u8; 32], is_secure: bool, now_ms: i64) -> String {
        let mut cookie = Vec::with_capacity(WHOLE);
        cookie.extend_from_slice(&(now_ms + self.lasts_ms).to_be_bytes());
        cookie.extend_from_slice(&token);
        cookie.extend_from_slice(&chance()[..SIGNATURE - CHANCE]);
        let signature = self.signed(b"session", &cookie);
        cookie.extend_from_slice(&signature);
        let seconds = self.lasts_ms / 1000;
        set_cookie(&URL_SAFE_NO_PAD.encode(cookie), seconds, is_secure)
    }

    /// SHA-256 of the token of the session that a request shows.
    pub fn token(&self, headers: &HeaderMap, now_ms: i64) -> Option<[u8; 32]> {
        self.find(headers, now_ms).map(|session| session.token)
    }

    /// What a form of this caller has to send back.
    pub fn csrf(&self, headers: &HeaderMap, now_ms: i64) -> String {
        let session = self.find(headers, now_ms);
        let of = session.map_or(String::new(), |session| session.id);
        URL_SAFE_NO_PAD.encode(self.signed(b"form", of.as_bytes()))
    }

    /// Whether a form sent back what it was given.
    pub fn is_csrf(&self, headers: &HeaderMap, given: &str, now_ms: i64) -> bool {
        let expected = self.csrf(headers, now_ms);
        bool::from(expected.as_bytes().ct_eq(given.as_bytes()))
    }

    /// Ends the session that a request shows: the value of the `Set-Cookie` header that forgets it, and what other servers have to
    /// be notified of: its id, and when it would have ended.
    pub fn close(
        &self,
        headers: &HeaderMap,
        is_secure: bool,
        now_ms: i64,
    ) -> (String, Option<(String, i64)>) {
        let session = self.find(headers, now_ms);
        let told = session.map(|session| (session.id, session.until_ms));
        self.end(told.iter().cloned(), now_ms);
        (set_cookie("", 0, is_secure), told)
    }

    /// Takes in which sessions were ended, here or elsewhere; those that would be over are forgotten.
    pub fn end(&self, sessions: impl IntoIterator<Item = (String, i64)>, now_ms: i64) {
        let mut ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
        ended.extend(sessions);
        ended.retain(|_, until_ms| *until_ms > now_ms);
    }

    fn find(&self, headers: &HeaderMap, now_ms: i64) -> Option<Session> {
        cookies(headers).find_map(|cookie| self.read(cookie, now_ms))
    }

    /// The session of a cookie that we or a server with our key made, and that continues.
    fn read(&self, cookie: &str, now_ms: i64) -> Option<Session> {
        let bytes = URL_SAFE_NO_PAD.decode(cookie).ok()?;
        if bytes.len() != WHOLE {
            return None;
        }
        let expected = self.signed(b"session", &bytes[..SIGNATURE]);
        if !bool::from(expected.ct_eq(&bytes[SIGNATURE..])) {
            return None;
        }
        let until_ms = i64::from_be_bytes(bytes[..DIGEST].try_into().ok()?);
        let id = URL_SAFE_NO_PAD.encode(&bytes[CHANCE..SIGNATURE]);
        let ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
        let is_open = until_ms > now_ms && !ended.contains_key(&id);
        is_open.then_some(Session {
            token: bytes[DIGEST..CHANCE].try_into().ok()?,
            id,
            until_ms,
        })
    }

    /// HMAC-SHA256 of something for one purpose.
    fn signed(&self, purpose: &[u8], what: &[u8]) -> [u8; 32] {
        let key = *self.key.read().unwrap_or_else(PoisonError::into_inner);
        let mut mac = mac(&key);
        mac.update(purpose);
        mac.update(b"/");
        mac.update(what);
        mac.finalize().into_bytes().into()
    }
}

#[expect(clippy::expect_used, reason = "HMAC takes a key of any length")]
fn mac(key: &[u8]) -> Hmac<Sha256> {
    Hmac::new_from_slice(key).expect("any length")
}

fn set_cookie(value: &str, seconds: i64, is_secure: bool) -> String {
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

/// 256 bits of chance.
fn chance() -> [u8; 32] {
    let mut bytes = [0; 32];
    rand::rng().fill_bytes(&mut bytes);
    bytes
}

/// 256 bits of chance as text.
pub fn secret() -> String {
    URL_SAFE_NO_PAD.encode(chance())
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
        let now = 1_800_000_000_000;
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
        let later = now + 3_600_000;
        assert_eq!(sessions.token(&headers, later), None);
        let (forgotten, told) = sessions.close(&headers, false, now);
        assert_eq!(told.map(|(_, until_ms)| until_ms), Some(later));
        assert!(forgotten.contains("Max-Age=0") && !forgotten.contains("Secure"));
        assert_eq!(sessions.token(&headers, now), None);
        assert_eq!(sessions.token(&HeaderMap::new(), now), None);
    }

    #[test]
    fn a_form_of_one_session_is_none_of_another() {
        let sessions = Sessions::new(1.0);
        let now = 1_800_000_000_000;
        let one = with(&sessions.open([1; 32], false, now));
        let other = with(&sessions.open([1; 32], false, now));
        let csrf = sessions.csrf(&one, now);
        assert!(sessions.is_csrf(&one, &csrf, now));
        assert!(!sessions.is_csrf(&other, &csrf, now));
        assert!(!sessions.is_csrf(&HeaderMap::new(), &csrf, now));
        assert!(!sessions.is_csrf(&one, "", now));
        assert!(!sessions.is_csrf(&one, &sessions.csrf(&HeaderMap::new(), now), now));
    }

    #[test]
    fn servers_with_one_key_take_one_anothers_cookies_and_no_others() {
        let [one, other, stranger] = [(); 3].map(|()| Sessions::new(1.0));
        one.share("the key");
        other.share("the key");
        let now = 1_800_000_000_000;
        let headers = with(&one.open([3; 32], false, now));
        assert_eq!(other.token(&headers, now), Some([3; 32]));
        assert!(other.is_csrf(&headers, &one.csrf(&headers, now), now));
        assert_eq!(stranger.token(&headers, now), None);
        // Ended at one, it is over at the other once that was told.
        let (_, told) = one.close(&headers, false, now);
        assert_eq!(other.token(&headers, now), Some([3; 32]));
        other.end(told, now);
        assert_eq!(other.token(&headers, now), None);
    }

    #[test]
    fn a_cookie_that_was_changed_is_none() {
        let sessions = Sessions::new(1.0);
        let now = 1_800_000_000_000;
        let cookie = sessions.open([3; 32], false, now);
        let value = cookie.split(['=', ';']).nth(1).expect("a value");
        let bytes = URL_SAFE_NO_PAD.decode(value).expect("base64");
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            let headers = with(&format!("{NAME}={}", URL_SAFE_NO_PAD.encode(changed)));
            assert_eq!(sessions.token(&headers, now), None, "byte {at}");
        }
        for text in ["", "a", "ä", &value[1..], &format!("{value}{value}")] {
            assert_eq!(sessions.read(text, now), None, "{text}");
        }
    }
}
