//! What the end-to-end tests share: a namespace of one's own, applying manifests, waiting, asking Prometheus.
//! `tests/e2e/run.sh` prepares the cluster; the tests fail, and do not skip, where it is not prepared.

use std::fmt::Debug;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use jmx_injector_api::{MetricsEndpoint, PrometheusJmxExporter, labels};
use k8s_openapi::NamespaceResourceScope;
use k8s_openapi::api::core::v1::{Namespace, Pod};
use kube::api::{Api, DeleteParams, Patch, PatchParams, PostParams};
use kube::core::Resource;
use kube::{Client, ResourceExt};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// Longer than anything takes on a loaded machine; a test that waits so long has failed.
const DEADLINE: Duration = Duration::from_mins(2);

/// A namespace of one test. It enforces Pod Security `restricted`, and is removed when the test succeeds.
pub struct Sandbox {
    /// A client of the cluster.
    pub client: Client,
    /// Its name.
    pub namespace: String,
}

impl Sandbox {
    /// Makes a namespace whose name begins with `prefix`.
    pub async fn new(prefix: &str) -> Result<Self> {
        let client = Client::try_default().await.context("no cluster: run the tests by tests/e2e/run.sh")?;
        let namespace = serde_json::from_value(json!({
            "metadata": {
                "generateName": format!("e2e-{prefix}-"),
                "labels": {"pod-security.kubernetes.io/enforce": "restricted"}
            }
        }))?;
        let created =
            Api::<Namespace>::all(client.clone()).create(&PostParams::default(), &namespace).await?;
        Ok(Self { client, namespace: created.name_any() })
    }

    /// Removes the namespace. A test that fails leaves it, to be looked at.
    pub async fn remove(self) -> Result<()> {
        let namespaces = Api::<Namespace>::all(self.client.clone());
        namespaces.delete(&self.namespace, &DeleteParams::default()).await?;
        Ok(())
    }

    /// The objects of one kind in the namespace.
    #[must_use]
    pub fn api<K>(&self) -> Api<K>
    where
        K: Resource<DynamicType = (), Scope = NamespaceResourceScope>,
    {
        Api::namespaced(self.client.clone(), &self.namespace)
    }

    /// Applies an object as `kubectl apply` does: unknown and duplicate fields are refused.
    pub async fn apply<K>(&self, object: &Value) -> Result<K, kube::Error>
    where
        K: Resource<DynamicType = (), Scope = NamespaceResourceScope>
            + Clone
            + Debug
            + Serialize
            + DeserializeOwned,
    {
        let name = object["metadata"]["name"].as_str().unwrap_or_default();
        let mut full = object.clone();
        full["apiVersion"] = json!(K::api_version(&()));
        full["kind"] = json!(K::kind(&()));
        let params = PatchParams::apply("e2e").validation_strict();
        self.api::<K>().patch(name, &params, &Patch::Apply(&full)).await
    }

    /// Applies an exporter, and waits until the controller has seen it.
    pub async fn apply_exporter(&self, object: &Value) -> Result<PrometheusJmxExporter> {
        self.apply::<PrometheusJmxExporter>(object).await?;
        let name = object["metadata"]["name"].as_str().context("metadata.name")?;
        self.exporter(name, |exporter| exporter.status.is_some()).await
    }

    /// Starts a pod of the example application with `labels`.
    pub async fn start_app(&self, name: &str, labels: &Value) -> Result<Pod> {
        Ok(self.apply(&app(name, labels)?).await?)
    }

    /// Starts a pod of the example application that is injected: anew where the webhook had not seen its exporter yet.
    pub async fn start_injected(&self, name: &str, labels: &Value) -> Result<Pod> {
        let object = app(name, labels)?;
        self.start_until(&object, true).await
    }

    /// Starts a pod again until it is injected, or is not.
    pub async fn start_until(&self, object: &Value, injected: bool) -> Result<Pod> {
        let what = format!("a pod that is {}injected", if injected { "" } else { "not " });
        eventually(&what, async || {
            let pod = self.apply::<Pod>(object).await?;
            if pod.labels().contains_key(labels::INJECTED) != injected {
                self.api::<Pod>().delete(&pod.name_any(), &DeleteParams::default().grace_period(0)).await?;
                bail!("it was not so");
            }
            Ok(pod)
        })
        .await
    }

    /// Waits until the pod's containers are ready.
    pub async fn running(&self, name: &str) -> Result<Pod> {
        let api = self.api::<Pod>();
        eventually(&format!("pod {name} is ready"), async || {
            let pod = api.get(name).await?;
            let conditions = pod.status.iter().flat_map(|status| status.conditions.iter().flatten());
            let ready =
                conditions.clone().any(|condition| condition.type_ == "Ready" && condition.status == "True");
            anyhow::ensure!(ready, "{:?}", pod.status);
            Ok(pod)
        })
        .await
    }

