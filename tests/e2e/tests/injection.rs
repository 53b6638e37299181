//! Pods that start, the metrics that Prometheus reads of them, and what their exporter's status tells.

use anyhow::{Context, Result, ensure};
use jmx_injector_api::{EndpointState, PrometheusJmxExporter, Via, labels};
use jmx_injector_e2e::{Sandbox, condition, config_map, endpoints, exporter};
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::{ConfigMap, Pod};
use kube::Api;
use kube::api::DeleteParams;
use serde_json::json;

/// Restarts of all containers of a pod.
fn restarts(pod: &Pod) -> i32 {
    let statuses = pod.status.iter().flat_map(|status| status.container_statuses.iter().flatten());
    statuses.map(|status| status.restart_count).sum()
}

/// An exporter whose every endpoint serves.
fn serves(exporter: &PrometheusJmxExporter, pods: &[&str]) -> bool {
    let found = endpoints(exporter);
    found.iter().map(|endpoint| endpoint.pod.as_str()).eq(pods.iter().copied())
        && found.iter().all(|endpoint| endpoint.state == Some(EndpointState::Serving))
}

#[tokio::test]
async fn a_pod_that_opts_in_needs_no_exporter() -> Result<()> {
    let sandbox = Sandbox::new("opt-in").await?;
    sandbox.start_injected("opted-in", &json!({labels::INJECT: "true"})).await?;
    let pod = sandbox.running("opted-in").await?;
    ensure!(pod.metadata.labels.iter().flatten().any(|(key, _)| key == labels::INJECTED));
    let values = sandbox.scraped("jvm_threads_current", "opted-in").await?;
    ensure!(values[0] > 0.0, "{values:?}");
    ensure!(restarts(&sandbox.running("opted-in").await?) == 0);
    sandbox.remove().await
}

#[tokio::test]
async fn a_selected_pod_is_served_as_its_exporter_says() -> Result<()> {
    let sandbox = Sandbox::new("selected").await?;
    sandbox.apply::<ConfigMap>(&config_map()).await?;
    sandbox.apply_exporter(&exporter("orders", 9400)).await?;
    for name in ["orders-1", "orders-0"] {
        sandbox.start_injected(name, &json!({"app": "orders"})).await?;
    }
    let values = sandbox.scraped("orders_count_total", "orders-0").await?;
    ensure!(values[0] > 0.0, "{values:?}");

    let found = sandbox.exporter("orders", |exporter| serves(exporter, &["orders-0", "orders-1"])).await?;
    let endpoint = &endpoints(&found)[0];
    ensure!(endpoint.port == 9400 && endpoint.container.as_deref() == Some("app"), "{endpoint:?}");
    ensure!(endpoint.via == Some(Via::Injected) && endpoint.message.is_none(), "{endpoint:?}");
    let found = sandbox
        .exporter("orders", |found| condition(found, "Ready").is_some_and(|(s, ..)| s == "True"))
        .await?;
    ensure!(found.status.as_ref().and_then(|status| status.endpoint_count) == Some(2));
    ensure!(condition(&found, "ConfigResolved").is_some_and(|(status, ..)| status == "True"));
    ensure!(condition(&found, "Overlapping").is_some_and(|(status, ..)| status == "False"));

    // A pod that goes takes its endpoint along.
    sandbox.api::<Pod>().delete("orders-0", &DeleteParams::default()).await?;
    sandbox.exporter("orders", |exporter| serves(exporter, &["orders-1"])).await?;

    // An exporter that goes leaves running pods alone.
    let before = sandbox.running("orders-1").await?;
    sandbox.api::<PrometheusJmxExporter>().delete("orders", &DeleteParams::default()).await?;
    sandbox.start_app("after", &json!({"app": "orders"})).await?;
    let after = sandbox.running("after").await?;
    ensure!(
        !after.metadata.labels.iter().flatten().any(|(key, _)| key == labels::INJECTED),
        "injected by whom?"
    );
    let untouched = sandbox.running("orders-1").await?;
    ensure!(untouched.metadata.uid == before.metadata.uid && untouched.spec == before.spec);
    ensure!(restarts(&untouched) == 0);
    sandbox.scraped("orders_count_total", "orders-1").await?;
    sandbox.remove().await
}

#[tokio::test]
async fn a_pod_that_opts_out_is_not_touched() -> Result<()> {
    let sandbox = Sandbox::new("opt-out").await?;
    sandbox.apply_exporter(&exporter("orders", 9400)).await?;
    let pod = sandbox.start_app("opted-out", &json!({"app": "orders", labels::INJECT: "false"})).await?;
    let spec = pod.spec.context("spec")?;
    ensure!(
        spec.init_containers.is_none()
            && spec.containers[0].env.is_none()
            && spec.containers[0].ports.is_none()
    );
    ensure!(spec.volumes.context("volumes")?.len() == 1);
    ensure!(pod.metadata.annotations.is_none());
    sandbox.running("opted-out").await?;
    sandbox.remove().await
}

