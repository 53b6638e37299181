//! `controller`: keeps the webhook configurations' CA bundle, and as the leader the status of every
//! `PrometheusJmxExporter`.

mod probe;
mod reconcile;
mod triggers;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::Context as _;
use futures::StreamExt;
use kube::runtime::controller::Config;
use kube::runtime::{Controller, watcher};
use kube::{Api, Client};
use kube_lease_manager::LeaseManagerBuilder;
use tokio_util::sync::CancellationToken;

use crate::admin::{self, Check};
use crate::ca_bundle::CaBundle;
use crate::cli::ControllerArgs;
use crate::watch::{GuardedExporter, namespaced_or_all};
use crate::{logging, shutdown};

/// Events of one exporter within this time cause one reconciliation: a rollout brings many.
const DEBOUNCE: Duration = Duration::from_millis(500);
const CONCURRENCY: u16 = 8;
/// Times of the Lease, in seconds: held without renewal, and renewed so long before.
const LEASE_DURATION: u64 = 15;
const LEASE_GRACE: u64 = 5;

#[tokio::main]
pub async fn run(args: &ControllerArgs) -> anyhow::Result<()> {
    logging::init(&args.service)?;
    let stop = shutdown::token()?;
    let client = Client::try_default().await.context("cannot reach the API server")?;
    tracing::info!(version = env!("CARGO_PKG_VERSION"), "the controller starts");

    let applied = Arc::new(AtomicBool::new(false));
    let ca_bundle = CaBundle {
        secrets: Api::namespaced(client.clone(), &args.service.own_namespace),
        secret_name: args.service.cert_secret_name.clone(),
        mutating: Api::all(client.clone()),
        validating: Api::all(client.clone()),
        config_name: args.webhook_config_name.clone(),
        applied: applied.clone(),
    };
    tokio::spawn(ca_bundle.keep());

    // A standby is ready as well: it does the same for the CA bundle and waits for the Lease.
    let checks =
        vec![Check::new("CA bundle of the webhook configurations", move || applied.load(Ordering::Relaxed))];
    let ended = CancellationToken::new();
    let admin = tokio::spawn(admin::serve(args.service.admin_bind, admin::registry(), checks, ended.clone()));

    tokio::select! {
        result = lead(client, args, stop.clone()) => result?,
        result = admin => result.context("the admin port ended")??,
    }
    ended.cancel();
    tracing::info!("the controller has ended");
    Ok(())
}

/// Waits for the Lease, reconciles while it is held, gives it back at the end. A lost Lease ends the process: what it
/// was about to write belongs to another leader, and a restart leaves nothing of it.
async fn lead(client: Client, args: &ControllerArgs, stop: CancellationToken) -> anyhow::Result<()> {
    let manager = LeaseManagerBuilder::new(client.clone(), &args.lease_name)
        .with_namespace(&args.service.own_namespace)
        .with_identity(&args.pod_name)
        .with_duration(LEASE_DURATION)
        .with_grace(LEASE_GRACE)
        .build()
        .await
        .with_context(|| format!("cannot use Lease {}/{}", args.service.own_namespace, args.lease_name))?;
    let (mut leads, task) = manager.watch().await;
    let elected = tokio::select! {
        result = leads.wait_for(|leads| *leads) => result.is_ok(),
        () = stop.cancelled() => false,
    };
    if elected {
        tracing::info!(lease = args.lease_name, "this is the leader");
        let lost = async {
            // An error means that the manager ended, which is a loss as well.
            let _ = leads.wait_for(|leads| !*leads).await;
        };
        tokio::select! {
            () = reconcile_all(client, &args.service.watch_namespace) => anyhow::bail!("the controller's streams ended"),
            () = lost => anyhow::bail!("Lease {} was lost to another replica", args.lease_name),
            () = stop.cancelled() => {}
        }
    }
    drop(leads);
    task.await.context("the Lease's task panicked")?.context("the Lease could not be given back")?;
    Ok(())
}

async fn reconcile_all(client: Client, namespace: &str) {
    let exporters: Api<GuardedExporter> = namespaced_or_all(client.clone(), namespace);
    let controller = Controller::new(exporters, watcher::Config::default())
        .with_config(Config::default().debounce(DEBOUNCE).concurrency(CONCURRENCY));
    let (pods, changes) = triggers::watch(&client, namespace, controller.store());
    let context = Arc::new(reconcile::Context::new(client, pods, controller.store()));
    controller
        .reconcile_on(changes)
        .run(reconcile::reconcile, reconcile::retry, context)
        .for_each(async |result| {
            if let Err(error) = result {
                tracing::debug!(%error, "reconciliation");
            }
        })
        .await;
}
