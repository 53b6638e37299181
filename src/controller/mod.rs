//! `controller`: keeps the webhook configurations' CA bundle, and as the leader the status of every
//! `PrometheusJmxExporter`.

mod probe;
mod reconcile;
mod triggers;

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use futures::StreamExt;
use kube::runtime::controller::{Config, Error};
use kube::runtime::{Controller, watcher};
use kube::{Api, Client};
use kube_lease_manager::LeaseManagerBuilder;
use tokio_util::sync::CancellationToken;

use crate::admin::{self, Check};
use crate::ca_bundle::CaBundle;
use crate::cli::ControllerArgs;
use crate::watch::{GuardedExporter, namespaced_or_all};
use crate::{logging, shutdown};

const CONCURRENCY: u16 = 8;
/// How long the Lease is held without renewal.
const LEASE_DURATION: Duration = Duration::from_secs(15);
/// How long before that it is renewed.
const LEASE_GRACE: Duration = Duration::from_secs(5);
const LEASE_REQUEST_TIMEOUT: Duration = Duration::from_secs(3);
const LEASE_RETRY: Duration = Duration::from_secs(1);

#[tokio::main]
pub async fn run(args: &ControllerArgs) -> anyhow::Result<()> {
    logging::init(&args.service)?;
    let stop = shutdown::token()?;
    let client = Client::try_default().await.context("cannot reach the API server")?;
    tracing::info!(version = env!("CARGO_PKG_VERSION"), "the controller starts");

    let (applied, leading) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
    let ca_bundle = CaBundle {
        secrets: Api::namespaced(client.clone(), &args.service.own_namespace),
        secret_name: args.service.cert_secret_name.clone(),
        mutating: Api::all(client.clone()),
        validating: Api::all(client.clone()),
        config_name: args.webhook_config_name.clone(),
        leading: leading.clone(),
        applied: applied.clone(),
    };
    tokio::spawn(ca_bundle.keep());

    // A standby is ready as well, once it sees that the leader has done its work.
    let checks =
        vec![Check::new("CA bundle of the webhook configurations", move || applied.load(Ordering::Relaxed))];
    let ended = CancellationToken::new();
    let admin = tokio::spawn(admin::serve(args.service.admin_bind, admin::registry(), checks, ended.clone()));

    tokio::select! {
        result = lead(client, args, &leading, stop.clone()) => result?,
        result = admin => result.context("the admin port ended")??,
    }
    ended.cancel();
    tracing::info!("the controller has ended");
    Ok(())
}

/// Waits for the Lease, reconciles while it is held, gives it back at the end. A lost Lease ends the process: what it
/// was about to write belongs to another leader, and a restart leaves nothing of it.
async fn lead(
    client: Client,
    args: &ControllerArgs,
    leading: &AtomicBool,
    stop: CancellationToken,
) -> anyhow::Result<()> {
    // A renewal that hangs must fail before the Lease runs out. Watches may be silent for longer, so this client is the
    // Lease's own.
    let mut config = kube::Config::infer().await.context("no configuration of a cluster")?;
    config.read_timeout = Some(LEASE_REQUEST_TIMEOUT);
    let manager = LeaseManagerBuilder::new(Client::try_from(config)?, &args.lease_name)
        .with_namespace(&args.service.own_namespace)
        .with_identity(&args.pod_name)
        .with_duration(LEASE_DURATION.as_secs())
        .with_grace(LEASE_GRACE.as_secs())
        .build()
        .await
        .with_context(|| format!("cannot use Lease {}/{}", args.service.own_namespace, args.lease_name))?;
    let mut work = pin!(reconcile_all(client, &args.service.watch_namespace));
    let mut failing_since: Option<Instant> = None;
    loop {
        let is_leading = leading.load(Ordering::Relaxed);
        let changed = tokio::select! {
            changed = manager.changed() => changed,
            () = &mut work, if is_leading => anyhow::bail!("the controller's streams ended"),
            () = stop.cancelled() => break,
        };
        match changed {
            Ok(true) => {
                tracing::info!(lease = args.lease_name, "this is the leader");
                leading.store(true, Ordering::Relaxed);
                failing_since = None;
            }
            Ok(false) if is_leading => anyhow::bail!("Lease {} was lost to another replica", args.lease_name),
            Ok(false) => failing_since = None,
            Err(error) => {
                tracing::warn!(lease = args.lease_name, %error, "the Lease could not be read or renewed");
                let since = *failing_since.get_or_insert_with(Instant::now);
                if is_leading && since.elapsed() >= LEASE_GRACE {
                    anyhow::bail!("Lease {} could not be renewed in time", args.lease_name);
                }
                tokio::time::sleep(LEASE_RETRY).await;
            }
        }
    }
    match tokio::time::timeout(LEASE_GRACE, manager.release()).await {
        Ok(released) => released.context("the Lease could not be given back"),
        Err(_) => anyhow::bail!("the Lease could not be given back in time"),
    }
}

async fn reconcile_all(client: Client, namespace: &str) {
    let exporters: Api<GuardedExporter> = namespaced_or_all(client.clone(), namespace);
    let controller = Controller::new(exporters, watcher::Config::default())
        .with_config(Config::default().concurrency(CONCURRENCY));
    let (pods, changes) = triggers::watch(&client, namespace, controller.store());
    let context = Arc::new(reconcile::Context::new(client, pods, controller.store()));
    controller
        .reconcile_on(changes)
        .run(reconcile::reconcile, reconcile::retry, context)
        .for_each(async |result| {
            match result {
                // Deleted meanwhile; or told by `reconcile::retry`.
                Ok(_) | Err(Error::ObjectNotFound(_) | Error::ReconcilerFailed(..)) => {}
                Err(error) => tracing::warn!(%error, "the controller's watch failed and is tried again"),
            }
        })
        .await;
}
