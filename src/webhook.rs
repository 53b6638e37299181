//! `webhook`: wires the watch of exporters, the certificate and the two servers.

use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use futures::StreamExt;
use jmx_injector_certs::Resolver;
use jmx_injector_inject::Defaults;
use jmx_injector_webhook::{Admission, ExporterSource, Metrics, ServerHandle, router, serve};
use kube::runtime::watcher;
use kube::{Api, Client};
use tokio_util::sync::CancellationToken;

use crate::admin::{self, Check};
use crate::cert_secret::CertSecret;
use crate::cli::WebhookArgs;
use crate::watch::{self, drop_managed_fields, namespaced_or_all, reflect};
use crate::{logging, shutdown};

/// After SIGTERM requests still come until the Service's endpoints have changed everywhere; they are answered.
const LAME_DUCK: Duration = Duration::from_secs(5);

#[tokio::main]
pub async fn run(args: WebhookArgs) -> anyhow::Result<()> {
    logging::init(&args.service)?;
    let stop = shutdown::token()?;
    let client = Client::try_default().await.context("cannot reach the API server")?;

    let exporters = namespaced_or_all(client.clone(), &args.service.watch_namespace);
    let (store, changes) =
        reflect(exporters, watcher::Config::default(), |exporter: &mut watch::GuardedExporter| {
            drop_managed_fields(exporter);
            if let Ok(exporter) = &mut exporter.0 {
                exporter.status = None;
            }
        });
    tokio::spawn(changes.for_each(async |exporter| {
        if let Err(invalid) = &exporter.0 {
            watch::warn_unreadable(invalid);
        }
    }));

    let resolver = Arc::new(Resolver::default());
    let namespace = &args.service.own_namespace;
    let certificate = CertSecret {
        api: Api::namespaced(client, namespace),
        name: args.service.cert_secret_name.clone(),
        dns_names: vec![format!("{}.{namespace}.svc", args.service_name)],
        resolver: resolver.clone(),
    };
    tokio::spawn(certificate.keep());

    let mut registry = admin::registry();
    let metrics = Metrics::register(&mut registry);
    let handle = ServerHandle::new();
    let synced = {
        let (synced, store) = (CancellationToken::new(), store.clone());
        let done = synced.clone();
        tokio::spawn(async move {
            if store.wait_until_ready().await.is_ok() {
                done.cancel();
            }
        });
        synced
    };
    let checks = vec![
        Check::new("watch of PrometheusJmxExporters", move || synced.is_cancelled()),
        Check::new("serving certificate", {
            let resolver = resolver.clone();
            move || resolver.is_ready()
        }),
        Check::new("not ending", {
            let stop = stop.clone();
            move || !stop.is_cancelled()
        }),
    ];
    let ended = CancellationToken::new();
    let admin = tokio::spawn(admin::serve(args.service.admin_bind, registry, checks, ended.clone()));

    let source: ExporterSource = Arc::new(move |namespace| watch::readable(&store, namespace));
    let defaults = Arc::new(Defaults {
        image: args.agent_image,
        image_pull_policy: args.agent_image_pull_policy,
        port: args.default_port,
    });
    let listener =
        TcpListener::bind(args.bind).with_context(|| format!("--bind: cannot listen on {}", args.bind))?;
    tracing::info!(bind = %args.bind, version = env!("CARGO_PKG_VERSION"), "the webhook starts");
    tokio::spawn(drain(stop, handle.clone(), Duration::from_secs(args.drain_timeout_seconds)));
    let served =
        serve(listener, router(Admission { exporters: source, defaults, metrics }), resolver, handle);
    tokio::select! {
        result = served => result.context("the webhook's port failed")?,
        result = admin => result.context("the admin port ended")??,
    }
    ended.cancel();
    tracing::info!("the webhook has ended");
    Ok(())
}

async fn drain(stop: CancellationToken, handle: ServerHandle, timeout: Duration) {
    stop.cancelled().await;
    tokio::time::sleep(LAME_DUCK).await;
    tracing::info!(connections = handle.connection_count(), "draining");
    handle.graceful_shutdown(Some(timeout));
}
