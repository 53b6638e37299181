//! The status of a `PrometheusJmxExporter`, made from what was observed: its pods, the answers of their endpoints,
//! its `ConfigMap`, and the pods that other exporters took.

use std::collections::{BTreeMap, BTreeSet};

use jmx_injector_api::{
    Condition, EndpointState, InjectionStatus, MetricsEndpoint, PrometheusJmxExporter,
    PrometheusJmxExporterStatus, Via, labels,
};
use k8s_openapi::api::core::v1::{ContainerStatus, Pod};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

/// How many names a message lists, the first in their order: a status must stay small.
pub const NAMES_SHOWN: usize = 5;
/// More containers than a pod of ours has.
const MAX_ENDPOINTS_OF_POD: usize = 32;

/// Identifies one run of one container's JVM at one address: a restarted container is another.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EndpointId {
    /// The container's run, as the runtime names it (`containerd://…`).
    pub container_id: String,
    /// The pod's IP.
    pub ip: String,
    /// TCP port.
    pub port: u16,
}

/// What an endpoint answered: nothing wrong, or what went wrong.
pub type Answer = Result<(), String>;

/// An endpoint that an injected pod should have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpectedEndpoint {
    /// Name of the pod.
    pub pod: String,
    /// Name of the container.
    pub container: String,
    /// TCP port.
    pub port: u16,
    /// Its address where the container runs, else what it waits for.
    pub running: Result<EndpointId, String>,
}

/// What became of the exporter's configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConfigState {
    /// The `ConfigMap` has the key.
    Found,
    /// There is no such `ConfigMap`.
    ConfigMapMissing,
    /// The `ConfigMap` lacks the key; these it has.
    KeyMissing(Vec<String>),
    /// It could not be read.
    Unknown(String),
}

/// All that a status is made from.
#[derive(Clone, Debug)]
pub struct Observed<'a> {
    /// The exporter, with the status it had.
    pub exporter: &'a PrometheusJmxExporter,
    /// The endpoints that its pods should have.
    pub endpoints: Vec<ExpectedEndpoint>,
    /// What those answered that were asked.
    pub answers: &'a BTreeMap<EndpointId, Answer>,
    /// Its configuration.
    pub config: ConfigState,
    /// Pods that it should serve and that do not carry its agent: the name, and where it is known, what to do.
    pub not_served: Vec<String>,
    /// Pods that it selects and that another exporter serves: pod and exporter.
    pub taken: Vec<(String, String)>,
    /// The time of a condition that changes.
    pub now: Time,
}

/// What the injector wrote on a pod; none where it wrote nothing that can be read.
#[must_use]
pub fn injection_status(pod: &Pod) -> Option<InjectionStatus> {
    serde_json::from_str(pod.metadata.annotations.as_ref()?.get(labels::STATUS)?).ok()
}

/// The endpoints that an injected pod should have. A pod that has ended, or is about to, serves nothing.
#[must_use]
pub fn expected_endpoints(pod: &Pod, injection: &InjectionStatus) -> Vec<ExpectedEndpoint> {
    let status = pod.status.as_ref();
    let phase = status.and_then(|status| status.phase.as_deref());
    if pod.metadata.deletion_timestamp.is_some() || matches!(phase, Some("Succeeded" | "Failed")) {
        return Vec::new();
    }
    let ip = status.and_then(|status| status.pod_ip.clone());
    let containers = status.and_then(|status| status.container_statuses.as_deref()).unwrap_or_default();
    let endpoint = |name: &String, port: u16| ExpectedEndpoint {
        pod: pod.metadata.name.clone().unwrap_or_default(),
        container: name.clone(),
        port,
        running: running(containers.iter().find(|container| container.name == *name), ip.as_ref(), port),
    };
    // Anyone may write the annotation: each container of the pod counts once, another not at all.
    let mut seen = BTreeSet::new();
    let of_pod =
        |name: &str| containers.is_empty() || containers.iter().any(|container| container.name == name);
    injection
        .containers
        .iter()
        .filter(|container| of_pod(&container.name) && seen.insert(&container.name))
        .take(MAX_ENDPOINTS_OF_POD)
        .map(|container| endpoint(&container.name, container.port))
        .collect()
}

fn running(
    container: Option<&ContainerStatus>,
    ip: Option<&String>,
    port: u16,
) -> Result<EndpointId, String> {
    let not_yet = || "the pod has not started yet".to_owned();
    let container = container.ok_or_else(not_yet)?;
    let state = container.state.as_ref().ok_or_else(not_yet)?;
    if let Some(waiting) = &state.waiting {
        return Err(format!(
            "the container waits: {}",
            waiting.reason.as_deref().unwrap_or("no reason given")
        ));
    }
    if let Some(ended) = &state.terminated {
        let reason = ended.reason.as_deref().unwrap_or("no reason given");
        return Err(format!("the container ended with exit code {}: {reason}", ended.exit_code));
    }
    match (&state.running, &container.container_id, ip) {
        (Some(_), Some(id), Some(ip)) => Ok(EndpointId { container_id: id.clone(), ip: ip.clone(), port }),
        _ => Err(not_yet()),
    }
}

