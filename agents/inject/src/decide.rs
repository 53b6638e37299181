//! The decision: whether a pod is injected, by which exporter, into which containers, at which ports.

use std::borrow::Borrow;
use std::collections::BTreeMap;

use jmx_injector_api::{PrometheusJmxExporter, injection, labels};

use crate::plan::{Defaults, ExistingEnv, Plan, Target};
use crate::pod::{Container, PodView};
use crate::ports::Ports;
use crate::proxies::is_proxy;
use crate::reason::{Reason, Warning};

/// The labels of a pod.
pub type Labels = BTreeMap<String, String>;

/// What becomes of a pod.
#[derive(Clone, Debug)]
pub enum Decision {
    /// It is injected.
    Inject(Plan),
    /// It is left alone.
    Skip(Reason),
}

/// Decides on `pod`, which is (to be) in `namespace`. `exporters` may be of any namespace.
pub fn decide<'e, E>(
    pod: &PodView,
    namespace: &str,
    exporters: impl IntoIterator<Item = &'e E>,
    defaults: &Defaults,
) -> Decision
where
    E: Borrow<PrometheusJmxExporter> + 'e,
{
    match plan(pod, namespace, exporters.into_iter().map(Borrow::borrow), defaults) {
        Ok(plan) => Decision::Inject(plan),
        Err(reason) => Decision::Skip(reason),
    }
}

fn plan<'e>(
    pod: &PodView,
    namespace: &str,
    exporters: impl Iterator<Item = &'e PrometheusJmxExporter>,
    defaults: &Defaults,
) -> Result<Plan, Reason> {
    let exporter = select_exporter(pod.metadata.labels.as_ref(), namespace, exporters)?;
    if is_injected(pod) {
        return Err(Reason::AlreadyInjected);
    }
    check_platform(pod)?;
    check_names(pod)?;

    let wanted_port = exporter.map_or(defaults.port, |exporter| exporter.spec.port);
    let mut ports = Ports::of(pod);
    let mut warnings = Vec::new();
    let mut targets = Vec::new();
    for index in choose_containers(pod, exporter)? {
        let container = &pod.spec.containers[index];
        check_mounts(container)?;
        let port = ports.take(wanted_port).ok_or(Reason::NoFreePort { wanted: wanted_port })?;
        // Of several containers only the first can have the wanted port: that the others move is no news.
        if port != wanted_port && targets.is_empty() {
            let container = container.name.clone();
            warnings.push(Warning::PortMoved { container, wanted: wanted_port, port });
        }
        let env = existing_options(container)?;
        if env.is_none() && container.env_from.as_ref().is_some_and(|sources| !sources.is_empty()) {
            warnings.push(Warning::OptionsMayBeShadowed { container: container.name.clone() });
        }
        targets.push(Target { index, name: container.name.clone(), port, env });
    }
    let announce = ![labels::SCRAPE, labels::SCRAPE_PORT, labels::SCRAPE_PATH]
        .iter()
        .any(|key| pod.annotation(key).is_some());
    if let (false, Some(target)) = (announce, targets.first()) {
        warnings.push(Warning::ScrapeAnnotationsKept { port: target.port });
    }
    Ok(Plan {
        exporter: exporter.and_then(|exporter| exporter.metadata.name.clone()),
        config: exporter.map(|exporter| exporter.spec.config.clone()),
        targets,
        announce,
        warnings,
        image: defaults.image.clone(),
        image_pull_policy: defaults.image_pull_policy.clone(),
    })
}

/// The exporter that serves a pod with `pod_labels`, or none for the default profile. An opt-in label names one or
/// says `true`; of those whose selector matches the oldest wins, and of two of one age the first by name.
pub fn select_exporter<'e>(
    pod_labels: Option<&Labels>,
    namespace: &str,
    exporters: impl Iterator<Item = &'e PrometheusJmxExporter>,
) -> Result<Option<&'e PrometheusJmxExporter>, Reason> {
    let opt_in = pod_labels.and_then(|labels| labels.get(labels::INJECT)).map(String::as_str);
    if opt_in == Some("false") {
        return Err(Reason::OptedOut);
    }
    let mut in_namespace = exporters.filter(|exporter| {
        exporter.metadata.namespace.as_deref() == Some(namespace)
            && exporter.metadata.deletion_timestamp.is_none()
    });
    match opt_in {
        Some(name) if name != "true" => in_namespace
            .find(|exporter| exporter.metadata.name.as_deref() == Some(name))
            .map(Some)
            .ok_or_else(|| Reason::ExporterNotFound {
                name: name.to_owned(),
                namespace: namespace.to_owned(),
            }),
        _ => {
            let oldest = in_namespace
                .filter(|exporter| selects(exporter, pod_labels))
                .min_by(|a, b| age_and_name(a).cmp(&age_and_name(b)));
            if oldest.is_none() && opt_in.is_none() { Err(Reason::NotSelected) } else { Ok(oldest) }
        }
    }
}

/// An exporter that the API server has not stored yet has no age, and is the youngest.
fn age_and_name(exporter: &PrometheusJmxExporter) -> (bool, Option<&impl Ord>, Option<&str>) {
    let created = exporter.metadata.creation_timestamp.as_ref();
    (created.is_none(), created, exporter.metadata.name.as_deref())
}

/// Whether the selector of `exporter` matches `pod_labels`.
///
/// An empty selector selects nothing: the schema refuses it, and an object stored before must not take every pod.
#[must_use]
pub fn selects(exporter: &PrometheusJmxExporter, pod_labels: Option<&Labels>) -> bool {
    let selector = &exporter.spec.label_selector;
    let matches = |labels: &Labels| selector.iter().all(|(key, value)| labels.get(key) == Some(value));
    !selector.is_empty() && pod_labels.is_some_and(matches)
}

