//! The part of a pod that the decision reads. Everything else is neither parsed nor touched: the patch is written
//! against the raw JSON, so fields that this build does not know survive.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};

/// A pod, as far as injection looks at it. Absent and `null` fields read the same.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct PodView {
    /// `metadata`.
    #[serde(default)]
    pub metadata: Metadata,
    /// `spec`.
    pub spec: Spec,
}

/// The part of `metadata` that is read.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Metadata {
    /// Name; absent where the API server generates it after admission.
    pub name: Option<String>,
    /// Prefix of a name yet to be generated.
    pub generate_name: Option<String>,
    /// Labels.
    pub labels: Option<BTreeMap<String, String>>,
    /// Annotations.
    pub annotations: Option<BTreeMap<String, String>>,
}

/// The part of `spec` that is read.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Spec {
    /// `spec.containers`.
    pub containers: Vec<Container>,
    /// `spec.initContainers`, native sidecars among them.
    pub init_containers: Option<Vec<Container>>,
    /// `spec.volumes`.
    pub volumes: Option<Vec<Named>>,
    /// `spec.hostNetwork`.
    #[serde(default, deserialize_with = "null_is_default")]
    pub host_network: bool,
    /// `spec.os`.
    pub os: Option<Named>,
    /// `spec.nodeSelector`.
    pub node_selector: Option<BTreeMap<String, String>>,
    /// `spec.securityContext`.
    pub security_context: Option<PodSecurityContext>,
}

/// An element of which only the name is read.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Named {
    /// Its name.
    #[serde(default)]
    pub name: String,
}

/// The part of `spec.securityContext` that is read.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PodSecurityContext {
    /// The user that containers run as which do not say otherwise.
    pub run_as_user: Option<i64>,
}

/// The part of a container that is read.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Container {
    /// Name, unique in the pod.
    pub name: String,
    /// Image reference.
    #[serde(default, deserialize_with = "null_is_default")]
    pub image: String,
    /// Environment; of several variables with one name the last counts.
    pub env: Option<Vec<EnvVar>>,
    /// Sources of whole environments.
    pub env_from: Option<Vec<serde::de::IgnoredAny>>,
    /// Declared ports.
    pub ports: Option<Vec<ContainerPort>>,
    /// What it asks for and may use.
    pub resources: Option<Resources>,
    /// Mounts.
    pub volume_mounts: Option<Vec<VolumeMount>>,
}

/// Requests and limits of a container, by resource; the quantities as they are written.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Resources {
    /// `resources.requests`.
    pub requests: Option<BTreeMap<String, serde_json::Value>>,
    /// `resources.limits`.
    pub limits: Option<BTreeMap<String, serde_json::Value>>,
}

/// A variable of a container.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EnvVar {
    /// Name.
    pub name: String,
    /// Literal value.
    pub value: Option<String>,
    /// Source of the value, where it is not literal.
    pub value_from: Option<serde::de::IgnoredAny>,
}

/// A declared port.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ContainerPort {
    /// Name.
    pub name: Option<String>,
    /// Port number.
    pub container_port: i64,
}

/// A mount of a volume.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct VolumeMount {
    /// Where.
    pub mount_path: String,
}

impl PodView {
    /// The value of an annotation.
    #[must_use]
    pub fn annotation(&self, key: &str) -> Option<&str> {
        self.metadata.annotations.as_ref()?.get(key).map(String::as_str)
    }

    /// Containers and init containers.
    pub(crate) fn all_containers(&self) -> impl Iterator<Item = &Container> {
        self.spec.containers.iter().chain(self.spec.init_containers.iter().flatten())
    }

    /// The name, or the prefix of the name to be, for messages.
    #[must_use]
    pub fn display_name(&self) -> &str {
        self.metadata.name.as_deref().or(self.metadata.generate_name.as_deref()).unwrap_or("(unnamed)")
    }
}

fn null_is_default<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(d: D) -> Result<T, D::Error> {
    Ok(Option::<T>::deserialize(d)?.unwrap_or_default())
}
