//! One exporter: observes its pods, endpoints and `ConfigMap`, has its status decided, and writes it if it changed.

use std::sync::Arc;
use std::time::{Duration, Instant};

use jmx_injector_api::{PrometheusJmxExporter, injection, labels};
use jmx_injector_inject::status::{self, ConfigState, ExpectedEndpoint, Observed};
use jmx_injector_inject::{Decision, Defaults, PodView, Reason, decide, select_exporter, selects};
use k8s_openapi::api::core::v1::{ConfigMap, Pod};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, Time};
use k8s_openapi::jiff::Timestamp;
use kube::api::{Patch, PatchParams};
use kube::core::Resource;
use kube::runtime::controller::Action;
use kube::runtime::reflector::Store;
use kube::{Api, Client, ResourceExt};
use serde_json::json;

use super::probe::Prober;
use super::triggers::Pods;
use crate::watch::{GuardedExporter, readable, warn_unreadable};

const FIELD_MANAGER: &str = "jmx-injector-controller";
/// Without any event, a status is looked at again after this time: an event can be lost while a watch is broken.
const RESYNC: Duration = Duration::from_mins(5);
const RETRY: Duration = Duration::from_secs(5);

pub struct Context {
    client: Client,
    pods: Pods,
    exporters: Store<GuardedExporter>,
    prober: Prober,
}

impl Context {
    pub fn new(client: Client, pods: Pods, exporters: Store<GuardedExporter>) -> Self {
        Self { client, pods, exporters, prober: Prober::new() }
    }
}

#[allow(clippy::needless_pass_by_value)] // the signature is the Controller's
pub fn retry(exporter: Arc<GuardedExporter>, error: &kube::Error, _: Arc<Context>) -> Action {
    let (namespace, name) = (exporter.namespace(), exporter.name_any());
    tracing::warn!(namespace, exporter = name, %error, "the status could not be written, it is tried again");
    Action::requeue(RETRY)
}

pub async fn reconcile(guarded: Arc<GuardedExporter>, context: Arc<Context>) -> Result<Action, kube::Error> {
    let exporter = match &guarded.0 {
        Ok(exporter) => exporter,
        Err(invalid) => {
            warn_unreadable(invalid);
            return Ok(Action::await_change());
        }
    };
    if exporter.metadata.deletion_timestamp.is_some() {
        return Ok(Action::await_change());
    }
    // Before the stores are filled a status would say that nothing is served.
    let (injected, others) = (&context.pods.injected, &context.pods.others);
    if injected.wait_until_ready().await.is_err() || others.wait_until_ready().await.is_err() {
        return Ok(Action::requeue(RETRY));
    }

    let endpoints = endpoints_of(exporter, injected);
    let running: Vec<_> = endpoints.iter().filter_map(|endpoint| endpoint.running.clone().ok()).collect();
    let answers = context.prober.ask(&running).await;
    let namespace = exporter.metadata.namespace.as_deref().unwrap_or_default();
    let exporters = readable(&context.exporters, namespace);
    let Unserved { mut not_served, taken } = unserved(exporter, &exporters, &context.pods);
    explain(&mut not_served, namespace, &exporters, &context.client).await;
    let observed = Observed {
        exporter,
        endpoints,
        answers: &answers.known,
        config: config_state(exporter, &context.client).await,
        not_served,
        taken,
        now: Time(Timestamp::now()),
    };
    let status = status::status(&observed);
    if exporter.status.as_ref() != Some(&status) {
        write(exporter, &json!(status), &context.client).await?;
    }
    let next = answers.next.map_or(RESYNC, |next| next.saturating_duration_since(Instant::now()).min(RESYNC));
    Ok(Action::requeue(next.max(Duration::from_millis(200))))
}

fn endpoints_of(exporter: &PrometheusJmxExporter, injected: &Store<Pod>) -> Vec<ExpectedEndpoint> {
    let mut endpoints = Vec::new();
    for pod in injected.state() {
        if pod.metadata.namespace != exporter.metadata.namespace {
            continue;
        }
        if let Some(injection) = status::injection_status(&pod)
            && injection.exporter == exporter.metadata.name
        {
            endpoints.extend(status::expected_endpoints(&pod, &injection));
        }
    }
    endpoints
}

#[derive(Default)]
struct Unserved {
    not_served: Vec<String>,
    taken: Vec<(String, String)>,
}

