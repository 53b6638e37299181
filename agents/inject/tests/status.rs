//! The status that is made of what was observed.

#![allow(clippy::unwrap_used)] // clippy takes the helpers of a test for production code

use std::collections::BTreeMap;

use jmx_injector_api::{EndpointState, PrometheusJmxExporter, PrometheusJmxExporterStatus};
use jmx_injector_inject::status::{
    Answer, ConfigState, EndpointId, Observed, expected_endpoints, injection_status, status,
};
use k8s_openapi::api::core::v1::Pod;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use rstest::rstest;
use serde_json::{Value, json};

fn exporter() -> PrometheusJmxExporter {
    serde_json::from_value(json!({
        "apiVersion": "banzaicloud.com/v1alpha1",
        "kind": "PrometheusJmxExporter",
        "metadata": {"name": "shop", "namespace": "default", "generation": 3},
        "spec": {
            "labelSelector": {"app": "shop"},
            "config": {"configMapName": "shop-jmx", "configMapKey": "config.yaml"},
            "port": 9400
        }
    }))
    .unwrap()
}

fn pod(name: &str, state: &Value) -> Pod {
    let annotation = json!({"version": "0.1.0", "exporter": "shop", "containers": [
        {"name": "app", "port": 9400}, {"name": "app", "port": 22}, {"name": "no-such-container", "port": 23}
    ]});
    serde_json::from_value(json!({
        "metadata": {"name": name, "annotations": {"jmx.banzaicloud.com/status": annotation.to_string()}},
        "status": {
            "phase": "Running",
            "podIP": "10.0.0.1",
            "containerStatuses": [{
                "name": "app", "containerID": format!("containerd://{name}"), "state": state,
                "image": "", "imageID": "", "ready": true, "restartCount": 0
            }]
        }
    }))
    .unwrap()
}

fn running() -> Value {
    json!({"running": {"startedAt": "2026-01-01T00:00:00Z"}})
}

fn observe(
    pods: &[Pod],
    answers: &[(&str, Answer)],
    change: impl Fn(&mut Observed<'_>),
) -> PrometheusJmxExporterStatus {
    let exporter = exporter();
    let answers: BTreeMap<_, _> = answers
        .iter()
        .map(|(pod, answer)| {
            let container_id = format!("containerd://{pod}");
            (EndpointId { container_id, ip: "10.0.0.1".into(), port: 9400 }, answer.clone())
        })
        .collect();
    let endpoints =
        pods.iter().flat_map(|pod| expected_endpoints(pod, &injection_status(pod).unwrap())).collect();
    let mut observed = Observed {
        exporter: &exporter,
        endpoints,
        answers: &answers,
        config: ConfigState::Found,
        not_served: Vec::new(),
        taken: Vec::new(),
        now: Time("2026-01-02T00:00:00Z".parse().unwrap()),
    };
    change(&mut observed);
    status(&observed)
}

fn condition<'s>(status: &'s PrometheusJmxExporterStatus, type_: &str) -> (&'s str, &'s str, &'s str) {
    let found = status.conditions.iter().find(|condition| condition.type_ == type_).unwrap();
    (&found.status, &found.reason, &found.message)
}

#[test]
fn endpoints_are_sorted_and_each_container_counts_once() {
    let pods = [pod("b", &running()), pod("a", &running())];
    let found = observe(&pods, &[("a", Ok(())), ("b", Err("refused".into()))], |_| ());
    let listed: Vec<_> =
        found.metrics_endpoints.iter().map(|e| (e.pod.as_str(), e.port, e.state.unwrap())).collect();
    assert_eq!(listed, [("a", 9400, EndpointState::Serving), ("b", 9400, EndpointState::Unreachable)]);
    assert_eq!(found.endpoint_count, Some(2));
    assert_eq!(
        condition(&found, "Ready"),
        ("False", "EndpointsUnreachable", "endpoints do not answer: b:9400")
    );
    assert!(found.conditions.iter().all(|condition| condition.observed_generation == Some(3)));
}

