//! The Secret's keys, and what is read from them.

use std::collections::BTreeMap;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use time::OffsetDateTime;
use x509_parser::prelude::{FromDer, GeneralName, X509Certificate};

/// Key of the CA bundle: the current CA's certificate, then those before it.
pub const CA_CERT: &str = "ca.crt";
/// Key of the current CA's private key.
pub const CA_KEY: &str = "ca.key";
/// Key of the serving certificate, as in Secrets of type `kubernetes.io/tls`.
pub const TLS_CERT: &str = "tls.crt";
/// Key of the serving certificate's private key.
pub const TLS_KEY: &str = "tls.key";

/// The Secret's data, all PEM.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Contents {
    /// See [`CA_CERT`].
    pub ca_bundle: String,
    /// See [`CA_KEY`].
    pub ca_key: String,
    /// See [`TLS_CERT`].
    pub tls_cert: String,
    /// See [`TLS_KEY`].
    pub tls_key: String,
}

// Private keys must not reach a log by `{:?}`.
impl std::fmt::Debug for Contents {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Contents").field("ca_bundle", &self.ca_bundle).finish_non_exhaustive()
    }
}

impl Contents {
    /// Reads the data of a Secret; absent and unreadable keys become empty.
    pub fn from_data<'d>(data: impl IntoIterator<Item = (&'d String, &'d [u8])>) -> Self {
        let mut contents = Self::default();
        for (key, value) in data {
            let value = String::from_utf8_lossy(value).into_owned();
            match key.as_str() {
                CA_CERT => contents.ca_bundle = value,
                CA_KEY => contents.ca_key = value,
                TLS_CERT => contents.tls_cert = value,
                TLS_KEY => contents.tls_key = value,
                _ => {}
            }
        }
        contents
    }

    /// The data of a Secret.
    #[must_use]
    pub fn into_data(self) -> BTreeMap<String, String> {
        [(CA_CERT, self.ca_bundle), (CA_KEY, self.ca_key), (TLS_CERT, self.tls_cert), (TLS_KEY, self.tls_key)]
            .map(|(key, value)| (key.to_owned(), value))
            .into()
    }
}

/// What is read from a certificate.
#[derive(Debug)]
pub(crate) struct Facts {
    pub(crate) subject: String,
    pub(crate) issuer: String,
    pub(crate) not_before: OffsetDateTime,
    pub(crate) not_after: OffsetDateTime,
    pub(crate) dns_names: Vec<String>,
    /// The subjectPublicKeyInfo, DER.
    pub(crate) public_key: Vec<u8>,
}

impl Facts {
    /// The facts of the first certificate in `pem`.
    pub(crate) fn of(pem: &str) -> Option<Self> {
        let der = CertificateDer::from_pem_slice(pem.as_bytes()).ok()?;
        let (_, certificate) = X509Certificate::from_der(&der).ok()?;
        let names = certificate.subject_alternative_name().ok().flatten();
        let dns_names =
            names.iter().flat_map(|names| &names.value.general_names).filter_map(|name| match name {
                GeneralName::DNSName(name) => Some((*name).to_owned()),
                _ => None,
            });
        Some(Self {
            subject: certificate.subject().to_string(),
            issuer: certificate.issuer().to_string(),
            not_before: certificate.validity().not_before.to_datetime(),
            not_after: certificate.validity().not_after.to_datetime(),
            dns_names: dns_names.collect(),
            public_key: certificate.public_key().raw.to_vec(),
        })
    }

    /// When two thirds of its life are over.
    pub(crate) fn renewal_time(&self) -> OffsetDateTime {
        self.not_before + (self.not_after - self.not_before) * 2 / 3
    }
}
