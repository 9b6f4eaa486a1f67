//! The key that signs, and the one that verifies: ed25519 (RFC 8032), as `openssl genpkey -algorithm ed25519` writes it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use sha2::{Digest, Sha256};

use super::form::{EvidenceError, Signature};
use crate::text::hex;

/// Algorithm as it is named in the file.
const ALGORITHM: &str = "ed25519";
/// What is before the 32 bytes of a public key in its DER form (RFC 8410).
const PUBLIC_PREFIX: [u8; 12] = [48, 42, 48, 5, 6, 3, 43, 101, 112, 3, 33, 0];

/// A private key.
pub struct EvidenceKey(Ed25519KeyPair);

impl EvidenceKey {
    /// Out of PEM (`-----BEGIN PRIVATE KEY-----`) or the base64 in it.
    ///
    /// # Errors
    /// When it is not a private key of ed25519.
    pub fn of_text(text: &str) -> Result<EvidenceKey, EvidenceError> {
        let der = der_of(text)?;
        let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(&der);
        pair.map(EvidenceKey).map_err(|error| {
            EvidenceError::Key(format!(
                "it is not a private key of ed25519 in PKCS #8 ({error})"
            ))
        })
    }

    /// Signs some bytes.
    pub(super) fn sign(&self, message: &[u8]) -> Signature {
        Signature {
            algorithm: ALGORITHM.to_string(),
            public_key: STANDARD.encode(self.0.public_key().as_ref()),
            signature: STANDARD.encode(self.0.sign(message).as_ref()),
        }
    }
}

/// A public key: 32 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PublicKey([u8; 32]);

impl PublicKey {
    /// Out of PEM (`-----BEGIN PUBLIC KEY-----`), or the 32 bytes in base64 as a file of evidence has them.
    ///
    /// # Errors
    /// When it is not a public key of ed25519.
    pub fn of_text(text: &str) -> Result<PublicKey, EvidenceError> {
        let der = der_of(text)?;
        let raw = der.strip_prefix(&PUBLIC_PREFIX).unwrap_or(&der);
        raw.try_into()
            .map(PublicKey)
            .map_err(|_| EvidenceError::Key("it is not a public key of ed25519".to_string()))
    }

    /// How people tell it from another: the SHA-256 of its bytes.
    pub fn fingerprint(&self) -> String {
        hex(&Sha256::digest(self.0))
    }

    /// Whether `signature` is this key's over the bytes.
    pub(super) fn has_signed(&self, message: &[u8], signature: &Signature) -> bool {
        let Ok(bytes) = STANDARD.decode(&signature.signature) else {
            return false;
        };
        let key = UnparsedPublicKey::new(&ED25519, self.0);
        signature.algorithm == ALGORITHM && key.verify(message, &bytes).is_ok()
    }
}

/// The bytes in PEM or base64.
fn der_of(text: &str) -> Result<Vec<u8>, EvidenceError> {
    let lines = text.lines().filter(|line| !line.starts_with("-----"));
    let body: String = lines.flat_map(str::split_whitespace).collect();
    STANDARD
        .decode(&body)
        .map_err(|error| EvidenceError::Key(format!("it is neither PEM nor base64: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first test of RFC 8032, section 7.1: secret key, public key, signature of the empty message.
    const SECRET: &str = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
    const PUBLIC: &str = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
    const SIGNED: &str = "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b";

    fn bytes(text: &str) -> Vec<u8> {
        (0..text.len())
            .step_by(2)
            .map(|at| u8::from_str_radix(&text[at..at + 2], 16).expect("hex"))
            .collect()
    }

    fn pem() -> String {
        let prefix = [48, 46, 2, 1, 0, 48, 5, 6, 3, 43, 101, 112, 4, 34, 4, 32];
        let der = [&prefix[..], &bytes(SECRET)].concat();
        format!(
            "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n",
            STANDARD.encode(der)
        )
    }

    #[test]
    fn signatures_are_those_of_the_standard() {
        let key = EvidenceKey::of_text(&pem()).expect("a key");
        let signed = key.sign(b"");
        assert_eq!(signed.public_key, STANDARD.encode(bytes(PUBLIC)));
        assert_eq!(signed.signature, STANDARD.encode(bytes(SIGNED)));
        let der = [&PUBLIC_PREFIX[..], &bytes(PUBLIC)].concat();
        let public = PublicKey::of_text(&STANDARD.encode(der)).expect("a key");
        assert_eq!(
            PublicKey::of_text(&signed.public_key).expect("a key"),
            public
        );
        assert!(public.has_signed(b"", &signed));
        assert!(!public.has_signed(b"x", &signed));
    }

    #[test]
    fn what_is_no_key_is_told() {
        for text in ["", "not base64!", "AAAA", "-----BEGIN PRIVATE KEY-----"] {
            let Err(error) = EvidenceKey::of_text(text) else {
                panic!("{text}");
            };
            assert!(error.to_string().starts_with("read the key: "), "{error}");
            assert!(PublicKey::of_text(text).is_err());
        }
    }
}
