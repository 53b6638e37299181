//! Commands and their flags. Each flag of the two services can be given as an environment variable too.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use jmx_injector_api::injection;

/// Gives every JVM in a Kubernetes cluster a Prometheus endpoint.
#[derive(Debug, Parser)]
#[command(version)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serves the admission webhook.
    Webhook(WebhookArgs),
    /// Keeps the status of `PrometheusJmxExporter` objects and the webhook configurations' CA bundle.
    Controller(ControllerArgs),
    /// Injects into manifests, offline: what the webhook would do to their pods.
    Inject(InjectArgs),
    /// Copies the agent into a directory; the init container of injected pods does this.
    Install(InstallArgs),
    /// Prints the `CustomResourceDefinition`s as YAML.
    Crds,
}

/// Flags of both services.
#[derive(Debug, Args)]
pub struct ServiceArgs {
    /// Address of /livez, /readyz and /metrics, plain HTTP.
    #[arg(long, env = "ADMIN_BIND", default_value = "0.0.0.0:8080")]
    pub admin_bind: SocketAddr,
    /// Namespace that this process runs in.
    #[arg(long, env = "POD_NAMESPACE")]
    pub own_namespace: String,
    /// Secret, in the own namespace, that holds the webhook's CA and certificate.
    #[arg(long, env = "CERT_SECRET_NAME", default_value = "jmx-injector-webhook-cert")]
    pub cert_secret_name: String,
    /// Namespace whose objects are handled; empty for all.
    #[arg(long, env = "OPERATOR_NAMESPACE", default_value = "")]
    pub watch_namespace: String,
    /// Format of log lines.
    #[arg(long, env = "LOG_FORMAT", default_value = "json")]
    pub log_format: LogFormat,
    /// Least severe level to be logged, or a filter after `tracing_subscriber`'s `EnvFilter`.
    #[arg(long, env = "LOG_LEVEL", default_value = "info")]
    pub log_level: String,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum LogFormat {
    /// One JSON object per line.
    Json,
    /// For people.
    Text,
}

#[derive(Debug, Args)]
pub struct WebhookArgs {
    #[command(flatten)]
    pub service: ServiceArgs,
    /// Address of the webhook, HTTPS.
    #[arg(long, env = "BIND", default_value = "0.0.0.0:8443")]
    pub bind: SocketAddr,
    /// Service through which the API server reaches the webhook; its name goes into the certificate.
    #[arg(long, env = "SERVICE_NAME", default_value = "jmx-injector-webhook")]
    pub service_name: String,
    /// Image of the init container that brings the agent into pods.
    #[arg(long, env = "AGENT_IMAGE")]
    pub agent_image: String,
    /// Pull policy of that image.
    #[arg(long, env = "AGENT_IMAGE_PULL_POLICY", default_value = "IfNotPresent", value_parser = ["Always", "IfNotPresent", "Never"])]
    pub agent_image_pull_policy: String,
    /// Port of pods that opt in without a `PrometheusJmxExporter`.
    #[arg(long, env = "DEFAULT_PORT", default_value_t = injection::DEFAULT_PORT, value_parser = clap::value_parser!(u16).range(1..))]
    pub default_port: u16,
    /// How long open connections may take to end after SIGTERM.
    #[arg(long, env = "DRAIN_TIMEOUT_SECONDS", default_value_t = 20)]
    pub drain_timeout_seconds: u64,
}

#[derive(Debug, Args)]
pub struct ControllerArgs {
    #[command(flatten)]
    pub service: ServiceArgs,
    /// Name of this pod: its identity in the election of a leader.
    #[arg(long, env = "POD_NAME")]
    pub pod_name: String,
    /// Name of both the `MutatingWebhookConfiguration` and the `ValidatingWebhookConfiguration`.
    #[arg(long, env = "WEBHOOK_CONFIG_NAME", default_value = "jmx-injector")]
    pub webhook_config_name: String,
    /// Lease, in the own namespace, that the leader holds.
    #[arg(long, env = "LEASE_NAME", default_value = "jmx-injector-controller")]
    pub lease_name: String,
}

#[derive(Debug, Args)]
pub struct InstallArgs {
    /// Directory to copy into; it must exist.
    #[arg(long)]
    pub to: PathBuf,
    /// Directory that holds the agent.
    #[arg(long, default_value = "/usr/share/jmx-injector")]
    pub from: PathBuf,
}

/// Exit status: 0, 1 where an input is bad, 3 where a pod asks for injection and cannot have it.
#[derive(Debug, Args)]
pub struct InjectArgs {
    /// Manifests: a file, a directory (its .yaml, .yml and .json files), or - for standard input. The
    /// PrometheusJmxExporters among them are used.
    #[arg(short = 'f', long = "filename", required = true, value_name = "FILE|DIR|-")]
    pub files: Vec<PathBuf>,
    /// What is printed.
    #[arg(short, long, default_value = "yaml")]
    pub output: OutputFormat,
    /// Namespace of objects that name none.
    #[arg(short, long, default_value = "default")]
    pub namespace: String,
    /// Treat every pod as opted in that does not say otherwise.
    #[arg(long)]
    pub all: bool,
    /// Image of the init container that brings the agent into pods.
    #[arg(long, env = "AGENT_IMAGE", default_value = concat!("jmx-injector:", env!("CARGO_PKG_VERSION")))]
    pub agent_image: String,
    /// Pull policy of that image.
    #[arg(long, env = "AGENT_IMAGE_PULL_POLICY", default_value = "IfNotPresent", value_parser = ["Always", "IfNotPresent", "Never"])]
    pub agent_image_pull_policy: String,
    /// Port of pods that opt in without a PrometheusJmxExporter.
    #[arg(long, env = "DEFAULT_PORT", default_value_t = injection::DEFAULT_PORT, value_parser = clap::value_parser!(u16).range(1..))]
    pub default_port: u16,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum OutputFormat {
    /// The documents; what is not injected keeps its text.
    Yaml,
    /// The objects, several as a List.
    Json,
    /// The JSON patch of each pod, against its document.
    Patch,
    /// A unified diff.
    Diff,
}
