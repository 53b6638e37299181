//! `PrometheusJmxExporter`: which pods to serve, with which configuration, at which port, and what is served.
//!
//! `labelSelector`, `config`, `port` and `status.metricsEndpoints[].{pod,port}` are spelled as the Banzai Cloud
//! operator documented them, so that objects written for it apply unchanged. All else is optional.

use std::collections::BTreeMap;

pub use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube_derive::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The pods to serve, the exporter's configuration, and the port.
#[derive(CustomResource, KubeSchema, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[kube(
    group = "banzaicloud.com",
    version = "v1alpha1",
    kind = "PrometheusJmxExporter",
    plural = "prometheusjmxexporters",
    singular = "prometheusjmxexporter",
    shortname = "pjx",
    namespaced,
    status = "PrometheusJmxExporterStatus",
    derive = "PartialEq",
    doc = "Serves the metrics of the JVMs in the pods that labelSelector selects, in this object's namespace.",
    printcolumn = r#"{"name": "Port", "type": "integer", "jsonPath": ".spec.port"}"#,
    printcolumn = r#"{"name": "Ready", "type": "string", "jsonPath": ".status.conditions[?(@.type==\"Ready\")].status"}"#,
    printcolumn = r#"{"name": "Endpoints", "type": "integer", "jsonPath": ".status.endpointCount"}"#,
    printcolumn = r#"{"name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp"}"#,
    crates(
        kube_core = "::kube_core",
        k8s_openapi = "::k8s_openapi",
        schemars = "::schemars",
        serde = "::serde",
        serde_json = "::serde_json"
    )
)]
#[x_kube(crates(kube_core = "::kube_core", schemars = "::schemars", serde_json = "::serde_json"))]
#[serde(rename_all = "camelCase")]
pub struct PrometheusJmxExporterSpec {
    /// Labels that a pod in this namespace must all carry to be served. At least one.
    #[x_kube(validation = ("self.size() > 0", "labelSelector must name at least one label: an empty one would select every pod"))]
    #[schemars(extend("maxProperties" = 64))]
    pub label_selector: BTreeMap<String, String>,
    /// The ConfigMap key that holds the exporter's configuration.
    pub config: ConfigMapKey,
    /// TCP port at which the metrics are served, 1 to 65535. A port already taken in a pod is moved to the next free one.
    #[schemars(with = "i32", range(min = 1, max = 65535))]
    pub port: u16,
    /// Names of the containers whose JVM is served. Without it, the pod's first container that is no known proxy.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(
        length(max = 32),
        inner(length(min = 1, max = 63), pattern(r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"))
    )]
    pub containers: Vec<String>,
}

/// A key of a ConfigMap in the object's own namespace. Its value is in the format of the upstream JMX exporter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConfigMapKey {
    /// Name of the ConfigMap.
    #[schemars(length(min = 1, max = 253), pattern(r"^[a-z0-9]([-.a-z0-9]*[a-z0-9])?$"))]
    pub config_map_name: String,
    /// Key in the ConfigMap.
    #[schemars(length(min = 1, max = 253), pattern(r"^[-._a-zA-Z0-9]+$"))]
    pub config_map_key: String,
}

/// What is served, and where it is not, why.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PrometheusJmxExporterStatus {
    /// The metadata.generation that this status tells about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// The endpoints of this object's pods, sorted by pod and port.
    #[serde(default)]
    pub metrics_endpoints: Vec<MetricsEndpoint>,
    /// Number of metricsEndpoints, for kubectl get.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint_count: Option<i32>,
    /// Ready, ConfigResolved and Overlapping.
    #[serde(default)]
    #[schemars(extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["type"]))]
    pub conditions: Vec<Condition>,
}

/// One endpoint, at the path /metrics.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MetricsEndpoint {
    /// Name of the pod.
    pub pod: String,
    /// TCP port in the pod.
    #[schemars(with = "i32", range(min = 1, max = 65535))]
    pub port: u16,
    /// Name of the container whose JVM serves it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub container: Option<String>,
    /// How the agent came into the JVM.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub via: Option<Via>,
    /// Whether it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<EndpointState>,
    /// Why it does not answer; absent where it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// How the agent came into a JVM.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub enum Via {
    /// By the admission webhook, before the pod started.
    Injected,
    /// In a way that only a newer version knows; its status must not keep this one from reading the spec.
    #[serde(other)]
    #[schemars(skip)]
    Unknown,
}

/// Whether an endpoint answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub enum EndpointState {
    /// Its container does not run yet, or the first answer is awaited.
    Pending,
    /// It answered.
    Serving,
    /// Its container runs, and it does not answer.
    Unreachable,
    /// A state that only a newer version knows.
    #[serde(other)]
    #[schemars(skip)]
    Unknown,
}
