//! `PrometheusJmxExporter` objects: denied where a field is not as it must be, and the field is named.

use jmx_injector_api::PrometheusJmxExporter;
use jmx_injector_api::validation::{self, FieldError};

use crate::envelope::{AdmissionRequest, AdmissionResponse};
use crate::mutate::Answer;

/// Answers a request about a `PrometheusJmxExporter`.
#[must_use]
pub fn validate(request: &AdmissionRequest<'_>) -> Answer {
    let Some(object) = request.object.filter(|_| request.kind.kind == "PrometheusJmxExporter") else {
        return accept(request);
    };
    // An object on its way out is let go, whatever it holds.
    if serde_json::from_str::<Ending>(object.get())
        .is_ok_and(|ending| ending.metadata.deletion_timestamp.is_some())
    {
        return accept(request);
    }
    let mut reader = serde_json::Deserializer::from_str(object.get());
    let errors = match serde_path_to_error::deserialize::<_, PrometheusJmxExporter>(&mut reader) {
        Err(error) => vec![format!("{}: {}", error.path(), error.inner())],
        Ok(exporter) => validation::validate(&exporter.spec).iter().map(FieldError::to_string).collect(),
    };
    if errors.is_empty() {
        return accept(request);
    }
    let namespace = request.namespace.as_deref().unwrap_or_default();
    let message = errors.join("; ");
    tracing::info!(namespace, "PrometheusJmxExporter refused: {message}");
    Answer {
        response: AdmissionResponse::deny(&request.uid, message),
        outcome: "denied",
        reason: "InvalidExporter",
    }
}

#[derive(serde::Deserialize)]
struct Ending {
    metadata: EndingMetadata,
}

#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct EndingMetadata {
    deletion_timestamp: Option<serde::de::IgnoredAny>,
}

fn accept(request: &AdmissionRequest<'_>) -> Answer {
    Answer { response: AdmissionResponse::allow(&request.uid), outcome: "accepted", reason: "" }
}
