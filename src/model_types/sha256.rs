//! The SHA-256 of some bytes.

use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::Digest;

use super::ids::text_of_its_own;
use crate::text::hex;

/// The SHA-256 of the content of a file, by which contents are distinguished: 64 hexadecimal digits, in lower case where this program
/// made it.
///
/// It is checked where somebody gives it, by `FromStr`. A hash that is read back from a record stands as it was written: one that is
/// odd, or empty where none was known, is the hash of no bytes, so whatever is compared with it is found to be damaged, and the record
/// can be read.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Sha256(String);

text_of_its_own!(Sha256);

/// A text that is no SHA-256.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected a SHA-256 in hexadecimal (64 digits)")]
pub struct NotASha256;

impl Sha256 {
    /// The hash of some bytes.
    pub fn of(bytes: impl AsRef<[u8]>) -> Self {
        Sha256(hex(&sha2::Sha256::digest(bytes)))
    }
}

/// The hash of all that a hasher was given.
impl From<sha2::Sha256> for Sha256 {
    fn from(hasher: sha2::Sha256) -> Self {
        Sha256(hex(&hasher.finalize()))
    }
}

impl FromStr for Sha256 {
    type Err = NotASha256;

    fn from_str(text: &str) -> Result<Self, NotASha256> {
        let is_one = text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        is_one.then(|| Sha256::new(text)).ok_or(NotASha256)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_hash_of_the_bytes_however_they_come() {
        // From Python: hashlib.sha256(b"abc").hexdigest()
        let known = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(Sha256::of("abc"), known);
        let mut hasher = sha2::Sha256::new();
        hasher.update("a");
        hasher.update("bc");
        assert_eq!(Sha256::from(hasher), known);
    }

    #[test]
    fn what_is_given_is_64_hexadecimal_digits_and_nothing_else() {
        for good in ["0f".repeat(32), "AB".repeat(32)] {
            assert_eq!(
                good.parse(),
                Ok(Sha256::new(good.clone())),
                "as it is given"
            );
        }
        for bad in [
            String::new(),
            "0f".repeat(31),
            "0f".repeat(33),
            format!("{}g", "0".repeat(63)),
            format!(" {}", "0".repeat(63)),
            "ä".repeat(32),
        ] {
            assert_eq!(bad.parse::<Sha256>(), Err(NotASha256), "{bad:?}");
        }
        let why = NotASha256.to_string();
        assert_eq!(why, "expected a SHA-256 in hexadecimal (64 digits)");
    }

    #[test]
    fn what_was_recorded_is_read_as_it_stands() {
        for odd in ["", "abc", "not a hash"] {
            let json = format!("{odd:?}");
            let read: Sha256 = serde_json::from_str(&json).expect("a text");
            assert_eq!(read, odd);
            assert_eq!(serde_json::to_string(&read).expect("JSON"), json);
        }
        serde_json::from_str::<Sha256>("7").expect_err("a number is no text");
    }
}