/// The pods that the exporter selects and does not serve.
fn unserved(
    exporter: &PrometheusJmxExporter,
    exporters: &[Arc<PrometheusJmxExporter>],
    pods: &Pods,
) -> Unserved {
    let namespace = exporter.metadata.namespace.as_deref().unwrap_or_default();
    let mut unserved = Unserved::default();
    let mut look_at = |pod: &ObjectMeta, served_by: Option<String>| {
        if pod.namespace.as_deref() != Some(namespace) || pod.deletion_timestamp.is_some() {
            return;
        }
        let name = pod.name.clone().unwrap_or_default();
        let labels = pod.labels.as_ref();
        match select_exporter(labels, namespace, exporters.iter().map(Arc::as_ref)) {
            // Whoever serves it already goes on to, whatever was selected since.
            _ if served_by.is_some() && served_by == exporter.metadata.name => {}
            Ok(Some(other)) if other.metadata.name != exporter.metadata.name => {
                let by_label =
                    labels.and_then(|labels| labels.get(labels::INJECT)).is_some_and(|name| name != "true");
                if selects(exporter, labels) && !by_label {
                    unserved.taken.push((name, other.name_any()));
                }
            }
            Ok(Some(_)) => unserved.not_served.push(name),
            _ => {}
        }
    };
    for pod in pods.injected.state() {
        look_at(pod.meta(), status::injection_status(&pod).and_then(|injection| injection.exporter));
    }
    for pod in pods.others.state() {
        look_at(pod.meta(), None);
    }
    unserved
}

/// Adds to the first names, which are those that a status shows, why the pod is not served: the webhook's own decision.
async fn explain(
    not_served: &mut [String],
    namespace: &str,
    exporters: &[Arc<PrometheusJmxExporter>],
    client: &Client,
) {
    let pods = Api::<Pod>::namespaced(client.clone(), namespace);
    // What becomes of a pod does not depend on the image that would bring the agent.
    let defaults =
        Defaults { image: String::new(), image_pull_policy: String::new(), port: injection::DEFAULT_PORT };
    not_served.sort();
    for name in not_served.iter_mut().take(status::NAMES_SHOWN) {
        let Ok(Some(pod)) = pods.get_opt(name).await else { continue };
        let Ok(view) = serde_json::to_value(&pod).and_then(serde_json::from_value::<PodView>) else {
            continue;
        };
        let why = match decide(&view, namespace, exporters, &defaults) {
            Decision::Inject(_) => "restart it to have it injected".to_owned(),
            Decision::Skip(Reason::AlreadyInjected) => "it carries another's; restart it".to_owned(),
            Decision::Skip(reason) => format!("{}: {reason}", reason.code()),
        };
        *name = format!("{name} ({why})");
    }
}

/// The `ConfigMap` is read when it is needed and kept nowhere: a store of all would be large.
async fn config_state(exporter: &PrometheusJmxExporter, client: &Client) -> ConfigState {
    let config = &exporter.spec.config;
    let namespace = exporter.metadata.namespace.as_deref().unwrap_or_default();
    let api = Api::<ConfigMap>::namespaced(client.clone(), namespace);
    match api.get_opt(&config.config_map_name).await {
        Err(error) => ConfigState::Unknown(error.to_string()),
        Ok(None) => ConfigState::ConfigMapMissing,
        Ok(Some(config_map)) => {
            let text = config_map.data.iter().flatten().map(|(key, _)| key);
            let binary = config_map.binary_data.iter().flatten().map(|(key, _)| key);
            let keys: Vec<String> = text.chain(binary).cloned().collect();
            if keys.contains(&config.config_map_key) {
                ConfigState::Found
            } else {
                ConfigState::KeyMissing(keys)
            }
        }
    }
}

async fn write(
    exporter: &PrometheusJmxExporter,
    status: &serde_json::Value,
    client: &Client,
) -> Result<(), kube::Error> {
    let namespace = exporter.metadata.namespace.as_deref().unwrap_or_default();
    let name = exporter.name_any();
    let patch = json!({
        "apiVersion": PrometheusJmxExporter::api_version(&()),
        "kind": PrometheusJmxExporter::kind(&()),
        "metadata": {"name": name},
        "status": status
    });
    let api = Api::<PrometheusJmxExporter>::namespaced(client.clone(), namespace);
    let params = PatchParams::apply(FIELD_MANAGER).force();
    match api.patch_status(&name, &params, &Patch::Apply(patch)).await {
        Ok(_) => {
            tracing::info!(namespace, exporter = name, "status written");
            Ok(())
        }
        // Deleted meanwhile: there is nothing to tell any more.
        Err(kube::Error::Api(status)) if status.code == 404 => Ok(()),
        Err(error) => Err(error),
    }
}
