//! What the two paths answer to requests good and bad.

#![allow(clippy::unwrap_used, clippy::panic)] // clippy takes the helpers of a test for production code

use std::sync::Arc;

use rstest::rstest;
use serde_json::{Value, json};

mod client;

use client::{Client, UID, review};

fn client() -> Client {
    Client::new(Vec::new())
}

fn exporter() -> Value {
    json!({
        "apiVersion": "banzaicloud.com/v1alpha1",
        "kind": "PrometheusJmxExporter",
        "metadata": {"name": "example-prom-jmx-exp", "namespace": "default"},
        "spec": {
            "labelSelector": {"app": "dummyapp"},
            "config": {"configMapName": "prometheus-jmx-exporter-config", "configMapKey": "config.yaml"},
            "port": 9400
        }
    })
}

async fn answer(client: &Client, path: &str, request: &Value) -> Value {
    let (status, body) = client.post(path, request.to_string()).await;
    assert_eq!(status, 200, "{body}");
    let mut review: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(
        (&review["apiVersion"], &review["kind"]),
        (&json!("admission.k8s.io/v1"), &json!("AdmissionReview"))
    );
    assert_eq!(review["response"]["uid"], UID);
    review["response"].take()
}

#[rstest]
#[case::no_json("hello", "it is no JSON at line 1, column 1")]
#[case::cut_off(r#"{"apiVersion": "admission.k8s.io/v1", "#, "it ends too early")]
#[case::not_utf8(&b"\xff\xfe"[..], "it is no JSON")]
#[case::empty("", "it ends too early")]
#[case::wrong_type(
    r#"{"apiVersion": 1, "kind": "AdmissionReview"}"#,
    "a field is missing or of the wrong type"
)]
#[case::other_version(
    r#"{"apiVersion": "admission.k8s.io/v2", "kind": "AdmissionReview"}"#,
    "expected admission.k8s.io/v1 AdmissionReview"
)]
#[case::other_kind(r#"{"apiVersion": "v1", "kind": "Pod"}"#, "expected admission.k8s.io/v1 AdmissionReview")]
#[case::no_request(r#"{"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview"}"#, "request: missing")]
#[case::no_uid(r#"{"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": {"uid": "", "kind": {"group": "", "kind": "Pod"}, "operation": "CREATE"}}"#, "request.uid: found an empty string")]
#[tokio::test]
async fn a_malformed_review_is_a_400_with_a_reason(
    #[values("/mutate", "/validate")] path: &str,
    #[case] body: impl Into<axum::body::Body>,
    #[case] expected: &str,
) {
    let client = client();
    let (status, answer) = client.post(path, body).await;
    assert_eq!(status, 400);
    assert!(answer.contains(expected), "{answer}");
    let webhook = path.trim_start_matches('/');
    let counted = format!(
        "admission_requests_total{{webhook=\"{webhook}\",outcome=\"error\",reason=\"MalformedReview\"}} "
    );
    assert_eq!(client.metric(&counted), "1");
}

#[tokio::test]
async fn a_malformed_review_is_not_quoted() {
    let body = r#"{"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": "hunter2"}"#;
    let (status, answer) = client().post("/mutate", body).await;
    assert_eq!(status, 400);
    assert!(!answer.contains("hunter2"), "{answer}");
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused() {
    let (status, _) = client().post("/mutate", vec![b' '; 4 * 1024 * 1024 + 1]).await;
    assert_eq!(status, 413);
}

#[rstest]
#[case::unreadable_pod(review("CREATE", "Pod", &json!({"spec": {"containers": "hunter2"}})), "UnreadablePod")]
#[case::no_spec(review("CREATE", "Pod", &json!({})), "UnreadablePod")]
#[case::no_object(review("CREATE", "Pod", &Value::Null), "NotANewPod")]
#[case::update(review("UPDATE", "Pod", &json!({"spec": {"containers": []}})), "NotANewPod")]
#[case::other_kind(review("CREATE", "ConfigMap", &json!({"spec": {"containers": []}})), "NotANewPod")]
#[tokio::test]
async fn mutation_fails_open_with_a_warning(#[case] request: Value, #[case] code: &str) {
    let client = client();
    let response = answer(&client, "/mutate", &request).await;
    assert_eq!((&response["allowed"], &response["patch"]), (&json!(true), &Value::Null));
    let warning = response["warnings"][0].as_str().unwrap();
    assert!(warning.starts_with(&format!("jmx-injector: {code}: ")), "{warning}");
    assert!(!warning.contains("hunter2"), "{warning}");
    let counted =
        format!("admission_requests_total{{webhook=\"mutate\",outcome=\"error\",reason=\"{code}\"}} ");
    assert_eq!(client.metric(&counted), "1");
}

/// An exporter source that panics stands for any defect of ours.
#[tokio::test]
async fn a_panic_fails_open_and_the_next_request_is_served() {
    let client = Client::with_source(Arc::new(|namespace| {
        assert_ne!(namespace, "default", "as meant by the test");
        Vec::new()
    }));
    let mut request = review("CREATE", "Pod", &json!({"spec": {"containers": []}}));
    let response = answer(&client, "/mutate", &request).await;
    assert_eq!((&response["allowed"], &response["patch"]), (&json!(true), &Value::Null));
    assert!(response["warnings"][0].as_str().unwrap().contains("InternalError"), "{response}");

    request["request"]["namespace"] = json!("other");
    let response = answer(&client, "/mutate", &request).await;
    assert_eq!((&response["allowed"], &response["warnings"]), (&json!(true), &Value::Null));
}

#[tokio::test]
async fn warnings_are_short() {
    let name = "x".repeat(1000);
    let pod =
        json!({"metadata": {"labels": {"jmx.banzaicloud.com/inject": name}}, "spec": {"containers": []}});
    let response = answer(&client(), "/mutate", &review("CREATE", "Pod", &pod)).await;
    let warning = response["warnings"][0].as_str().unwrap();
    assert!(warning.len() <= 256 && warning.ends_with("..."), "{warning}");
}

#[rstest]
#[case::documented_example(|_: &mut Value| (), None)]
#[case::port_zero(|o: &mut Value| o["spec"]["port"] = json!(0), Some("spec.port: found 0, expected a TCP port, 1 to 65535"))]
#[case::port_too_large(|o: &mut Value| o["spec"]["port"] = json!(70000), Some("spec.port: invalid value: integer `70000`"))]
#[case::no_config(|o: &mut Value| { o["spec"].as_object_mut().unwrap().remove("config"); }, Some("missing field `config`"))]
#[case::empty_selector(|o: &mut Value| o["spec"]["labelSelector"] = json!({}), Some("spec.labelSelector: found no label"))]
#[case::on_its_way_out(|o: &mut Value| { o["spec"]["port"] = json!(70000); o["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:00:00Z"); }, None)]
#[tokio::test]
async fn exporters_are_validated(#[case] change: impl Fn(&mut Value), #[case] denied: Option<&str>) {
    let mut object = exporter();
    change(&mut object);
    let response = answer(&client(), "/validate", &review("CREATE", "PrometheusJmxExporter", &object)).await;
    assert_eq!(response["allowed"], json!(denied.is_none()), "{response}");
    if let Some(message) = denied {
        assert!(response["status"]["message"].as_str().unwrap().contains(message), "{response}");
        assert_eq!(response["status"]["code"], 422);
    }
}