#[rstest]
#[case::runs_unasked(running(), "the first answer is awaited")]
#[case::waits(json!({"waiting": {"reason": "ImagePullBackOff"}}), "the container waits: ImagePullBackOff")]
#[case::ended(json!({"terminated": {"exitCode": 1, "reason": "Error"}}), "the container ended with exit code 1: Error")]
fn what_does_not_serve_yet_says_what_it_waits_for(#[case] state: Value, #[case] message: &str) {
    let found = observe(&[pod("a", &state)], &[], |_| ());
    assert_eq!(found.metrics_endpoints[0].state, Some(EndpointState::Pending));
    assert_eq!(found.metrics_endpoints[0].message.as_deref(), Some(message));
    assert_eq!(condition(&found, "Ready").1, "EndpointsPending");
}

#[test]
fn pods_that_end_or_have_ended_have_no_endpoint() {
    let (mut ending, mut succeeded) = (pod("a", &running()), pod("b", &running()));
    ending.metadata.deletion_timestamp = Some(Time("2026-01-02T00:00:00Z".parse().unwrap()));
    succeeded.status.as_mut().unwrap().phase = Some("Succeeded".into());
    let found = observe(&[ending, succeeded], &[], |_| ());
    assert!(found.metrics_endpoints.is_empty());
    assert_eq!(condition(&found, "Ready"), ("True", "NoPods", "no pod is selected yet"));
}

#[rstest]
#[case::config_map(
    ConfigState::ConfigMapMissing,
    "False",
    "ConfigMap default/shop-jmx does not exist; create it with key config.yaml"
)]
#[case::key(ConfigState::KeyMissing(vec!["other".into()]), "False", "ConfigMap default/shop-jmx has no key config.yaml, it has [other]")]
#[case::unknown(ConfigState::Unknown("forbidden".into()), "Unknown", "could not be read: forbidden")]
fn a_missing_configuration_is_named(
    #[case] config: ConfigState,
    #[case] status: &str,
    #[case] message: &str,
) {
    let found =
        observe(&[pod("a", &running())], &[("a", Ok(()))], |observed| observed.config = config.clone());
    let (resolved, _, text) = condition(&found, "ConfigResolved");
    assert!(resolved == status && text.contains(message), "{resolved}: {text}");
    assert_eq!(condition(&found, "Ready").0, if status == "False" { "False" } else { "True" });
}

#[test]
fn many_names_are_cut() {
    let found =
        observe(&[], &[], |observed| observed.not_served = (0..9).map(|n| format!("pod-{n}")).collect());
    let (_, reason, message) = condition(&found, "Ready");
    assert_eq!(reason, "PodsNotInjected");
    assert!(message.ends_with("pod-0, pod-1, pod-2, pod-3, pod-4 and 4 more"), "{message}");
}

#[test]
fn a_condition_keeps_its_time_until_it_changes() {
    let first = observe(&[], &[], |_| ());
    let mut before = exporter();
    let mut earlier = first.clone();
    for condition in &mut earlier.conditions {
        condition.last_transition_time = Time("2025-01-01T00:00:00Z".parse().unwrap());
    }
    before.status = Some(earlier);
    let second = |taken| {
        let answers = BTreeMap::new();
        status(&Observed {
            exporter: &before,
            endpoints: Vec::new(),
            answers: &answers,
            config: ConfigState::Found,
            not_served: Vec::new(),
            taken,
            now: Time("2026-01-02T00:00:00Z".parse().unwrap()),
        })
    };
    assert_eq!(Some(&second(Vec::new())), before.status.as_ref(), "nothing changed, nothing is written");
    let overlapping = second(vec![("p".into(), "older".into())]);
    assert_eq!(condition(&overlapping, "Overlapping").0, "True");
    let times: Vec<_> = overlapping.conditions.iter().map(|c| c.last_transition_time.0.to_string()).collect();
    assert_eq!(times, ["2025-01-01T00:00:00Z", "2026-01-02T00:00:00Z", "2025-01-01T00:00:00Z"]);
}
