//! The golden cases through `POST /mutate`: the patch that the API server would get leads to the same pod.

#![allow(clippy::unwrap_used, clippy::panic)] // clippy takes the helpers of a test for production code

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

#[path = "../../tests/golden/case.rs"]
mod case;
mod client;

use case::{Case, Outcome};
use client::{Client, review};

async fn outcome(case: &Case) -> Outcome {
    let client = Client::new(case.exporters.clone());
    let mut request = review("CREATE", "Pod", &case.pod);
    request["request"]["namespace"] = json!(case.namespace());
    let (status, body) = client.post("/mutate", request.to_string()).await;
    assert_eq!(status, 200, "case {}: {body}", case.name);
    let response = serde_json::from_str::<Value>(&body).unwrap()["response"].take();
    assert_eq!(
        (&response["uid"], &response["allowed"]),
        (&json!(client::UID), &json!(true)),
        "case {}",
        case.name
    );

    let warnings: Vec<String> = response["warnings"].as_array().into_iter().flatten().map(text).collect();
    let Some(patch) = response["patch"].as_str() else {
        let metric =
            client.metric("admission_requests_total{webhook=\"mutate\",outcome=\"skipped\",reason=\"");
        let code = metric.split('"').next().unwrap().to_owned();
        let told = !matches!(code.as_str(), "NotSelected" | "OptedOut" | "AlreadyInjected");
        assert_eq!(warnings.len(), usize::from(told), "case {}: {code}: {warnings:?}", case.name);
        let message = warnings
            .first()
            .and_then(|warning| warning.strip_prefix(&format!("{code}: ")).map(str::to_owned));
        // What nobody asked for is not warned of; its message is the library's.
        return Case::skipped(&code, &message.unwrap_or_else(|| case.expected_message()));
    };
    let mut pod = case.pod.clone();
    let patch: json_patch::Patch = serde_json::from_slice(&BASE64_STANDARD.decode(patch).unwrap()).unwrap();
    json_patch::patch(&mut pod, &patch).unwrap();
    Case::injected(&pod, &warnings)
}

fn text(warning: &Value) -> String {
    warning.as_str().unwrap().strip_prefix("jmx-injector: ").unwrap().to_owned()
}

#[tokio::test]
async fn each_case_is_as_expected() {
    for case in case::cases() {
        case.check(&outcome(&case).await);
    }
}
