//! What is done to a pod that is injected, and its JSON patch. The patch only adds: each operation is `add`, or a
//! `test` that guards one. Where a value is replaced (`JAVA_TOOL_OPTIONS`), the new one begins with the old one.

use std::collections::BTreeMap;

use jmx_injector_api::{ConfigMapKey, InjectedContainer, InjectionStatus, injection, labels};
use json_patch::jsonptr::PointerBuf;
use json_patch::{AddOperation, Patch, PatchOperation, TestOperation};
use serde_json::{Value, json};

use crate::pod::PodView;
use crate::reason::Warning;

/// What the administrator chose for all pods.
#[derive(Clone, Debug)]
pub struct Defaults {
    /// Image with the agent, for the init container.
    pub image: String,
    /// Its pull policy: `Always`, `IfNotPresent` or `Never`.
    pub image_pull_policy: String,
    /// TCP port of the default profile.
    pub port: u16,
}

/// One container to be served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Its index in `spec.containers`.
    pub index: usize,
    /// Its name.
    pub name: String,
    /// TCP port of its metrics.
    pub port: u16,
    pub(crate) env: Option<ExistingEnv>,
}

/// A variable `JAVA_TOOL_OPTIONS` that the container has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ExistingEnv {
    pub(crate) index: usize,
    pub(crate) value: Option<String>,
}

/// What is done to a pod.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The exporter that serves the pod; none for the default profile.
    pub exporter: Option<String>,
    /// Its configuration; none for the agent's built-in preset.
    pub config: Option<ConfigMapKey>,
    /// The containers to be served, at least one.
    pub targets: Vec<Target>,
    /// Whether the `prometheus.io` annotations are set; not where the pod has its own.
    pub announce: bool,
    /// What the pod's owner should know.
    pub warnings: Vec<Warning>,
    pub(crate) image: String,
    pub(crate) image_pull_policy: String,
}

impl Plan {
    /// The patch for `pod`, which must be the pod that was decided on.
    #[must_use]
    pub fn patch(&self, pod: &PodView) -> Patch {
        let mut patch = Additions::default();
        self.add_metadata(pod, &mut patch);
        patch.extend(&["spec", "volumes"], pod.spec.volumes.as_deref(), self.volumes());
        patch.extend(
            &["spec", "initContainers"],
            pod.spec.init_containers.as_deref(),
            vec![self.init_container(pod)],
        );
        for target in &self.targets {
            self.add_to_container(target, pod, &mut patch);
        }
        Patch(patch.0)
    }

    fn add_metadata(&self, pod: &PodView, patch: &mut Additions) {
        let status = InjectionStatus {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            exporter: self.exporter.clone(),
            containers: self
                .targets
                .iter()
                .map(|target| InjectedContainer { name: target.name.clone(), port: target.port })
                .collect(),
        };
        patch.insert_all(
            &["metadata", "labels"],
            pod.metadata.labels.is_some(),
            [(labels::INJECTED, "true".to_owned())],
        );
        let mut annotations = vec![(labels::STATUS, json!(status).to_string())];
        if let (true, Some(target)) = (self.announce, self.targets.first()) {
            annotations.push((labels::SCRAPE, "true".to_owned()));
            annotations.push((labels::SCRAPE_PORT, target.port.to_string()));
            annotations.push((labels::SCRAPE_PATH, "/metrics".to_owned()));
        }
        patch.insert_all(&["metadata", "annotations"], pod.metadata.annotations.is_some(), annotations);
    }

    fn volumes(&self) -> Vec<Value> {
        let mut volumes = vec![json!({
            "name": injection::AGENT_VOLUME,
            // The agent is under 2 MiB; the limit keeps a faulty image from filling the node.
            "emptyDir": {"sizeLimit": "16Mi"}
        })];
        if let Some(config) = &self.config {
            volumes.push(json!({
                "name": injection::CONFIG_VOLUME,
                "configMap": {
                    "name": config.config_map_name,
                    "items": [{"key": config.config_map_key, "path": injection::CONFIG_FILE}],
                    // A pod never waits for its exporter's configuration: without it the built-in preset serves.
                    "optional": true
                }
            }));
        }
        volumes
    }

    /// Meets Pod Security `restricted` whatever the pod does
    /// (<https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted>).
    fn init_container(&self, pod: &PodView) -> Value {
        let mut security_context = json!({
            "allowPrivilegeEscalation": false,
            "capabilities": {"drop": ["ALL"]},
            "privileged": false,
            "readOnlyRootFilesystem": true,
            "runAsNonRoot": true,
            "seccompProfile": {"type": "RuntimeDefault"}
        });
        // The image's own user serves, and a platform that assigns users may choose another; only a pod that says
        // root must be contradicted, or the kubelet refuses to start a container that is to run as non-root.
        if pod.spec.security_context.as_ref().and_then(|context| context.run_as_user) == Some(0) {
            security_context["runAsUser"] = json!(65532);
        }
        json!({
            "name": injection::INIT_CONTAINER,
            "image": self.image,
            "imagePullPolicy": self.image_pull_policy,
            "args": ["install", "--to", injection::AGENT_DIR],
            "resources": self.init_resources(pod),
            "securityContext": security_context,
            "terminationMessagePolicy": "FallbackToLogsOnError",
            "volumeMounts": [{"name": injection::AGENT_VOLUME, "mountPath": injection::AGENT_DIR}]
        })
    }

