//! Speaks to the router as the API server does, without a socket.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use http_body_util::BodyExt;
use jmx_injector_api::PrometheusJmxExporter;
use jmx_injector_inject::Defaults;
use jmx_injector_webhook::{Admission, ExporterSource, Metrics, router};
use prometheus_client::registry::Registry;
use serde_json::{Value, json};
use tower::ServiceExt;

pub const UID: &str = "0c9a8d74-9cb7-44dd-b98e-09fd62def2f4";

pub struct Client {
    router: Router,
    registry: Registry,
}

impl Client {
    pub fn new(exporters: Vec<Arc<PrometheusJmxExporter>>) -> Self {
        Self::with_source(Arc::new(move |_| exporters.clone()))
    }

    pub fn with_source(exporters: ExporterSource) -> Self {
        let mut registry = Registry::default();
        let metrics = Metrics::register(&mut registry);
        let defaults = Defaults {
            image: "jmx-injector:test".into(),
            image_pull_policy: "IfNotPresent".into(),
            port: 9404,
        };
        Self { router: router(Admission { exporters, defaults: Arc::new(defaults), metrics }), registry }
    }

    pub async fn post(&self, path: &str, body: impl Into<Body>) -> (u16, String) {
        let request =
            Request::post(path).header("content-type", "application/json").body(body.into()).unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }

    /// The rest of the metrics' first line that begins with `prefix`.
    pub fn metric(&self, prefix: &str) -> String {
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &self.registry).unwrap();
        let found = text.lines().find_map(|line| line.strip_prefix(prefix)).map(str::to_owned);
        found.unwrap_or_else(|| panic!("no metric {prefix} in:\n{text}"))
    }
}

/// An `AdmissionReview` as the API server sends it.
pub fn review(operation: &str, kind: &str, object: &Value) -> Value {
    let (group, version) = if kind == "Pod" { ("", "v1") } else { ("banzaicloud.com", "v1alpha1") };
    json!({
        "apiVersion": "admission.k8s.io/v1",
        "kind": "AdmissionReview",
        "request": {
            "uid": UID,
            "kind": {"group": group, "version": version, "kind": kind},
            "resource": {"group": group, "version": version, "resource": format!("{}s", kind.to_lowercase())},
            "namespace": "default",
            "operation": operation,
            "userInfo": {"username": "someone"},
            "object": object,
            "oldObject": null,
            "dryRun": false
        }
    })
}