/// Only the parts that do the work count, not the label: a pod that lost them needs them again.
fn is_injected(pod: &PodView) -> bool {
    has_init_container(pod) && has_volume(pod, injection::AGENT_VOLUME)
}

fn has_init_container(pod: &PodView) -> bool {
    pod.spec.init_containers.iter().flatten().any(|container| container.name == injection::INIT_CONTAINER)
}

fn has_volume(pod: &PodView, name: &str) -> bool {
    pod.spec.volumes.iter().flatten().any(|volume| volume.name == name)
}

fn check_platform(pod: &PodView) -> Result<(), Reason> {
    if pod.annotation(labels::MIRROR_POD).is_some() {
        return Err(Reason::MirrorPod);
    }
    let node_os = pod.spec.node_selector.as_ref().and_then(|selector| selector.get("kubernetes.io/os"));
    let os = pod.spec.os.as_ref().map(|os| &os.name).or(node_os);
    if os.is_some_and(|os| os == "windows") {
        return Err(Reason::WindowsPod);
    }
    Ok(())
}

fn check_names(pod: &PodView) -> Result<(), Reason> {
    if pod.all_containers().any(|container| container.name == injection::INIT_CONTAINER) {
        return Err(Reason::NameTaken { name: injection::INIT_CONTAINER });
    }
    for name in [injection::AGENT_VOLUME, injection::CONFIG_VOLUME] {
        if has_volume(pod, name) {
            return Err(Reason::NameTaken { name });
        }
    }
    Ok(())
}

/// Indices into `spec.containers`, in the order of the pod, none twice.
fn choose_containers(pod: &PodView, exporter: Option<&PrometheusJmxExporter>) -> Result<Vec<usize>, Reason> {
    let containers = &pod.spec.containers;
    let available =
        || containers.iter().map(|container| container.name.as_str()).collect::<Vec<_>>().join(", ");
    if let Some(list) = pod.annotation(labels::CONTAINERS) {
        let names: Vec<&str> = list.split(',').map(str::trim).filter(|name| !name.is_empty()).collect();
        if let Some(name) = names.iter().find(|name| !containers.iter().any(|c| c.name == **name)) {
            return Err(Reason::ContainerNotFound {
                name: (*name).to_owned(),
                source: labels::CONTAINERS,
                available: available(),
            });
        }
        if !names.is_empty() {
            return Ok(indices(containers, |container| names.contains(&container.name.as_str())));
        }
    }
    // An exporter serves many kinds of pods: it is enough that one of its containers is here.
    if let Some(names) = exporter.map(|exporter| &exporter.spec.containers).filter(|names| !names.is_empty())
    {
        let found = indices(containers, |container| names.contains(&container.name));
        if found.is_empty() {
            return Err(Reason::ContainerNotFound {
                name: names.join(", "),
                source: "spec.containers of its PrometheusJmxExporter",
                available: available(),
            });
        }
        return Ok(found);
    }
    let first = containers.iter().position(|container| !is_proxy(container));
    first.map(|index| vec![index]).ok_or(Reason::NoApplicationContainer)
}

fn indices(containers: &[Container], wanted: impl Fn(&Container) -> bool) -> Vec<usize> {
    containers.iter().enumerate().filter(|(_, container)| wanted(container)).map(|(index, _)| index).collect()
}

/// A mount below [`injection::MOUNT_ROOT`] may hide our files. One above it is worse: the runtime would have to make
/// our mount points in a volume of the user's, and could not start the container where that is read-only.
fn check_mounts(container: &Container) -> Result<(), Reason> {
    let ours = path_parts(injection::MOUNT_ROOT).collect::<Vec<_>>();
    let taken = container.volume_mounts.iter().flatten().find(|mount| {
        let theirs = path_parts(&mount.mount_path).collect::<Vec<_>>();
        theirs.starts_with(&ours) || ours.starts_with(&theirs)
    });
    taken.map_or(Ok(()), |mount| {
        Err(Reason::MountPathTaken { container: container.name.clone(), path: mount.mount_path.clone() })
    })
}

fn path_parts(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter(|part| !part.is_empty() && *part != ".")
}

/// Where the container sets the options already, if it does.
fn existing_options(container: &Container) -> Result<Option<ExistingEnv>, Reason> {
    let Some((index, var)) = container
        .env
        .iter()
        .flatten()
        .enumerate()
        .filter(|(_, var)| var.name == injection::JAVA_TOOL_OPTIONS)
        .last()
    else {
        return Ok(None);
    };
    if var.value_from.is_some() {
        return Err(Reason::OptionsFromSource { container: container.name.clone() });
    }
    if var.value.as_deref().is_some_and(loads_exporter) {
        return Err(Reason::AgentPresent { container: container.name.clone() });
    }
    Ok(Some(ExistingEnv { index, value: var.value.clone() }))
}

/// Whether options load our agent or the upstream exporter's, whose jar is called `jmx_prometheus_javaagent-VERSION.jar`.
fn loads_exporter(options: &str) -> bool {
    options.split_whitespace().filter_map(|option| option.strip_prefix("-javaagent:")).any(|agent| {
        let jar = agent.split('=').next().unwrap_or(agent).rsplit('/').next().unwrap_or(agent);
        jar == injection::AGENT_JAR || jar.starts_with("jmx_prometheus_javaagent")
    })
}