    /// What the first target asks for and may use, and small fixed numbers where it says nothing. A pod asks for the
    /// larger of its init containers and the sum of the others, so it asks for no more than before; what the namespace's
    /// LimitRange allowed for the target it allows here; a pod of class Guaranteed stays one
    /// (<https://kubernetes.io/docs/concepts/workloads/pods/init-containers/#resource-sharing-within-containers>).
    fn init_resources(&self, pod: &PodView) -> Value {
        let target = self.targets.first().and_then(|target| pod.spec.containers.get(target.index));
        let theirs = target.and_then(|container| container.resources.as_ref());
        let quantity =
            |map: Option<&BTreeMap<String, Value>>, name| map.and_then(|map| map.get(name)).cloned();
        let (mut requests, mut limits) = (serde_json::Map::new(), serde_json::Map::new());
        for (name, small) in [("cpu", "100m"), ("memory", "64Mi")] {
            let request = quantity(theirs.and_then(|resources| resources.requests.as_ref()), name);
            let limit = quantity(theirs.and_then(|resources| resources.limits.as_ref()), name);
            let (request, limit) = match (request, limit) {
                (None, None) => (Some(json!(small)), Some(json!(small))),
                // The API server takes a limit without a request as both.
                (None, Some(limit)) => (Some(limit.clone()), Some(limit)),
                given => given,
            };
            requests.extend(request.map(|request| (name.to_owned(), request)));
            limits.extend(limit.map(|limit| (name.to_owned(), limit)));
        }
        json!({"requests": requests, "limits": limits})
    }

    fn add_to_container(&self, target: &Target, pod: &PodView, patch: &mut Additions) {
        let container = &pod.spec.containers[target.index];
        let index = target.index.to_string();
        let field = |name| ["spec", "containers", index.as_str(), name];
        patch.test(&field("name"), json!(target.name));

        let option = self.java_option(target.port);
        match &target.env {
            None => patch.extend(
                &field("env"),
                container.env.as_deref(),
                vec![json!({"name": injection::JAVA_TOOL_OPTIONS, "value": option})],
            ),
            Some(existing) => {
                let env_index = existing.index.to_string();
                let var = |name| ["spec", "containers", index.as_str(), "env", env_index.as_str(), name];
                patch.test(&var("name"), json!(injection::JAVA_TOOL_OPTIONS));
                let value = match existing.value.as_deref() {
                    None => option,
                    Some(value) => {
                        patch.test(&var("value"), json!(value));
                        if value.is_empty() { option } else { format!("{value} {option}") }
                    }
                };
                patch.add(&var("value"), json!(value));
            }
        }

        // A declared port of a pod on the host's network is a port of the host, which the scheduler would then
        // reserve: such a pod could stay unscheduled for our sake.
        if !pod.spec.host_network {
            let mut port =
                json!({"name": injection::PORT_NAME, "containerPort": target.port, "protocol": "TCP"});
            let name_taken = |ports: &[_]| ports.iter().any(has_our_port_name);
            if container.ports.as_deref().is_some_and(name_taken)
                && let Some(port) = port.as_object_mut()
            {
                port.remove("name");
            }
            patch.extend(&field("ports"), container.ports.as_deref(), vec![port]);
        }

        let mut mounts = vec![
            json!({"name": injection::AGENT_VOLUME, "mountPath": injection::AGENT_DIR, "readOnly": true}),
        ];
        if self.config.is_some() {
            mounts.push(json!({
                "name": injection::CONFIG_VOLUME, "mountPath": injection::CONFIG_DIR, "readOnly": true
            }));
        }
        patch.extend(&field("volumeMounts"), container.volume_mounts.as_deref(), mounts);
    }

    /// The agent's argument is `[host:]port[:config.yaml]`, as the upstream exporter takes it. Nothing in it comes from
    /// the pod but the port, a number.
    fn java_option(&self, port: u16) -> String {
        use injection::{AGENT_DIR, AGENT_JAR, CONFIG_DIR, CONFIG_FILE};
        let agent = format!("-javaagent:{AGENT_DIR}/{AGENT_JAR}={port}");
        if self.config.is_some() { format!("{agent}:{CONFIG_DIR}/{CONFIG_FILE}") } else { agent }
    }
}

fn has_our_port_name(port: &crate::pod::ContainerPort) -> bool {
    port.name.as_deref() == Some(injection::PORT_NAME)
}

fn pointer(path: &[&str]) -> PointerBuf {
    PointerBuf::from_tokens(path.iter().copied())
}

/// Operations that add.
#[derive(Default)]
struct Additions(Vec<PatchOperation>);

impl Additions {
    fn add(&mut self, path: &[&str], value: Value) {
        self.0.push(PatchOperation::Add(AddOperation { path: pointer(path), value }));
    }

    fn test(&mut self, path: &[&str], value: Value) {
        self.0.push(PatchOperation::Test(TestOperation { path: pointer(path), value }));
    }

    /// Appends `values` to the list at `path`, which `existing` tells of; an absent list is made.
    fn extend<T>(&mut self, path: &[&str], existing: Option<&[T]>, values: Vec<Value>) {
        if existing.is_none() {
            return self.add(path, Value::Array(values));
        }
        for value in values {
            self.add(&[path, &["-"]].concat(), value);
        }
    }

    /// Sets the entries of the map at `path`; an absent map is made.
    fn insert_all(
        &mut self,
        path: &[&str],
        exists: bool,
        entries: impl IntoIterator<Item = (&'static str, String)>,
    ) {
        if exists {
            for (key, value) in entries {
                self.add(&[path, &[key]].concat(), json!(value));
            }
        } else {
            self.add(path, entries.into_iter().map(|(key, value)| (key.to_owned(), json!(value))).collect());
        }
    }
}
