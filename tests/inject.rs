//! `jmx-injector inject`, as it is run in a pipeline.

#![allow(clippy::unwrap_used)] // clippy takes the helpers of a test for production code

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

#[path = "golden/case.rs"]
mod case;

use case::{Case, Outcome};

fn inject(arguments: &[&str], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_jmx-injector"))
        .arg("inject")
        .args(arguments)
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // The child may end before it has read all, when its arguments are bad.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn outcome(case: &Case) -> Outcome {
    let exporters = case.path("exporters.yaml");
    let pod = case.path("pod.yaml");
    let mut arguments = vec!["--agent-image", "jmx-injector:test", "-o", "json", "-f", &pod];
    if Path::new(&exporters).exists() {
        arguments.extend(["-f", &exporters]);
    }
    let output = inject(&arguments, "");
    let (lines, object) = (stderr(&output), format!("Pod {}/", case.namespace()));
    let about_pod: Vec<_> = lines.lines().filter(|line| line.contains(&object)).collect();
    if let Some((_, skipped)) = about_pod[0].split_once(": not injected: ") {
        let (code, message) = skipped.split_once(": ").unwrap();
        return Case::skipped(code, message);
    }
    let warnings: Vec<String> =
        about_pod.iter().filter_map(|line| Some(line.split_once(": warning: ")?.1.to_owned())).collect();
    let printed: Value = serde_json::from_str(&stdout(&output)).unwrap();
    Case::injected(if printed["kind"] == "List" { &printed["items"][0] } else { &printed }, &warnings)
}

#[test]
fn each_golden_case_is_as_expected() {
    for case in case::cases() {
        case.check(&outcome(&case));
    }
}

const MANIFEST: &str = r#"# A shop.
apiVersion: v1
kind: ConfigMap
metadata: {name: shop}   # untouched, as it is written
data:
  mode: 'on'
---
# The one that is injected.
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  template:
    metadata:
      labels:
        app: web
        jmx.banzaicloud.com/inject: "true"
    spec:
      containers:
      - name: web
        image: example/web:1
        env:
        - {name: MODE, value: "on"}
      volumes:
      - name: secrets
        secret:
          secretName: web
          defaultMode: 0440
---
---
apiVersion: example.com/v1
kind: Anything
spec: {template: {spec: {containers: [{name: a}]}}}
"#;

#[test]
fn what_is_not_injected_keeps_its_text() {
    let output = inject(&["-f", "-"], MANIFEST);
    assert!(output.status.success(), "{}", stderr(&output));
    let text = stdout(&output);
    let (before, rest) = MANIFEST.split_once("---\n").unwrap();
    assert!(
        text.starts_with(&format!("{before}---\n# The one that is injected.\napiVersion: apps/v1\n")),
        "{text}"
    );
    let (_, after) = rest.split_once("---\n").unwrap();
    assert!(text.ends_with(after), "{text}");
    // What YAML 1.1 reads otherwise keeps its meaning: an octal number, a string that looks like a boolean.
    assert!(text.contains("defaultMode: 288") && text.contains("value: \"on\""), "{text}");
    assert!(text.contains("name: jmx-injector-install"));
    assert_eq!(
        stderr(&output),
        "standard input:7: Deployment default/web: injected by the default profile: web:9404\n"
    );

    let again = inject(&["-f", "-"], &text);
    assert_eq!(stdout(&again), text, "injecting twice adds nothing");
}

#[test]
fn windows_line_ends_are_kept() {
    let output = inject(&["-f", "-"], &MANIFEST.replace('\n', "\r\n"));
    let text = stdout(&output);
    assert!(text.contains("jmx-injector-install"), "{}", stderr(&output));
    assert_eq!(text.matches('\n').count(), text.matches("\r\n").count());
}

#[test]
fn bad_yaml_is_named_with_file_line_and_column() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("bad.yaml");
    fs::write(&file, "a: 1\n---\nb: [1, 2\nc: }\n").unwrap();
    let output = inject(&["-f", file.to_str().unwrap()], "");
    assert_eq!(output.status.code(), Some(1));
    assert!(stdout(&output).is_empty());
    let message = stderr(&output);
    assert!(message.contains("bad.yaml: line 4, column "), "{message}");
}

