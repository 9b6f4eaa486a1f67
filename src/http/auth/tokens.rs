//! Tokens: who may ask, by the SHA-256 of what they show. The tokens themselves are never stored, logged or answered.

use std::path::{Path, PathBuf};
use std::sync::Mutex;

use arc_swap::ArcSwap;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use warp::http::HeaderMap;
use warp::http::header::AUTHORIZATION;

use super::files::Mark;
use crate::config::tokens::{Token, is_sha256, is_token_name};
use crate::config::{Role, Server};
use crate::http::error::Error;
use crate::http::problem::{Code, Problem};

/// One who may ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// Their name.
    pub name: String,
    /// What they may do.
    pub role: Role,
    digest: [u8; 32],
}

/// All who may ask: those of the settings, and those of a file that is read again when it changes.
pub struct Tokens {
    listed: Vec<Known>,
    file: Option<PathBuf>,
    /// The listed ones and those of the file.
    all: ArcSwap<Vec<Known>>,
    seen: Mutex<Mark>,
}

impl Tokens {
    /// The tokens of the settings.
    ///
    /// # Errors
    /// When the file cannot be read, has a line that is none, or holds no token.
    pub fn new(settings: &Server, folder: &Path) -> Result<Self, Error> {
        let listed: Vec<Known> = settings.tokens.iter().filter_map(listed).collect();
        let file = settings.tokens_file.as_ref();
        let file = file.map(|file| settings.path(folder, file));
        let mut all = listed.clone();
        let mut seen = Mark::default();
        if let Some(path) = &file {
            seen = Mark::of(&[path]);
            let known = from_file(path)?;
            if known.is_empty() {
                return Err(unusable(path, "it holds no token".to_string()));
            }
            all.extend(known);
        }
        Ok(Tokens {
            listed,
            file,
            all: ArcSwap::from_pointee(all),
            seen: Mutex::new(seen),
        })
    }

    /// Whether requests need a token at all. A file that is emptied later locks all callers out.
    pub fn are_needed(&self) -> bool {
        self.file.is_some() || !self.listed.is_empty()
    }

    /// Reads the file again if it changed. What was good stays when the new one is not.
    pub fn refresh(&self) {
        let Some(path) = &self.file else {
            return;
        };
        if !crate::http::auth::files::has_changed(&self.seen, &[path]) {
            return;
        }
        match from_file(path) {
            Ok(known) => {
                let all = [self.listed.clone(), known].concat();
                tracing::info!(tokens = all.len(), "the tokens were read again");
                self.all.store(all.into());
            }
            Err(error) => crate::http::auth::files::keep("tokens", &error),
        }
    }

    /// Whose token has this SHA-256.
    pub fn of(&self, digest: &[u8; 32]) -> Option<Known> {
        let all = self.all.load();
        let mut found = None;
        // Every token is compared, whichever fits: the time says nothing of them.
        for known in all.iter() {
            if bool::from(known.digest.ct_eq(digest)) {
                found = Some(known);
            }
        }
        found.cloned()
    }

    /// Whose token is in the `Authorization` header.
    ///
    /// # Errors
    /// 401 when there is none, or an unknown one.
    pub fn holder(&self, headers: &HeaderMap) -> Result<Known, Problem> {
        let mut values = headers.get_all(AUTHORIZATION).iter();
        let (Some(value), None) = (values.next(), values.next()) else {
            return Err(Problem::new(
                Code::Unauthorized,
                "this needs a token: send it as `Authorization: Bearer <token>`",
            ));
        };
        let Some(token) = bearer(value.as_bytes()) else {
            return Err(Problem::new(
                Code::Unauthorized,
                "the `Authorization` header is not of the form `Bearer <token>`",
            ));
        };
        self.of(&Sha256::digest(token).into()).ok_or_else(|| {
            Problem::new(
                Code::Unauthorized,
                "the token is not known here; `unseat token NAME ROLE` makes one",
            )
        })
    }
}

/// What is behind `Bearer `; the word's case does not count.
fn bearer(value: &[u8]) -> Option<&[u8]> {
    let (word, rest) = value.split_at_checked(7)?;
    let token = rest.trim_ascii();
    (word.eq_ignore_ascii_case(b"Bearer ") && !token.is_empty()).then_some(token)
}

/// A token of the settings, which were checked before.
fn listed(token: &Token) -> Option<Known> {
    Some(Known {
        name: token.name.clone(),
        role: token.role,
        digest: digest(&token.sha256)?,
    })
}

