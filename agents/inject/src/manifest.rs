//! Injection into manifests, offline: the same decision as the webhook's, for each pod and pod template in a text of
//! YAML documents. What is not injected keeps its text, byte for byte.

use std::fmt;

use jmx_injector_api::{PrometheusJmxExporter, labels};
use json_patch::jsonptr::{Pointer, PointerBuf};
use json_patch::{Patch, PatchOperation};
use serde::Deserialize;
use serde_json::Value;

use crate::decide::{Decision, decide};
use crate::plan::Defaults;
use crate::pod::PodView;
use crate::reason::{Reason, Warning};

/// A text of YAML (or JSON) documents.
#[derive(Clone, Debug)]
pub struct Manifest {
    documents: Vec<Document>,
}

#[derive(Clone, Debug)]
struct Document {
    /// The text from this document's first line to the next one's.
    text: String,
    /// The line of the text's first, from 1.
    line: usize,
    /// None where the text holds only comments.
    value: Option<Value>,
}

/// A document that is no YAML.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidYaml {
    /// Line in the whole text, from 1.
    pub line: usize,
    /// Column, from 1.
    pub column: usize,
    /// What is wrong.
    pub problem: String,
}

impl fmt::Display for InvalidYaml {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}: {}", self.line, self.column, self.problem)
    }
}

impl std::error::Error for InvalidYaml {}

/// How manifests are injected.
#[derive(Clone, Debug)]
pub struct Options {
    /// What the administrator chose for all pods.
    pub defaults: Defaults,
    /// The namespace of objects that name none.
    pub namespace: String,
    /// Whether pods count as opted in that have no label and no exporter.
    pub all: bool,
}

/// What became of one pod or pod template.
#[derive(Clone, Debug)]
pub struct Injection {
    /// The line at which its document begins.
    pub line: usize,
    /// Kind, namespace and name of its object, for messages: `Deployment default/web`.
    pub object: String,
    /// What became of it.
    pub result: Result<Injected, Reason>,
}

/// What was injected.
#[derive(Clone, Debug)]
pub struct Injected {
    /// The exporter; none for the default profile.
    pub exporter: Option<String>,
    /// Names of the containers and the ports of their metrics.
    pub ports: Vec<(String, u16)>,
    /// What the pod's owner should know.
    pub warnings: Vec<Warning>,
    /// What was done, against the whole document.
    pub patch: Patch,
}

impl Manifest {
    /// Splits a text into its documents and reads them.
    pub fn parse(text: &str) -> Result<Self, InvalidYaml> {
        let mut documents = Vec::new();
        let (mut start, mut start_line) = (0, 1);
        let mut position = 0;
        for (index, line) in text.split_inclusive('\n').enumerate() {
            // A marker in the text's first line begins the first document, it does not end an empty one.
            if position > start && is_marker(line) {
                documents.push(Document::parse(&text[start..position], start_line)?);
                (start, start_line) = (position, index + 1);
            }
            position += line.len();
        }
        documents.push(Document::parse(&text[start..], start_line)?);
        Ok(Self { documents })
    }

    /// The exporters among the documents. Those that name no namespace get `namespace`; those that cannot be read are
    /// given as errors that name them.
    #[must_use]
    pub fn exporters(&self, namespace: &str) -> Vec<Result<PrometheusJmxExporter, String>> {
        let mut exporters = Vec::new();
        for document in &self.documents {
            for (_, object) in document.objects() {
                if object["kind"] == "PrometheusJmxExporter" {
                    let exporter = PrometheusJmxExporter::deserialize(object).map(|mut exporter| {
                        exporter.metadata.namespace.get_or_insert_with(|| namespace.to_owned());
                        exporter
                    });
                    let at =
                        |error| format!("line {}: {}: {error}", document.line, describe(object, namespace));
                    exporters.push(exporter.map_err(at));
                }
            }
        }
        exporters
    }

    /// Injects into each pod and pod template, and tells what became of each.
    pub fn inject(&mut self, exporters: &[PrometheusJmxExporter], options: &Options) -> Vec<Injection> {
        self.documents.iter_mut().flat_map(|document| document.inject(exporters, options)).collect()
    }

    /// The documents as values, those without content left out.
    pub fn values(&self) -> impl Iterator<Item = &Value> {
        self.documents.iter().filter_map(|document| document.value.as_ref())
    }
}

impl fmt::Display for Manifest {
    /// The whole text, as YAML.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.documents.iter().try_for_each(|document| f.write_str(&document.text))
    }
}

/// `---` at the beginning of a line, alone or followed by white space
/// (<https://yaml.org/spec/1.2.2/#912-document-markers>).
fn is_marker(line: &str) -> bool {
    line.strip_prefix("---").is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t', '\r', '\n']))
}

impl Document {
    fn parse(text: &str, line: usize) -> Result<Self, InvalidYaml> {
        let only_comments = text.lines().all(|line| {
            // Content may stand on the marker's own line.
            let content = if is_marker(line) { &line[3..] } else { line }.trim_start();
            content.is_empty() || content.starts_with('#')
        });
        let value = if only_comments { None } else { Some(Self::read(text, line)?) };
        Ok(Self { text: text.to_owned(), line, value })
    }