#[test]
fn a_refused_pod_is_told_by_the_exit_status() {
    let pod = "{apiVersion: v1, kind: Pod, metadata: {name: a, labels: {jmx.banzaicloud.com/inject: nobody}}, spec: {containers: []}}";
    let output = inject(&["-f", "-"], pod);
    assert_eq!(output.status.code(), Some(3));
    assert!(
        stderr(&output).contains("Pod default/a: not injected: ExporterNotFound: "),
        "{}",
        stderr(&output)
    );
    assert_eq!(stdout(&output), pod);
}

#[test]
fn content_on_the_line_of_a_marker_is_read() {
    let pod = "--- # nothing\n--- {kind: Pod, metadata: {name: a}, spec: {containers: [{name: app}]}}\n";
    let output = inject(&["-f", "-", "--all"], pod);
    assert!(stderr(&output).contains("Pod default/a: injected"), "{}", stderr(&output));
    assert!(stdout(&output).starts_with("--- # nothing\n---\nkind: Pod\n"), "{}", stdout(&output));
}

#[test]
fn every_kind_of_workload_and_list_is_injected_in_every_form() {
    let template = "{metadata: {labels: {a: b}}, spec: {containers: [{name: app}]}}";
    let mut items = Vec::new();
    for kind in ["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController", "Job"] {
        items.push(format!("{{kind: {kind}, metadata: {{name: x}}, spec: {{template: {template}}}}}"));
    }
    items.push(format!("{{kind: PodTemplate, metadata: {{name: x}}, template: {template}}}"));
    items.push(format!(
        "{{kind: CronJob, metadata: {{name: x}}, spec: {{jobTemplate: {{spec: {{template: {template}}}}}}}}}"
    ));
    items.push("{kind: Pod, metadata: {name: x}, spec: {containers: [{name: app}]}}".to_owned());
    let list = format!(
        "{{kind: List, apiVersion: v1, items: [{}, {{kind: Service, metadata: {{name: s}}}}]}}",
        items.join(", ")
    );

    assert_eq!(stdout(&inject(&["-f", "-"], &list)), list, "nobody opted in");
    for (format, expected) in [
        ("yaml", "jmx-injector-install"),
        ("json", "jmx-injector-install"),
        ("patch", "/items/8/spec/volumes"),
        ("diff", "+++ standard input (injected)"),
    ] {
        let output = inject(&["-f", "-", "--all", "-o", format], &list);
        assert!(output.status.success(), "{}", stderr(&output));
        assert!(stdout(&output).contains(expected), "{format}: {}", stdout(&output));
        assert_eq!(
            stderr(&output).matches(": injected by the default profile: app:9404").count(),
            items.len()
        );
    }
}

#[test]
fn a_directory_is_read_and_its_files_know_each_others_exporters() {
    let directory = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(directory.path().join(name), text).unwrap();
    write("a.yaml", "{kind: Pod, metadata: {name: a, labels: {app: x}}, spec: {containers: [{name: app}]}}");
    write(
        "b.yml",
        "{kind: PrometheusJmxExporter, apiVersion: banzaicloud.com/v1alpha1, metadata: {name: x}, spec: {labelSelector: {app: x}, port: 9999, config: {configMapName: c, configMapKey: k}}}\n",
    );
    write("notes.txt", "not read: [");
    let output = inject(&["-f", directory.path().to_str().unwrap()], "");
    assert!(
        stderr(&output).contains("Pod default/a: injected by exporter x: app:9999"),
        "{}",
        stderr(&output)
    );
    assert!(stdout(&output).contains("\n---\n{kind: PrometheusJmxExporter"), "{}", stdout(&output));
}

#[test]
fn a_bad_exporter_is_named() {
    let output =
        inject(&["-f", "-"], "{kind: PrometheusJmxExporter, metadata: {name: x}, spec: {port: 70000}}");
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("PrometheusJmxExporter default/x"), "{}", stderr(&output));
}

#[test]
fn a_manifest_of_megabytes_is_read() {
    let config_map =
        format!("kind: ConfigMap\ndata:\n  large: |\n{}", "    0123456789abcdef\n".repeat(200_000));
    let output = inject(&["-f", "-"], &format!("{config_map}---\n{MANIFEST}"));
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(stdout(&output).starts_with(&config_map));
}
