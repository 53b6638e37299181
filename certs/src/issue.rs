//! Makes keys and certificates.

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, PublicKeyData,
};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use time::{Duration, OffsetDateTime};

use crate::IssueError;
use crate::contents::{Contents, Facts};

const CA_LIFE: Duration = Duration::days(3650);
const LEAF_LIFE: Duration = Duration::days(90);
/// Certificates are valid from a while ago, for API servers whose clock is behind.
pub(crate) const BACKDATED: Duration = Duration::hours(1);

/// Whether `key` (PEM) can be read and belongs to `public_key` (subjectPublicKeyInfo, DER).
pub(crate) fn is_key_of(key: &str, public_key: &[u8]) -> bool {
    KeyPair::from_pem(key).is_ok_and(|key| key.subject_public_key_info() == public_key)
}

pub(crate) fn create(names: &[String], now: OffsetDateTime) -> Result<Contents, IssueError> {
    let (ca_bundle, ca_key) = new_ca(now)?;
    renew_leaf(&Contents { ca_bundle, ca_key, ..Contents::default() }, names, now)
}

/// A new CA, followed by those of `contents` that are still valid.
pub(crate) fn rotate_ca(contents: &Contents, now: OffsetDateTime) -> Result<Contents, IssueError> {
    let (mut ca_bundle, ca_key) = new_ca(now)?;
    for old in CertificateDer::pem_slice_iter(contents.ca_bundle.as_bytes()).flatten() {
        let pem = to_pem(&old);
        if Facts::of(&pem).is_some_and(|facts| now < facts.not_after) {
            ca_bundle.push_str(&pem);
        }
    }
    Ok(Contents { ca_bundle, ca_key, ..contents.clone() })
}

pub(crate) fn renew_leaf(
    contents: &Contents,
    names: &[String],
    now: OffsetDateTime,
) -> Result<Contents, IssueError> {
    let ca = Issuer::from_ca_cert_pem(&contents.ca_bundle, KeyPair::from_pem(&contents.ca_key)?)?;
    let mut params = CertificateParams::new(names.to_vec())?;
    params.distinguished_name.push(DnType::CommonName, "jmx-injector-webhook");
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.use_authority_key_identifier_extension = true;
    (params.not_before, params.not_after) = (now - BACKDATED, now + LEAF_LIFE);
    let key = KeyPair::generate()?;
    let tls_cert = params.signed_by(&key, &ca)?.pem();
    Ok(Contents { tls_cert, tls_key: key.serialize_pem(), ..contents.clone() })
}

fn new_ca(now: OffsetDateTime) -> Result<(String, String), IssueError> {
    let mut params = CertificateParams::default();
    // The time makes the name unique, so that it is plain which CA of a bundle signed a leaf.
    let name = format!("jmx-injector-ca-{}", now.unix_timestamp());
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    (params.not_before, params.not_after) = (now - BACKDATED, now + CA_LIFE);
    let key = KeyPair::generate()?;
    Ok((params.self_signed(&key)?.pem(), key.serialize_pem()))
}

fn to_pem(certificate: &CertificateDer<'_>) -> String {
    let line_ending = pem::EncodeConfig::new().set_line_ending(pem::LineEnding::LF);
    pem::encode_config(&pem::Pem::new("CERTIFICATE", certificate.as_ref()), line_ending)
}
