//! Names that users type and that the injector writes. A change here breaks users.

/// Pod label, opt in and out: `"true"` (default profile), `"false"` (never), or the name of a `PrometheusJmxExporter`.
pub const INJECT: &str = "jmx.banzaicloud.com/inject";
/// Pod label on injected pods, always `"true"`, so that they can be watched by selector.
pub const INJECTED: &str = "jmx.banzaicloud.com/injected";
/// Pod annotation: comma-separated names of the containers whose JVM is served.
pub const CONTAINERS: &str = "jmx.banzaicloud.com/containers";
/// Pod annotation on injected pods: an [`crate::InjectionStatus`] as JSON.
pub const STATUS: &str = "jmx.banzaicloud.com/status";

/// Common scraping annotations of pods (a convention of Prometheus' example configuration for Kubernetes).
pub const SCRAPE: &str = "prometheus.io/scrape";
/// The port to scrape, see [`SCRAPE`].
pub const SCRAPE_PORT: &str = "prometheus.io/port";
/// The HTTP path to scrape, see [`SCRAPE`].
pub const SCRAPE_PATH: &str = "prometheus.io/path";

/// Marks the mirror of a static pod, which no admission change reaches
/// (<https://kubernetes.io/docs/reference/labels-annotations-taints/#kubernetes-io-config-mirror>).
pub const MIRROR_POD: &str = "kubernetes.io/config.mirror";
