//! The two paths, and what bounds a request.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use jmx_injector_api::PrometheusJmxExporter;
use jmx_injector_inject::Defaults;
use tower_http::timeout::TimeoutLayer;

use crate::envelope::{self, AdmissionRequest};
use crate::metrics::Metrics;
use crate::mutate::{Answer, INTERNAL_ERROR, failed_open, mutate};
use crate::validate::validate;

/// An object is at most 1.5 MiB (etcd's limit of a request); an update carries it twice.
const MAX_BODY_BYTES: usize = 4 * 1024 * 1024;
/// Reading the body is all that can take time. The API server waits for 5 s with the chart's values.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(4);

/// Gives the exporters of a namespace, from memory.
pub type ExporterSource = Arc<dyn Fn(&str) -> Vec<Arc<PrometheusJmxExporter>> + Send + Sync>;

/// What the handlers need.
#[derive(Clone)]
pub struct Admission {
    /// The exporters.
    pub exporters: ExporterSource,
    /// What the administrator chose for all pods.
    pub defaults: Arc<Defaults>,
    /// The counts.
    pub metrics: Metrics,
}

/// `POST /mutate` and `POST /validate`.
pub fn router(admission: Admission) -> Router {
    Router::new()
        .route("/mutate", post(mutate_handler))
        .route("/validate", post(validate_handler))
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .layer(TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, REQUEST_TIMEOUT))
        .with_state(admission)
}

async fn mutate_handler(State(admission): State<Admission>, body: Bytes) -> Response {
    respond("mutate", &admission.metrics, &body, |request| {
        let exporters = (admission.exporters)(request.namespace.as_deref().unwrap_or_default());
        mutate(request, &exporters, &admission.defaults)
    })
}

async fn validate_handler(State(admission): State<Admission>, body: Bytes) -> Response {
    respond("validate", &admission.metrics, &body, validate)
}

fn respond(
    webhook: &'static str,
    metrics: &Metrics,
    body: &[u8],
    answer: impl FnOnce(&AdmissionRequest<'_>) -> Answer,
) -> Response {
    let started = Instant::now();
    let request = match envelope::parse(body) {
        Ok(request) => request,
        Err(malformed) => {
            metrics.count_malformed(webhook);
            tracing::warn!(webhook, bytes = body.len(), "refused a request: {malformed}");
            return (StatusCode::BAD_REQUEST, format!("{malformed}\n")).into_response();
        }
    };
    // Nothing shared is left half written by a panic in there: it reads and returns.
    let answer = catch_unwind(AssertUnwindSafe(|| answer(&request))).unwrap_or_else(|_| {
        tracing::error!(webhook, uid = request.uid, "a panic; the object is left as it is");
        failed_open(&request, INTERNAL_ERROR, "the object was left as it is; see the webhook's log")
    });
    metrics.count(webhook, &answer, started.elapsed());
    match answer.response.to_review() {
        Ok(review) => ([(header::CONTENT_TYPE, "application/json")], review).into_response(),
        Err(error) => {
            tracing::error!(webhook, %error, "an answer could not be written");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