#[tokio::test]
async fn a_missing_configuration_is_told_and_mended() -> Result<()> {
    let sandbox = Sandbox::new("no-config").await?;
    sandbox.apply_exporter(&exporter("orders", 9400)).await?;
    sandbox.start_injected("orders", &json!({"app": "orders"})).await?;
    // The pod starts all the same, and serves the preset.
    sandbox.running("orders").await?;
    sandbox.scraped("jvm_threads_current", "orders").await?;
    let reason = |found: &PrometheusJmxExporter| {
        condition(found, "ConfigResolved").map(|(_, reason, _)| reason.to_owned())
    };
    let found =
        sandbox.exporter("orders", |found| reason(found).as_deref() == Some("ConfigMapMissing")).await?;
    let (ready, _, message) = condition(&found, "Ready").context("Ready")?;
    ensure!(ready == "False");
    ensure!(message.contains("orders-jmx-exporter") && message.contains("config.yaml"), "{message}");

    sandbox
        .apply::<ConfigMap>(&json!({"metadata": {"name": "orders-jmx-exporter"}, "data": {"other": ""}}))
        .await?;
    let found = sandbox.exporter("orders", |found| reason(found).as_deref() == Some("KeyMissing")).await?;
    let (_, _, message) = condition(&found, "ConfigResolved").context("ConfigResolved")?;
    ensure!(message.contains("no key config.yaml, it has [other]"), "{message}");

    // The mounted ConfigMap arrives in the running JVM.
    sandbox.apply::<ConfigMap>(&config_map()).await?;
    sandbox
        .exporter("orders", |found| condition(found, "Ready").is_some_and(|(ready, ..)| ready == "True"))
        .await?;
    sandbox.scraped("orders_count_total", "orders").await?;
    ensure!(restarts(&sandbox.running("orders").await?) == 0);
    sandbox.remove().await
}

#[tokio::test]
async fn of_two_exporters_the_older_serves_and_the_other_says_so() -> Result<()> {
    let sandbox = Sandbox::new("overlap").await?;
    sandbox.apply::<ConfigMap>(&config_map()).await?;
    let older = sandbox.apply_exporter(&exporter("z-older", 9400)).await?;
    // Ages are whole seconds, and of one age the first by name wins.
    let created = older.metadata.creation_timestamp;
    let younger = jmx_injector_e2e::eventually("a younger exporter", async || {
        let younger = sandbox.apply_exporter(&exporter("a-younger", 9500)).await?;
        if younger.metadata.creation_timestamp == created {
            sandbox.api::<PrometheusJmxExporter>().delete("a-younger", &DeleteParams::default()).await?;
            anyhow::bail!("it has the same age");
        }
        Ok(younger)
    })
    .await?;
    sandbox.start_injected("orders", &json!({"app": "orders"})).await?;
    sandbox.exporter("z-older", |exporter| serves(exporter, &["orders"])).await?;
    let name = younger.metadata.name.context("name")?;
    let overlaps =
        |found: &PrometheusJmxExporter| condition(found, "Overlapping").is_some_and(|(s, ..)| s == "True");
    let found = sandbox.exporter(&name, overlaps).await?;
    let (_, _, message) = condition(&found, "Overlapping").context("Overlapping")?;
    ensure!(message.contains("orders by z-older"), "{message}");
    ensure!(endpoints(&found).is_empty());
    sandbox.remove().await
}

#[tokio::test]
async fn a_pod_older_than_its_exporter_is_named() -> Result<()> {
    let sandbox = Sandbox::new("older").await?;
    sandbox.apply::<ConfigMap>(&config_map()).await?;
    sandbox.start_app("early", &json!({"app": "orders"})).await?;
    sandbox.running("early").await?;
    sandbox.apply_exporter(&exporter("orders", 9400)).await?;
    let told = |found: &PrometheusJmxExporter| {
        condition(found, "Ready").is_some_and(|(_, r, _)| r == "PodsNotInjected")
    };
    let found = sandbox.exporter("orders", told).await?;
    let (_, _, message) = condition(&found, "Ready").context("Ready")?;
    ensure!(message.contains("early (restart it to have it injected)"), "{message}");

    // One that cannot be injected says why, as the webhook does.
    let mut pod = jmx_injector_e2e::app("refused", &json!({"app": "orders"}))?;
    pod["spec"]["containers"][0]["env"] = json!([{"name": "JAVA_TOOL_OPTIONS", "valueFrom": {"fieldRef": {"fieldPath": "metadata.annotations['jvm']"}}}]);
    sandbox.apply::<Pod>(&pod).await?;
    let refused = |found: &PrometheusJmxExporter| {
        condition(found, "Ready")
            .is_some_and(|(_, _, message)| message.contains("refused (OptionsFromSource: "))
    };
    sandbox.exporter("orders", refused).await?;
    sandbox.remove().await
}

#[tokio::test]
async fn an_endpoint_that_does_not_answer_is_told() -> Result<()> {
    let sandbox = Sandbox::new("silent").await?;
    sandbox.apply::<ConfigMap>(&config_map()).await?;
    sandbox.apply_exporter(&exporter("orders", 9400)).await?;
    let mut pod = jmx_injector_e2e::app("silent", &json!({"app": "orders"}))?;
    // Prometheus stands for any program that is no JVM.
    let prometheus =
        Api::<Deployment>::namespaced(sandbox.client.clone(), "monitoring").get("prometheus").await?;
    let template = prometheus.spec.and_then(|spec| spec.template.spec).context("spec")?;
    let container = &mut pod["spec"]["containers"][0];
    container["image"] = json!(template.containers[0].image);
    container["args"] = json!(["--config.file=/dev/null", "--storage.tsdb.path=/tmp/data"]);
    sandbox.start_until(&pod, true).await?;
    let found = sandbox
        .exporter("orders", |found| {
            endpoints(found).iter().any(|e| e.state == Some(EndpointState::Unreachable))
        })
        .await?;
    let message = endpoints(&found)[0].message.as_deref().context("message")?;
    ensure!(message.contains(":9400/-/healthy: ") && message.contains("refused"), "{message}");
    let (ready, reason, _) = condition(&found, "Ready").context("Ready")?;
    ensure!((ready, reason) == ("False", "EndpointsUnreachable"), "{ready} {reason}");
    sandbox.remove().await
}
