//! Pods: decided by the inject crate, answered here. Whatever goes wrong, the pod may pass.

use std::sync::Arc;

use jmx_injector_api::PrometheusJmxExporter;
use jmx_injector_inject::{Decision, Defaults, PodView, decide};

use crate::envelope::{AdmissionRequest, AdmissionResponse};

/// The code of a defect of ours.
pub(crate) const INTERNAL_ERROR: &str = "InternalError";

/// An answer, and how it is counted.
pub struct Answer {
    /// What the API server gets.
    pub response: AdmissionResponse,
    /// `injected`, `skipped`, `denied`, `accepted` or `error`.
    pub outcome: &'static str,
    /// The stable code of the reason, empty where there is none to give.
    pub reason: &'static str,
}

/// Answers a request about a pod. Never denies.
#[must_use]
pub fn mutate(
    request: &AdmissionRequest<'_>,
    exporters: &[Arc<PrometheusJmxExporter>],
    defaults: &Defaults,
) -> Answer {
    let namespace = request.namespace.as_deref().unwrap_or_default();
    let is_new_pod = request.kind.group.is_empty()
        && request.kind.kind == "Pod"
        && request.operation == "CREATE"
        && request.sub_resource.as_deref().is_none_or(str::is_empty);
    let Some(object) = request.object.filter(|_| is_new_pod) else {
        return failed_open(
            request,
            "NotANewPod",
            "only the creation of pods is handled; check the webhook's rules",
        );
    };
    let pod: PodView = match serde_json::from_str(object.get()) {
        Ok(pod) => pod,
        Err(error) => {
            let position = format!("at line {}, column {} of the object", error.line(), error.column());
            tracing::error!(namespace, position, "a pod could not be read; it is left as it is");
            return failed_open(
                request,
                "UnreadablePod",
                &format!("a field has an unexpected type {position}"),
            );
        }
    };
    let name = pod.display_name();
    match decide(&pod, namespace, exporters, defaults) {
        Decision::Skip(reason) => {
            let (outcome, code) = ("skipped", reason.code());
            let mut response = AdmissionResponse::allow(&request.uid);
            if reason.is_refusal() {
                tracing::info!(namespace, pod = name, reason = code, "not injected: {reason}");
                response = response.with_warning(code, &reason);
            } else {
                tracing::debug!(namespace, pod = name, reason = code, "not injected: {reason}");
            }
            Answer { response, outcome, reason: code }
        }
        Decision::Inject(plan) => match serde_json::to_vec(&plan.patch(&pod)) {
            Ok(patch) => {
                let exporter = plan.exporter.as_deref().unwrap_or_default();
                let port = plan.targets.first().map(|target| target.port);
                tracing::info!(namespace, pod = name, exporter, port, "injected");
                let mut response = AdmissionResponse::allow(&request.uid).with_patch(&patch);
                for warning in &plan.warnings {
                    response = response.with_warning(warning.code(), warning);
                }
                Answer { response, outcome: "injected", reason: "" }
            }
            Err(error) => {
                tracing::error!(namespace, pod = name, %error, "a patch could not be written");
                failed_open(request, INTERNAL_ERROR, "the object was left as it is; see the webhook's log")
            }
        },
    }
}

/// The object passes as it is, its owner is warned, and the failure is counted.
pub(crate) fn failed_open(request: &AdmissionRequest<'_>, code: &'static str, message: &str) -> Answer {
    let response = AdmissionResponse::allow(&request.uid).with_warning(code, &message);
    Answer { response, outcome: "error", reason: code }
}
