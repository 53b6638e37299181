//! What administrators and upgrades do to the installation itself. One test after the other: they share it.

use anyhow::{Context, Result, ensure};
use jmx_injector_api::labels;
use jmx_injector_e2e::{Sandbox, eventually, is_ready};
use k8s_openapi::ByteString;
use k8s_openapi::api::admissionregistration::v1::MutatingWebhookConfiguration;
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::{Pod, Secret};
use kube::api::{Api, DeleteParams, ListParams, Patch, PatchParams};
use kube::{Client, ResourceExt};
use serde_json::json;

const OWN: &str = "jmx-injector";

async fn ca_bundle(client: &Client) -> Result<Option<ByteString>> {
    let config = Api::<MutatingWebhookConfiguration>::all(client.clone()).get(OWN).await?;
    Ok(config.webhooks.context("webhooks")?.remove(0).client_config.ca_bundle)
}

/// Waits until new pods are injected again.
async fn injects(sandbox: &Sandbox) -> Result<()> {
    eventually("a pod is injected", async || {
        let pod = sandbox.start_app("probe", &json!({labels::INJECT: "true"})).await?;
        let injected = pod.labels().contains_key(labels::INJECTED);
        sandbox.api::<Pod>().delete("probe", &DeleteParams::default().grace_period(0)).await?;
        ensure!(injected, "it was not");
        Ok(())
    })
    .await
}

/// Scales the webhook and waits until it is so; pods that end still answer for a while.
async fn scale_webhook(client: &Client, replicas: usize) -> Result<()> {
    let deployments = Api::<Deployment>::namespaced(client.clone(), OWN);
    let patch = json!({"spec": {"replicas": replicas}});
    deployments.patch_scale("jmx-injector-webhook", &PatchParams::default(), &Patch::Merge(&patch)).await?;
    let pods = Api::<Pod>::namespaced(client.clone(), OWN);
    let of_webhook = ListParams::default().labels("app.kubernetes.io/component=webhook");
    eventually(&format!("the webhook has {replicas} pods, all ready"), async || {
        let pods = pods.list(&of_webhook).await?.items;
        let ready = pods.iter().filter(|pod| is_ready(pod)).count();
        ensure!((pods.len(), ready) == (replicas, replicas), "{} pods, {ready} ready", pods.len());
        Ok(())
    })
    .await
}

#[tokio::test]
async fn what_is_broken_is_mended_and_never_stops_a_pod() -> Result<()> {
    let sandbox = Sandbox::new("disruption").await?;
    let client = &sandbox.client;
    injects(&sandbox).await?;

    // An upgrade of the chart by other means may drop the CA bundle.
    let bundle = ca_bundle(client).await?.context("no CA bundle")?;
    let drop = json!([{"op": "remove", "path": "/webhooks/0/clientConfig/caBundle"}]);
    Api::<MutatingWebhookConfiguration>::all(client.clone())
        .patch(OWN, &PatchParams::default(), &Patch::<()>::Json(serde_json::from_value(drop)?))
        .await?;
    eventually("the CA bundle is back", async || {
        ensure!(ca_bundle(client).await?.as_ref() == Some(&bundle));
        Ok(())
    })
    .await?;
    injects(&sandbox).await?;

    // A lost Secret is made anew, by one replica for all, and the new certificate is served without a restart.
    Api::<Secret>::namespaced(client.clone(), OWN)
        .delete("jmx-injector-webhook-cert", &DeleteParams::default())
        .await?;
    eventually("another CA bundle is applied", async || {
        let now = ca_bundle(client).await?.context("no CA bundle")?;
        ensure!(now != bundle && !now.0.is_empty());
        Ok(())
    })
    .await?;
    injects(&sandbox).await?;

    // A certificate that belongs to another key is replaced.
    let broken = json!({"stringData": {"tls.key": "no key"}});
    Api::<Secret>::namespaced(client.clone(), OWN)
        .patch("jmx-injector-webhook-cert", &PatchParams::default(), &Patch::Merge(&broken))
        .await?;
    let secrets = Api::<Secret>::namespaced(client.clone(), OWN);
    eventually("the key is renewed", async || {
        let secret = secrets.get("jmx-injector-webhook-cert").await?;
        let key = secret.data.and_then(|mut data| data.remove("tls.key")).context("tls.key")?;
        ensure!(key.0.starts_with(b"-----BEGIN"), "it is not");
        Ok(())
    })
    .await?;
    injects(&sandbox).await?;

    // Without any webhook, pods start as they are.
    let deployment = Api::<Deployment>::namespaced(client.clone(), OWN).get("jmx-injector-webhook").await?;
    let replicas = usize::try_from(deployment.spec.and_then(|spec| spec.replicas).unwrap_or(1))?;
    scale_webhook(client, 0).await?;
    let pod = sandbox.start_app("meanwhile", &json!({labels::INJECT: "true"})).await?;
    ensure!(!pod.labels().contains_key(labels::INJECTED));
    sandbox.running("meanwhile").await?;
    scale_webhook(client, replicas).await?;
    injects(&sandbox).await?;
    sandbox.remove().await
}