fn digest(text: &str) -> Option<[u8; 32]> {
    if !is_sha256(text) {
        return None;
    }
    let mut bytes = [0; 32];
    for (at, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(2 * at..2 * at + 2)?, 16).ok()?;
    }
    Some(bytes)
}

fn from_file(path: &Path) -> Result<Vec<Known>, Error> {
    let text = std::fs::read_to_string(path).map_err(|source| Error::Unreadable {
        key: "server.tokens_file",
        path: path.to_path_buf(),
        source,
    })?;
    parse(&text).map_err(|reason| unusable(path, reason))
}

fn unusable(path: &Path, reason: String) -> Error {
    Error::Unusable {
        key: "server.tokens_file",
        path: path.to_path_buf(),
        reason,
    }
}

/// Reads `<name> <role> <sha256>` lines. A fault names the line, not what is there.
fn parse(text: &str) -> Result<Vec<Known>, String> {
    let mut all: Vec<Known> = Vec::new();
    for (at, line) in text.lines().enumerate() {
        let line = line.split('#').next().unwrap_or_default();
        let words: Vec<&str> = line.split_whitespace().collect();
        let fault = |what: &str| format!("line {}: {what}", at + 1);
        let [name, role, sha256] = words.as_slice() else {
            if words.is_empty() {
                continue;
            }
            return Err(fault("it is not `<name> <role> <sha256>`"));
        };
        if !is_token_name(name) {
            return Err(fault("the name is not made of letters, digits and `_-.@`"));
        }
        let role = Role::of(role).ok_or_else(|| fault("the role is not read, predict or admin"))?;
        let digest = digest(sha256)
            .ok_or_else(|| fault("the last word is not a SHA-256 in hexadecimal (64 digits)"))?;
        if all.iter().any(|known| known.name == *name) {
            return Err(fault("the name was used before"));
        }
        all.push(Known {
            name: name.to_string(),
            role,
            digest,
        });
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use warp::http::HeaderValue;

    fn sha256(text: &str) -> String {
        crate::text::hex(&Sha256::digest(text))
    }

    fn tokens(lines: &str) -> Tokens {
        Tokens {
            listed: Vec::new(),
            file: Some(PathBuf::from("nowhere")),
            all: ArcSwap::from_pointee(parse(lines).expect("lines")),
            seen: Mutex::default(),
        }
    }

    fn asked(tokens: &Tokens, values: &[&'static str]) -> Result<String, String> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(AUTHORIZATION, HeaderValue::from_static(value));
        }
        let holder = tokens.holder(&headers);
        holder
            .map(|known| known.name)
            .map_err(|problem| problem.message)
    }

    #[test]
    fn a_token_is_known_by_its_hash_and_by_nothing_else() {
        let (one, two) = (sha256("one"), sha256("two").to_uppercase());
        let tokens = tokens(&format!("# ours\na read {one}\n\nb admin {two} # boss\n"));
        assert_eq!(asked(&tokens, &["Bearer one"]), Ok("a".to_string()));
        assert_eq!(asked(&tokens, &["bEARER  two "]), Ok("b".to_string()));
        for wrong in [
            "Bearer",
            "Bearer ",
            "Basic one",
            "one",
            "Bearer onetwo",
            "Bearer one,two",
        ] {
            assert!(asked(&tokens, &[wrong]).is_err(), "{wrong}");
        }
        assert!(asked(&tokens, &[]).is_err());
        assert!(asked(&tokens, &["Bearer one", "Bearer two"]).is_err());
    }

    #[test]
    fn a_bad_line_is_named_by_its_number() {
        let good = sha256("x");
        let cases = [
            (
                "a read".to_string(),
                "line 1: it is not `<name> <role> <sha256>`",
            ),
            (
                format!("\na root {good}"),
                "line 2: the role is not read, predict or admin",
            ),
            (
                "a read 1234".to_string(),
                "line 1: the last word is not a SHA-256 in hexadecimal (64 digits)",
            ),
            (
                format!("a\u{7}b read {good}"),
                "line 1: the name is not made of letters, digits and `_-.@`",
            ),
            (
                format!("a read {good}\na admin {}", sha256("y")),
                "line 2: the name was used before",
            ),
        ];
        for (lines, expected) in cases {
            assert_eq!(parse(&lines), Err(expected.to_string()));
        }
    }
}
