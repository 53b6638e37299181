//! The golden cases through the library. `UPDATE_GOLDEN=1` (`make golden`) writes their expectations anew.

#![allow(clippy::unwrap_used, clippy::panic)] // clippy takes the helpers of a test for production code

use std::sync::Arc;

use jmx_injector_api::PrometheusJmxExporter;
use jmx_injector_inject::{Decision, Plan, PodView, Reason, decide};
use json_patch::PatchOperation;
use serde_json::Value;

#[path = "../../../tests/golden/case.rs"]
mod case;

use case::{Case, Outcome};

fn decide_on(pod: &Value, namespace: &str, exporters: &[Arc<PrometheusJmxExporter>]) -> (PodView, Decision) {
    let view: PodView = serde_json::from_value(pod.clone()).unwrap();
    let decision = decide(&view, namespace, exporters, &case::defaults());
    (view, decision)
}

/// The plan of a case that is injected, and the pod that comes out.
fn injected(case: &Case) -> Result<(PodView, Plan, Value), Reason> {
    match decide_on(&case.pod, case.namespace(), &case.exporters) {
        (_, Decision::Skip(reason)) => Err(reason),
        (view, Decision::Inject(plan)) => {
            let mut pod = case.pod.clone();
            json_patch::patch(&mut pod, &plan.patch(&view)).unwrap();
            Ok((view, plan, pod))
        }
    }
}

fn outcome(case: &Case) -> Outcome {
    match injected(case) {
        Err(reason) => Case::skipped(reason.code(), &reason.to_string()),
        Ok((_, plan, pod)) => {
            let warnings: Vec<_> = plan.warnings.iter().map(|w| format!("{}: {w}", w.code())).collect();
            Case::injected(&pod, &warnings)
        }
    }
}

#[test]
fn each_case_is_as_expected() {
    let cases = case::cases();
    assert!(cases.len() > 20, "the cases are not where they are looked for");
    for case in &cases {
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            case.refresh(&outcome(case));
        }
        case.check(&outcome(case));
    }
}

#[test]
fn injecting_twice_adds_nothing() {
    for case in case::cases() {
        let Ok((_, _, pod)) = injected(&case) else { continue };
        let (_, second) = decide_on(&pod, case.namespace(), &case.exporters);
        assert!(matches!(second, Decision::Skip(Reason::AlreadyInjected)), "case {}: {second:?}", case.name);
    }
}

#[test]
fn patches_only_add_and_test() {
    for case in case::cases() {
        let Ok((view, plan, _)) = injected(&case) else { continue };
        for operation in plan.patch(&view).0 {
            assert!(
                matches!(operation, PatchOperation::Add(_) | PatchOperation::Test(_)),
                "case {}: {operation}",
                case.name
            );
        }
    }
}

/// <https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted>
#[test]
fn what_is_added_meets_pod_security_restricted() {
    for case in case::cases() {
        let Ok((_, _, pod)) = injected(&case) else { continue };
        let containers = pod["spec"]["initContainers"].as_array().unwrap();
        let added = containers.iter().find(|container| container["name"] == "jmx-injector-install").unwrap();
        let context = &added["securityContext"];
        let name = &case.name;
        assert_eq!(context["allowPrivilegeEscalation"], false, "case {name}");
        assert_eq!(context["capabilities"], serde_json::json!({"drop": ["ALL"]}), "case {name}");
        assert_eq!(context["runAsNonRoot"], true, "case {name}");
        assert_eq!(context["seccompProfile"]["type"], "RuntimeDefault", "case {name}");
        assert_ne!(context["privileged"], true, "case {name}");
        let user = context["runAsUser"].as_i64().or(pod["spec"]["securityContext"]["runAsUser"].as_i64());
        assert_ne!(user, Some(0), "case {name}: the kubelet would not start it");
        for volume in pod["spec"]["volumes"].as_array().unwrap() {
            let ours = volume["name"].as_str().unwrap().starts_with("jmx-injector-");
            let kinds: Vec<_> = volume.as_object().unwrap().keys().filter(|key| *key != "name").collect();
            assert!(!ours || kinds == ["emptyDir"] || kinds == ["configMap"], "case {name}: {kinds:?}");
        }
        for resource in ["cpu", "memory"] {
            let given =
                ["requests", "limits"].iter().any(|kind| !added["resources"][kind][resource].is_null());
            assert!(given, "case {name}: no {resource}");
        }
    }
}
