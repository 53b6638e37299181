//! Admission: an `AdmissionReview` in, an `AdmissionReview` out. Mutation of pods fails open, validation of
//! `PrometheusJmxExporter` objects denies what the user wrote wrong. Everything it needs is in memory: no request
//! to the API server is made while a pod waits.

mod envelope;
mod metrics;
mod mutate;
mod router;
mod server;
mod validate;

pub use envelope::{AdmissionRequest, AdmissionResponse, MalformedReview};
pub use metrics::Metrics;
pub use mutate::mutate;
pub use router::{Admission, ExporterSource, router};
pub use server::{ServerHandle, serve};
pub use validate::validate;