    /// Waits until the status of an exporter is as `expected` says; `expected` tells what it misses.
    pub async fn exporter(
        &self,
        name: &str,
        expected: impl Fn(&PrometheusJmxExporter) -> bool,
    ) -> Result<PrometheusJmxExporter> {
        let api = self.api::<PrometheusJmxExporter>();
        eventually(&format!("the status of exporter {name}"), async || {
            let exporter = api.get(name).await?;
            anyhow::ensure!(expected(&exporter), "found {:#}", json!(exporter.status));
            Ok(exporter)
        })
        .await
    }

    /// Waits until Prometheus returns series for `selector` in this namespace, and returns their values.
    pub async fn scraped(&self, metric: &str, pod: &str) -> Result<Vec<f64>> {
        let query = format!("{metric}{{namespace=\"{}\",pod=\"{pod}\"}}", self.namespace);
        eventually(&query, async || {
            let values = prometheus(&self.client, &query).await?;
            anyhow::ensure!(!values.is_empty(), "no series");
            Ok(values)
        })
        .await
    }
}

/// Whether the containers of a pod are ready.
#[must_use]
pub fn is_ready(pod: &Pod) -> bool {
    let mut conditions = pod.status.iter().flat_map(|status| status.conditions.iter().flatten());
    conditions.any(|condition| condition.type_ == "Ready" && condition.status == "True")
}

/// A pod of the example application, fit for Pod Security `restricted`.
pub fn app(name: &str, labels: &Value) -> Result<Value> {
    let image =
        std::env::var("EXAMPLE_APP_IMAGE").context("EXAMPLE_APP_IMAGE: run the tests by tests/e2e/run.sh")?;
    Ok(json!({
        "metadata": {"name": name, "labels": labels},
        "spec": {
            "automountServiceAccountToken": false,
            "terminationGracePeriodSeconds": 1,
            "securityContext": {"runAsNonRoot": true, "runAsUser": 1000, "runAsGroup": 1000, "seccompProfile": {"type": "RuntimeDefault"}},
            "containers": [{
                "name": "app",
                "image": image,
                "imagePullPolicy": "IfNotPresent",
                "securityContext": {"allowPrivilegeEscalation": false, "readOnlyRootFilesystem": true, "capabilities": {"drop": ["ALL"]}},
                "volumeMounts": [{"name": "tmp", "mountPath": "/tmp"}]
            }],
            "volumes": [{"name": "tmp", "emptyDir": {}}]
        }
    }))
}

/// The exporter of the example application, as its owner would write it.
#[must_use]
pub fn exporter(name: &str, port: i64) -> Value {
    json!({
        "metadata": {"name": name},
        "spec": {
            "labelSelector": {"app": "orders"},
            "config": {"configMapName": "orders-jmx-exporter", "configMapKey": "config.yaml"},
            "port": port
        }
    })
}

/// The ConfigMap that [`exporter`] refers to.
#[must_use]
pub fn config_map() -> Value {
    let config = include_str!("../../../examples/app/exporter-config.yaml");
    json!({"metadata": {"name": "orders-jmx-exporter"}, "data": {"config.yaml": config}})
}

/// The endpoints of an exporter's status.
#[must_use]
pub fn endpoints(exporter: &PrometheusJmxExporter) -> &[MetricsEndpoint] {
    exporter.status.as_ref().map_or(&[], |status| &status.metrics_endpoints)
}

/// Status, reason and message of a condition.
#[must_use]
pub fn condition<'e>(
    exporter: &'e PrometheusJmxExporter,
    type_: &str,
) -> Option<(&'e str, &'e str, &'e str)> {
    let conditions = &exporter.status.as_ref()?.conditions;
    let condition = conditions.iter().find(|condition| condition.type_ == type_)?;
    Some((&condition.status, &condition.reason, &condition.message))
}

/// Repeats `attempt` until it succeeds; after the deadline its last error is the test's.
pub async fn eventually<T>(what: &str, attempt: impl AsyncFn() -> Result<T>) -> Result<T> {
    let started = Instant::now();
    loop {
        match attempt().await {
            Ok(value) => return Ok(value),
            Err(error) if started.elapsed() > DEADLINE => {
                bail!("not within {} s: {what}: {error:#}", DEADLINE.as_secs())
            }
            Err(_) => tokio::time::sleep(Duration::from_millis(200)).await,
        }
    }
}

/// The values that Prometheus returns for a query.
pub async fn prometheus(client: &Client, query: &str) -> Result<Vec<f64>> {
    let encoded = utf8_percent_encode(query, NON_ALPHANUMERIC);
    let path = "/api/v1/namespaces/monitoring/services/prometheus:9090/proxy/api/v1/query";
    let request = http::Request::get(format!("{path}?query={encoded}")).body(Vec::new())?;
    let answer: Value = client.request(request).await?;
    let results =
        answer["data"]["result"].as_array().with_context(|| format!("Prometheus answered {answer}"))?;
    results.iter().map(|result| Ok(result["value"][1].as_str().context("no value")?.parse()?)).collect()
}
