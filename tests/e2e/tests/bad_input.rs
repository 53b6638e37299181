//! What a user writes wrong: refused with the field named, and the webhook lives.

use anyhow::{Context, Result, ensure};
use jmx_injector_api::PrometheusJmxExporter;
use jmx_injector_e2e::{Sandbox, exporter};
use k8s_openapi::api::core::v1::Pod;
use kube::Api;
use kube::api::ListParams;
use serde_json::{Value, json};

#[tokio::test]
async fn the_documented_example_applies_unchanged() -> Result<()> {
    let sandbox = Sandbox::new("example").await?;
    let example = r#"
apiVersion: "banzaicloud.com/v1alpha1"
kind: "PrometheusJmxExporter"
metadata:
  name: "example-prom-jmx-exp"
spec:
  labelSelector:
    app: dummyapp
  config:
    configMapName: prometheus-jmx-exporter-config
    configMapKey: config.yaml
  port: 9400
"#;
    let applied: PrometheusJmxExporter = sandbox.apply(&serde_saphyr::from_str(example)?).await?;
    ensure!(applied.spec.port == 9400);
    sandbox.remove().await
}

#[tokio::test]
async fn a_bad_exporter_is_refused_and_the_field_named() -> Result<()> {
    let sandbox = Sandbox::new("bad-exporter").await?;
    let with = |path: &str, value: Value| {
        let mut object = exporter("bad", 9400);
        *object.pointer_mut(path).unwrap_or(&mut Value::Null) = value;
        object
    };
    let mut unknown = exporter("bad", 9400);
    unknown["spec"]["Port"] = json!(9400);
    for (object, expected) in [
        (with("/spec/port", json!(0)), vec!["spec.port", "greater than or equal to 1"]),
        (with("/spec/port", json!(70000)), vec!["spec.port", "less than or equal to 65535"]),
        (with("/spec/labelSelector", json!({})), vec!["spec.labelSelector", "at least one label"]),
        (
            with("/spec/config/configMapKey", json!("a/b")),
            vec!["spec.config.configMapKey", "^[-._a-zA-Z0-9]+$"],
        ),
        // Only the webhook knows what a label may be.
        (
            with("/spec/labelSelector", json!({"app": "-x"})),
            vec!["spec.labelSelector[\"app\"]", "a label value"],
        ),
        (unknown, vec!["spec.Port", "field not declared in schema"]),
    ] {
        let error = sandbox
            .apply::<PrometheusJmxExporter>(&object)
            .await
            .err()
            .context("it was accepted")?
            .to_string();
        for part in expected {
            ensure!(error.contains(part), "expected {part:?} in: {error}");
        }
    }
    sandbox.remove().await
}

#[tokio::test]
async fn a_malformed_review_is_refused_and_the_webhook_lives() -> Result<()> {
    let sandbox = Sandbox::new("malformed").await?;
    let pods = Api::<Pod>::namespaced(sandbox.client.clone(), "jmx-injector");
    let of_webhook = ListParams::default().labels("app.kubernetes.io/component=webhook");
    let restarts = async || -> Result<i32> {
        let statuses =
            pods.list(&of_webhook).await?.items.into_iter().filter_map(|pod| pod.status?.container_statuses);
        Ok(statuses.flatten().map(|status| status.restart_count).sum())
    };
    let before = restarts().await?;
    // By the API server's proxy to the Service's TLS port.
    let path = "/api/v1/namespaces/jmx-injector/services/https:jmx-injector-webhook:443/proxy/mutate";
    for body in [
        "",
        "hello",
        "{\"apiVersion\": \"admission.k8s.io/v1\", \"kind\": \"AdmissionReview\", \"request\": \"hunter2\"}",
    ] {
        let request =
            http::Request::post(path).header("content-type", "application/json").body(body.into())?;
        let error = sandbox.client.request_text(request).await.err().context("it was accepted")?;
        ensure!(matches!(&error, kube::Error::Api(status) if status.code == 400), "{error:?}");
    }
    let params = kube::api::LogParams::default();
    for pod in pods.list(&of_webhook).await? {
        let log = pods.logs(&pod.metadata.name.context("name")?, &params).await?;
        ensure!(!log.contains("hunter2"), "the log quotes a request");
    }
    ensure!(restarts().await? == before);
    sandbox.remove().await
}
