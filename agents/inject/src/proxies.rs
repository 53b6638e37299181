//! Sidecars that are no application: never chosen unless named.

use crate::pod::Container;

/// Container names under which injectors add their proxies.
const NAMES: &[&str] = &[
    "istio-proxy",      // Istio
    "linkerd-proxy",    // Linkerd
    "linkerd-debug",    // Linkerd
    "envoy",            // Envoy, by itself and AWS App Mesh
    "envoy-sidecar",    // Consul Connect before 1.0
    "consul-dataplane", // Consul Connect
    "kuma-sidecar",     // Kuma
    "cloud-sql-proxy",  // Google Cloud SQL
    "cloudsql-proxy",   // Google Cloud SQL, as its older examples name it
    "csql-proxy",       // Google Cloud SQL Proxy Operator
    "vault-agent",      // HashiCorp Vault
    "daprd",            // Dapr
    "xray-daemon",      // AWS X-Ray
    "otc-container",    // OpenTelemetry Collector sidecar of its operator
    "filebeat",         // Elastic
    "fluent-bit",       // Fluent Bit
];

/// Last parts of image names, without registry, tag and digest.
const IMAGES: &[&str] = &[
    "proxyv2",         // Istio
    "envoy",           // Envoy
    "cloud-sql-proxy", // Google Cloud SQL
    "gce-proxy",       // Google Cloud SQL, version 1
    "consul-dataplane",
    "daprd",
];

/// Whether `container` is a known proxy sidecar, by its name or by its image's.
pub(crate) fn is_proxy(container: &Container) -> bool {
    NAMES.contains(&container.name.as_str()) || IMAGES.contains(&image_base_name(&container.image))
}

fn image_base_name(image: &str) -> &str {
    let name = image.rsplit('/').next().unwrap_or(image);
    name.split(['@', ':']).next().unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("docker.io/istio/proxyv2:1.24.0", "proxyv2")]
    #[case("localhost:5000/app", "app")]
    #[case("envoy@sha256:0123", "envoy")]
    #[case("", "")]
    fn base_names(#[case] image: &str, #[case] expected: &str) {
        assert_eq!(image_base_name(image), expected);
    }
}
