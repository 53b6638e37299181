//! What injection adds to a pod: names, paths, and the status annotation that tells of it.

use serde::{Deserialize, Serialize};

/// Name of the init container that brings the agent.
pub const INIT_CONTAINER: &str = "jmx-injector-install";
/// Name of the emptyDir volume that holds the agent.
pub const AGENT_VOLUME: &str = "jmx-injector-agent";
/// Name of the `ConfigMap` volume that holds the exporter's configuration.
pub const CONFIG_VOLUME: &str = "jmx-injector-config";
/// Parent of all that is mounted.
pub const MOUNT_ROOT: &str = "/opt/jmx-injector";
/// Where [`AGENT_VOLUME`] is mounted.
pub const AGENT_DIR: &str = "/opt/jmx-injector/agent";
/// Where [`CONFIG_VOLUME`] is mounted: a directory, never a subPath, so that the kubelet's updates arrive
/// (<https://kubernetes.io/docs/concepts/configuration/configmap/#mounted-configmaps-are-updated-automatically>).
pub const CONFIG_DIR: &str = "/opt/jmx-injector/config";
/// Name of the configuration in [`CONFIG_DIR`], whatever the `ConfigMap`'s key is called.
pub const CONFIG_FILE: &str = "config.yaml";
/// File name of the agent in [`AGENT_DIR`] and in the image.
pub const AGENT_JAR: &str = "jmx-injector-agent.jar";
/// Name of the container port that serves the metrics.
pub const PORT_NAME: &str = "jmx-metrics";
/// Port of the default profile, the upstream exporter's by convention.
pub const DEFAULT_PORT: u16 = 9404;
/// The variable that every HotSpot JVM reads at its start (JVM Tool Interface, "The `JAVA_TOOL_OPTIONS` Environment Variable").
pub const JAVA_TOOL_OPTIONS: &str = "JAVA_TOOL_OPTIONS";

/// The value of the annotation [`crate::labels::STATUS`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InjectionStatus {
    /// Version of the injector that did it.
    pub version: String,
    /// Name of the `PrometheusJmxExporter`; absent for the default profile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exporter: Option<String>,
    /// The containers whose JVM is served.
    pub containers: Vec<InjectedContainer>,
}

/// One container whose JVM is served.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InjectedContainer {
    /// Name of the container.
    pub name: String,
    /// TCP port of its metrics.
    pub port: u16,
}
