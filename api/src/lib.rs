//! The vocabulary of jmx-injector: the custom resource, the labels and annotations that users type,
//! what the injector writes on a pod, and the names of what it adds. No I/O, no decisions.

pub mod exporter;
pub mod injection;
pub mod labels;
pub mod validation;

pub use exporter::{
    Condition, ConfigMapKey, EndpointState, MetricsEndpoint, PrometheusJmxExporter,
    PrometheusJmxExporterSpec, PrometheusJmxExporterStatus, Via,
};
pub use injection::{InjectedContainer, InjectionStatus};