    fn read(text: &str, line: usize) -> Result<Value, InvalidYaml> {
        // As kubectl reads it: `defaultMode: 0644` is octal.
        let options = serde_saphyr::options! { legacy_octal_numbers: true, with_snippet: false };
        serde_saphyr::from_str_with_options(text.trim_start_matches('\u{feff}'), options).map_err(|error| {
            let (row, column) = error.location().map_or((1, 1), |at| (at.line(), at.column()));
            let problem = error.to_string();
            InvalidYaml {
                line: line + usize::try_from(row).unwrap_or(1) - 1,
                column: usize::try_from(column).unwrap_or(1),
                problem: problem.lines().next().unwrap_or_default().to_owned(),
            }
        })
    }

    /// Its objects and where they are.
    fn objects(&self) -> Vec<(PointerBuf, &Value)> {
        let mut objects = Vec::new();
        if let Some(value) = &self.value {
            flatten(value, &mut PointerBuf::new(), &mut objects);
        }
        objects
    }

    fn inject(&mut self, exporters: &[PrometheusJmxExporter], options: &Options) -> Vec<Injection> {
        let Some(value) = &self.value else { return Vec::new() };
        let injections: Vec<_> = self
            .objects()
            .into_iter()
            .filter_map(|(at, object)| {
                let pod_at = at.concat(pod_pointer(object["kind"].as_str()?)?);
                let pod = PodView::deserialize(pod_at.resolve(value).ok()?).ok()?;
                let namespace = object["metadata"]["namespace"].as_str().unwrap_or(&options.namespace);
                let result = inject_pod(&pod, &pod_at, namespace, exporters, options);
                Some(Injection { line: self.line, object: describe(object, &options.namespace), result })
            })
            .collect();
        self.apply(&injections);
        injections
    }

    fn apply(&mut self, injections: &[Injection]) {
        let mut patches = injections.iter().filter_map(|injection| injection.result.as_ref().ok()).peekable();
        let (Some(value), Some(_)) = (&mut self.value, patches.peek()) else { return };
        for injected in patches {
            // Made against this very value, the patch fits.
            if json_patch::patch(value, &injected.patch).is_err() {
                debug_assert!(false, "a patch does not fit");
                return;
            }
        }
        self.text = rewritten(&self.text, value);
    }
}

/// The text of a changed document: what precedes its content stays, and so do its line ends.
fn rewritten(before: &str, value: &Value) -> String {
    let is_head = |line: &&str| {
        let trimmed = line.trim_start();
        trimmed.trim_end().is_empty() || trimmed.starts_with('#') || line.trim_end() == "---"
    };
    let head: String = before.split_inclusive('\n').take_while(is_head).collect();
    let options = serde_saphyr::ser_options! { folded_wrap_chars: 100_000 };
    // A value that was read from YAML or made here has nothing that YAML cannot hold.
    let body = serde_saphyr::to_string_with_options(value, options).unwrap_or_else(|_| value.to_string());
    let head = if head.is_empty() && is_marker(before) { "---\n".to_owned() } else { head };
    if before.contains("\r\n") {
        format!("{head}{}", body.replace('\n', "\r\n"))
    } else {
        format!("{head}{body}")
    }
}

fn inject_pod(
    pod: &PodView,
    at: &Pointer,
    namespace: &str,
    exporters: &[PrometheusJmxExporter],
    options: &Options,
) -> Result<Injected, Reason> {
    let mut decision = decide(pod, namespace, exporters, &options.defaults);
    if options.all && matches!(decision, Decision::Skip(Reason::NotSelected)) {
        // The label decides, and does not go into the pod.
        let mut opted_in = pod.clone();
        opted_in.metadata.labels.get_or_insert_default().insert(labels::INJECT.to_owned(), "true".to_owned());
        decision = decide(&opted_in, namespace, exporters, &options.defaults);
    }
    match decision {
        Decision::Skip(reason) => Err(reason),
        Decision::Inject(plan) => {
            let mut patch = plan.patch(pod);
            for operation in &mut patch.0 {
                if let PatchOperation::Add(add) = operation {
                    add.path = at.concat(&add.path);
                } else if let PatchOperation::Test(test) = operation {
                    test.path = at.concat(&test.path);
                }
            }
            Ok(Injected {
                exporter: plan.exporter,
                ports: plan.targets.into_iter().map(|target| (target.name, target.port)).collect(),
                warnings: plan.warnings,
                patch,
            })
        }
    }
}

/// Where the pod, or the template of pods, is in an object of a kind that has one.
fn pod_pointer(kind: &str) -> Option<&'static Pointer> {
    Some(Pointer::from_static(match kind {
        "Pod" => "",
        "PodTemplate" => "/template",
        "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet" | "ReplicationController" | "Job" => {
            "/spec/template"
        }
        "CronJob" => "/spec/jobTemplate/spec/template",
        _ => return None,
    }))
}

/// The objects of a document and where they are: itself, or the items of a list, which may be lists.
fn flatten<'v>(value: &'v Value, at: &mut PointerBuf, objects: &mut Vec<(PointerBuf, &'v Value)>) {
    let is_list = value["kind"].as_str().is_some_and(|kind| kind.ends_with("List"));
    match value["items"].as_array().filter(|_| is_list) {
        None => objects.push((at.clone(), value)),
        Some(items) => {
            at.push_back("items");
            for (index, item) in items.iter().enumerate() {
                at.push_back(index);
                flatten(item, at, objects);
                at.pop_back();
            }
            at.pop_back();
        }
    }
}

fn describe(object: &Value, namespace: &str) -> String {
    let metadata = &object["metadata"];
    let kind = object["kind"].as_str().unwrap_or("object");
    let name = metadata["name"].as_str().or(metadata["generateName"].as_str()).unwrap_or("(unnamed)");
    format!("{kind} {}/{name}", metadata["namespace"].as_str().unwrap_or(namespace))
}