/// The status to be written.
#[must_use]
pub fn status(observed: &Observed<'_>) -> PrometheusJmxExporterStatus {
    let mut metrics_endpoints: Vec<_> =
        observed.endpoints.iter().map(|endpoint| metrics_endpoint(endpoint, observed.answers)).collect();
    metrics_endpoints.sort();
    let generation = observed.exporter.metadata.generation;
    let conditions =
        [config_condition(observed), overlap_condition(observed), ready(observed, &metrics_endpoints)]
            .into_iter()
            .map(|(type_, is_true, reason, message)| {
                let status = match is_true {
                    None => "Unknown",
                    Some(true) => "True",
                    Some(false) => "False",
                };
                Condition {
                    last_transition_time: last_transition(observed, type_, status),
                    message,
                    observed_generation: generation,
                    reason: reason.to_owned(),
                    status: status.to_owned(),
                    type_: type_.to_owned(),
                }
            })
            .collect();
    PrometheusJmxExporterStatus {
        observed_generation: generation,
        endpoint_count: i32::try_from(metrics_endpoints.len()).ok(),
        metrics_endpoints,
        conditions,
    }
}

fn metrics_endpoint(endpoint: &ExpectedEndpoint, answers: &BTreeMap<EndpointId, Answer>) -> MetricsEndpoint {
    let (state, message) = match &endpoint.running {
        Err(waits) => (EndpointState::Pending, Some(waits.clone())),
        Ok(id) => match answers.get(id) {
            None => (EndpointState::Pending, Some("the first answer is awaited".to_owned())),
            Some(Ok(())) => (EndpointState::Serving, None),
            Some(Err(error)) => (EndpointState::Unreachable, Some(error.clone())),
        },
    };
    MetricsEndpoint {
        pod: endpoint.pod.clone(),
        port: endpoint.port,
        container: Some(endpoint.container.clone()),
        via: Some(Via::Injected),
        state: Some(state),
        message,
    }
}

/// Type, status, reason and message of a condition.
type ConditionParts = (&'static str, Option<bool>, &'static str, String);

fn config_condition(observed: &Observed<'_>) -> ConditionParts {
    let config = &observed.exporter.spec.config;
    let (name, key) = (&config.config_map_name, &config.config_map_key);
    let namespace = observed.exporter.metadata.namespace.as_deref().unwrap_or_default();
    let instead = "until then its JVMs serve the agent's built-in preset";
    let (is_true, reason, message) = match &observed.config {
        ConfigState::Found => (Some(true), "Found", format!("ConfigMap {namespace}/{name} has key {key}")),
        ConfigState::ConfigMapMissing => (
            Some(false),
            "ConfigMapMissing",
            format!("ConfigMap {namespace}/{name} does not exist; create it with key {key}; {instead}"),
        ),
        ConfigState::KeyMissing(keys) => (
            Some(false),
            "KeyMissing",
            format!(
                "ConfigMap {namespace}/{name} has no key {key}, it has [{}]; add it; {instead}",
                keys.join(", ")
            ),
        ),
        ConfigState::Unknown(error) => {
            (None, "ReadFailed", format!("ConfigMap {namespace}/{name} could not be read: {error}"))
        }
    };
    ("ConfigResolved", is_true, reason, message)
}

fn overlap_condition(observed: &Observed<'_>) -> ConditionParts {
    if observed.taken.is_empty() {
        let message = "no pod that this exporter selects is served by another".to_owned();
        return ("Overlapping", Some(false), "NoOverlap", message);
    }
    let pods = some_of(observed.taken.iter().map(|(pod, exporter)| format!("{pod} by {exporter}")));
    let message =
        format!("the oldest exporter that selects a pod serves it: {pods}; make the selectors disjoint");
    ("Overlapping", Some(true), "ServedByAnother", message)
}

fn ready(observed: &Observed<'_>, endpoints: &[MetricsEndpoint]) -> ConditionParts {
    let with = |state| endpoints.iter().filter(move |endpoint| endpoint.state == Some(state));
    let listed = |state| some_of(with(state).map(|e| format!("{}:{}", e.pod, e.port)));
    let (_, config_resolved, config_reason, config_message) = config_condition(observed);
    let (is_true, reason, message) = if config_resolved == Some(false) {
        (false, config_reason, config_message)
    } else if with(EndpointState::Unreachable).next().is_some() {
        let message = format!("endpoints do not answer: {}", listed(EndpointState::Unreachable));
        (false, "EndpointsUnreachable", message)
    } else if !observed.not_served.is_empty() {
        let pods = some_of(observed.not_served.iter().cloned());
        let message = format!("selected pods do not carry this exporter's agent: {pods}");
        (false, "PodsNotInjected", message)
    } else if with(EndpointState::Pending).next().is_some() {
        (false, "EndpointsPending", format!("endpoints do not serve yet: {}", listed(EndpointState::Pending)))
    } else if endpoints.is_empty() {
        (true, "NoPods", "no pod is selected yet".to_owned())
    } else {
        (true, "Serving", format!("{} endpoints serve", endpoints.len()))
    };
    ("Ready", Some(is_true), reason, message)
}

/// The first of `names`, and how many more.
fn some_of(names: impl Iterator<Item = String>) -> String {
    let mut names: Vec<String> = names.collect();
    names.sort();
    let more = names.len().saturating_sub(NAMES_SHOWN);
    names.truncate(NAMES_SHOWN);
    let listed = names.join(", ");
    if more == 0 { listed } else { format!("{listed} and {more} more") }
}

/// A condition keeps its time until its status changes, so that an unchanged status is written no second time.
fn last_transition(observed: &Observed<'_>, type_: &str, status: &str) -> Time {
    let before = observed.exporter.status.iter().flat_map(|before| &before.conditions);
    before
        .filter(|condition| condition.type_ == type_ && condition.status == status)
        .map(|condition| condition.last_transition_time.clone())
        .next()
        .unwrap_or_else(|| observed.now.clone())
}
