//! Gives rustls the current serving certificate; a new one is swapped in while connections are served.

use std::sync::Arc;

use arc_swap::ArcSwapOption;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;

use crate::Contents;

/// A serving certificate or its key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum InvalidCertificate {
    /// One of the two is no PEM of its kind.
    #[error("the {0} is no readable PEM: {1}")]
    Pem(&'static str, rustls::pki_types::pem::Error),
    /// The key is of an unknown kind, or belongs to another certificate.
    #[error("certificate and key do not serve together: {0}")]
    Key(#[from] rustls::Error),
}

/// The current serving certificate. Before the first one, handshakes fail.
#[derive(Debug, Default)]
pub struct Resolver(ArcSwapOption<CertifiedKey>);

impl Resolver {
    /// Serves the leaf of `contents` from the next handshake on.
    ///
    /// # Errors
    /// The certificate that was served stays where the new one cannot be used.
    pub fn serve(&self, contents: &Contents) -> Result<(), InvalidCertificate> {
        self.0.store(Some(Arc::new(certified_key(&contents.tls_cert, &contents.tls_key)?)));
        Ok(())
    }

    /// Whether there is a certificate to serve.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.0.load().is_some()
    }
}

impl ResolvesServerCert for Resolver {
    fn resolve(&self, _client_hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        self.0.load_full()
    }
}

pub(crate) fn certified_key(certificate: &str, key: &str) -> Result<CertifiedKey, InvalidCertificate> {
    let chain = CertificateDer::pem_slice_iter(certificate.as_bytes())
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| InvalidCertificate::Pem("certificate", error))?;
    let key = PrivateKeyDer::from_pem_slice(key.as_bytes())
        .map_err(|error| InvalidCertificate::Pem("key", error))?;
    Ok(CertifiedKey::from_der(chain, key, &aws_lc_rs::default_provider())?)
}
