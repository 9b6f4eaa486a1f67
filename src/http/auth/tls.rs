//! TLS: certificate and key from PEM files, read again when they change.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use arc_swap::ArcSwap;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::pem::{self, PemObject};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{self, ServerConfig};

use super::files::Mark;
use crate::config::Server;
use crate::http::error::Error;

const CERTIFICATE: &str = "server.tls.certificate";
const KEY: &str = "server.tls.key";

/// Certificate and key, and where they come from.
pub struct Tls {
    files: [PathBuf; 2],
    config: ArcSwap<ServerConfig>,
    seen: Mutex<Mark>,
}

impl Tls {
    /// The settings' certificate and key, when there are any.
    ///
    /// # Errors
    /// When a file cannot be read, holds no certificate or no key, or the key is another one's.
    pub fn new(settings: &Server, folder: &Path) -> Result<Option<Self>, Error> {
        let Some(tls) = &settings.tls else {
            return Ok(None);
        };
        let files = [&tls.certificate, &tls.key].map(|file| settings.path(folder, file));
        let seen = Mutex::new(Mark::of(&files));
        let config = ArcSwap::from_pointee(load(&files)?);
        Ok(Some(Tls {
            files,
            config,
            seen,
        }))
    }

    /// What takes the next connection.
    pub fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(self.config.load_full())
    }

    /// Reads the files again if they changed. While only one of two is new, the old pair stays.
    pub fn refresh(&self) {
        if !crate::http::auth::files::has_changed(&self.seen, &self.files) {
            return;
        }
        match load(&self.files) {
            Ok(config) => {
                tracing::info!("certificate and key were read again");
                self.config.store(Arc::new(config));
            }
            Err(error) => crate::http::auth::files::keep("certificate and key", &error),
        }
    }
}

fn load([certificate, key]: &[PathBuf; 2]) -> Result<ServerConfig, Error> {
    let chain: Vec<CertificateDer<'static>> =
        CertificateDer::pem_slice_iter(&read(CERTIFICATE, certificate)?)
            .collect::<Result<_, _>>()
            .map_err(|error| unusable(CERTIFICATE, certificate, in_words(&error, "certificate")))?;
    if chain.is_empty() {
        let reason = in_words(&pem::Error::NoItemsFound, "certificate");
        return Err(unusable(CERTIFICATE, certificate, reason));
    }
    let private = PrivateKeyDer::from_pem_slice(&read(KEY, key)?)
        .map_err(|error| unusable(KEY, key, in_words(&error, "private key")))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| unusable(CERTIFICATE, certificate, error.to_string()))?;
    let config = builder
        .with_no_client_auth()
        .with_single_cert(chain, private);
    let mut config = config.map_err(|error| match error {
        rustls::Error::InconsistentKeys(_) => {
            unusable(KEY, key, "it is not the key of the certificate".to_string())
        }
        rustls::Error::InvalidCertificate(_) => {
            let reason = "what it holds is not a certificate that can be read".to_string();
            unusable(CERTIFICATE, certificate, reason)
        }
        _ => unusable(
            KEY,
            key,
            "it is of a kind that is not known; use RSA, ECDSA or Ed25519".to_string(),
        ),
    })?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

fn read(key: &'static str, path: &Path) -> Result<Vec<u8>, Error> {
    std::fs::read(path).map_err(|source| Error::Unreadable {
        key,
        path: path.to_path_buf(),
        source,
    })
}

/// What is wrong with a PEM file, without what is in it.
fn in_words(error: &pem::Error, what: &str) -> String {
    match error {
        pem::Error::NoItemsFound => format!("it holds no {what} in PEM form"),
        _ => format!("its {what} is damaged"),
    }
}

fn unusable(key: &'static str, path: &Path, reason: String) -> Error {
    Error::Unusable {
        key,
        path: path.to_path_buf(),
        reason,
    }
}
