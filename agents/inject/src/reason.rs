//! Why a pod is left alone, and what its owner should know when it is not. The codes are stable: logs, metrics,
//! events, the CR's status, `explain` and admission warnings print the same ones.

use std::fmt;

use jmx_injector_api::{injection, labels};

/// Why a pod is left alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// No label opts in and no exporter selects it.
    NotSelected,
    /// The label says `false`.
    OptedOut,
    /// It carries our agent already.
    AlreadyInjected,
    /// A container's options already load a JMX exporter agent.
    AgentPresent {
        /// The container.
        container: String,
    },
    /// The label names an exporter that this namespace does not have.
    ExporterNotFound {
        /// The label's value.
        name: String,
        /// Where it was looked for.
        namespace: String,
    },
    /// A static pod's mirror: its real specification lies in a file on the node.
    MirrorPod,
    /// It runs on Windows.
    WindowsPod,
    /// Each container is a known proxy.
    NoApplicationContainer,
    /// A container is named that the pod does not have.
    ContainerNotFound {
        /// What was asked for.
        name: String,
        /// Who asked.
        source: &'static str,
        /// What the pod has.
        available: String,
    },
    /// `JAVA_TOOL_OPTIONS` comes from elsewhere, so nothing can be appended to it.
    OptionsFromSource {
        /// The container.
        container: String,
    },
    /// A volume or init container has one of our names, but is not ours.
    NameTaken {
        /// The name.
        name: &'static str,
    },
    /// A volume is mounted over, or below, the place where our files go.
    MountPathTaken {
        /// The container.
        container: String,
        /// Its mount.
        path: String,
    },
    /// From the wanted port up to 65535 each is declared by the pod.
    NoFreePort {
        /// The wanted port.
        wanted: u16,
    },
}

impl Reason {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotSelected => "NotSelected",
            Self::OptedOut => "OptedOut",
            Self::AlreadyInjected => "AlreadyInjected",
            Self::AgentPresent { .. } => "AgentPresent",
            Self::ExporterNotFound { .. } => "ExporterNotFound",
            Self::MirrorPod => "MirrorPod",
            Self::WindowsPod => "WindowsPod",
            Self::NoApplicationContainer => "NoApplicationContainer",
            Self::ContainerNotFound { .. } => "ContainerNotFound",
            Self::OptionsFromSource { .. } => "OptionsFromSource",
            Self::NameTaken { .. } => "NameTaken",
            Self::MountPathTaken { .. } => "MountPathTaken",
            Self::NoFreePort { .. } => "NoFreePort",
        }
    }

    /// Whether the pod's owner asked for injection and does not get it, and so must be told.
    #[must_use]
    pub fn is_refusal(&self) -> bool {
        !matches!(self, Self::NotSelected | Self::OptedOut | Self::AlreadyInjected)
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotSelected => {
                write!(f, "no PrometheusJmxExporter selects the pod and it has no label {}", labels::INJECT)
            }
            Self::OptedOut => write!(f, "label {}=false", labels::INJECT),
            Self::AlreadyInjected => write!(f, "the pod carries the agent already"),
            Self::AgentPresent { container } => write!(
                f,
                "{} of container {container:?} loads a JMX exporter agent already; remove it to have it injected",
                injection::JAVA_TOOL_OPTIONS
            ),
            Self::ExporterNotFound { name, namespace } => write!(
                f,
                "label {}={name}: namespace {namespace} has no PrometheusJmxExporter {name}; use its name, \"true\" or \"false\"",
                labels::INJECT
            ),
            Self::MirrorPod => write!(f, "the pod mirrors a static pod; change its file on the node"),
            Self::WindowsPod => write!(f, "the pod runs on Windows, for which there is no agent image"),
            Self::NoApplicationContainer => {
                write!(f, "each container is a known proxy; name one in annotation {}", labels::CONTAINERS)
            }
            Self::ContainerNotFound { name, source, available } => {
                write!(f, "{source} names container {name:?}, the pod has {available}")
            }
            Self::OptionsFromSource { container } => write!(
                f,
                "{} of container {container:?} comes from valueFrom; write it as a value",
                injection::JAVA_TOOL_OPTIONS
            ),
            Self::NameTaken { name } => {
                write!(f, "the pod has a volume or container {name:?} that is not ours; rename it")
            }
            Self::MountPathTaken { container, path } => write!(
                f,
                "container {container:?} mounts a volume at {path}; {} must be free",
                injection::MOUNT_ROOT
            ),
            Self::NoFreePort { wanted } => {
                write!(f, "no port from {wanted} to 65535 is free; choose a lower spec.port")
            }
        }
    }
}

/// What the owner of an injected pod should know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Warning {
    /// The wanted port is taken.
    PortMoved {
        /// The container.
        container: String,
        /// The wanted port.
        wanted: u16,
        /// The port taken instead.
        port: u16,
    },
    /// The container's environment comes from elsewhere too, and may bring options that ours take the place of.
    OptionsMayBeShadowed {
        /// The container.
        container: String,
    },
    /// The pod has scraping annotations of its own, which stay as they are.
    ScrapeAnnotationsKept {
        /// The port that is served.
        port: u16,
    },
}

impl Warning {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::PortMoved { .. } => "PortMoved",
            Self::OptionsMayBeShadowed { .. } => "OptionsMayBeShadowed",
            Self::ScrapeAnnotationsKept { .. } => "ScrapeAnnotationsKept",
        }
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PortMoved { container, wanted, port } => {
                write!(f, "port {wanted} is taken, container {container:?} serves metrics at {port}")
            }
            Self::OptionsMayBeShadowed { container } => write!(
                f,
                "a {} from envFrom of container {container:?} no longer counts; write it in env to keep it",
                injection::JAVA_TOOL_OPTIONS
            ),
            Self::ScrapeAnnotationsKept { port } => {
                write!(f, "the pod's own prometheus.io annotations are kept, JMX metrics are at port {port}")
            }
        }
    }
}
