//! The webhook's CA and serving certificate, as the keys of one Secret that all replicas share.
//!
//! [`decide`] says what is due, [`Action::carry_out`] makes the next contents, [`Resolver`] serves them without a
//! restart. No Kubernetes client and no clock: the Secret's data and the time come in as arguments.
//!
//! A new CA is published before anything is signed by it: `ca.crt` then holds the new and the old one, and the leaf
//! is renewed once the bundle had [`PROPAGATION`] to reach the API servers.

mod contents;
mod decision;
mod issue;
mod resolver;

pub use contents::{CA_CERT, CA_KEY, Contents, TLS_CERT, TLS_KEY};
pub use decision::{Action, PROPAGATION, decide};
pub use resolver::{InvalidCertificate, Resolver};

/// A certificate could not be made.
#[derive(Debug, thiserror::Error)]
#[error("cannot issue the webhook's certificate: {0}")]
pub struct IssueError(#[from] rcgen::Error);
