//! Keeps the CA bundle of our webhook configurations equal to the Secret's. Applied by server-side apply, so that the
//! rest of the configurations stays the chart's, and watched, so that an upgrade that drops it is mended at once.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::Context;
use futures::StreamExt;
use jmx_injector_certs::CA_CERT;
use k8s_openapi::ByteString;
use k8s_openapi::api::admissionregistration::v1::{
    MutatingWebhookConfiguration, ValidatingWebhookConfiguration, WebhookClientConfig,
};
use k8s_openapi::api::core::v1::Secret;
use kube::api::{Api, Patch, PatchParams};
use kube::core::Resource;
use serde_json::json;

use crate::watch::watch_one;

/// Field manager of what is applied.
const FIELD_MANAGER: &str = "jmx-injector-ca-bundle";

const RETRY: Duration = Duration::from_secs(5);

/// The Secret and the two configurations, by name.
pub struct CaBundle {
    pub secrets: Api<Secret>,
    pub secret_name: String,
    pub mutating: Api<MutatingWebhookConfiguration>,
    pub validating: Api<ValidatingWebhookConfiguration>,
    pub config_name: String,
    /// Whether this replica leads: two that write from different states would overwrite each other for ever.
    pub leading: Arc<AtomicBool>,
    /// Whether both configurations have the bundle.
    pub applied: Arc<AtomicBool>,
}

/// The part of a webhook configuration that matters here.
struct Webhooks {
    /// Name and bundle of each webhook in it.
    bundles: Vec<(String, Option<ByteString>)>,
}

impl Webhooks {
    fn new<'w>(webhooks: impl IntoIterator<Item = (&'w String, &'w WebhookClientConfig)>) -> Self {
        Self {
            bundles: webhooks
                .into_iter()
                .map(|(name, config)| (name.clone(), config.ca_bundle.clone()))
                .collect(),
        }
    }

    fn have(&self, bundle: &ByteString) -> bool {
        self.bundles.iter().all(|(_, found)| found.as_ref() == Some(bundle))
    }
}

enum Change {
    Secret(Option<Secret>),
    Mutating(Option<MutatingWebhookConfiguration>),
    Validating(Option<ValidatingWebhookConfiguration>),
}

impl CaBundle {
    /// Keeps the bundle applied, for ever.
    pub async fn keep(self) {
        let secret = watch_one(self.secrets.clone(), &self.secret_name).map(Change::Secret);
        let mutating = watch_one(self.mutating.clone(), &self.config_name).map(Change::Mutating);
        let validating = watch_one(self.validating.clone(), &self.config_name).map(Change::Validating);
        let mut changes =
            pin!(futures::stream::select(secret, futures::stream::select(mutating, validating)));
        let (mut bundle, mut mutating, mut validating) = (None, None, None);
        loop {
            // What could not be applied is tried again even when nothing changes.
            match tokio::time::timeout(RETRY, changes.next()).await {
                Err(_) if self.applied.load(Ordering::Relaxed) => continue,
                Err(_) => {}
                Ok(None) => return,
                Ok(Some(change)) => match change {
                    Change::Secret(secret) => {
                        bundle = secret.and_then(|mut secret| secret.data.as_mut()?.remove(CA_CERT));
                    }
                    Change::Mutating(found) => {
                        mutating = found.map(|config| {
                            Webhooks::new(
                                config
                                    .webhooks
                                    .iter()
                                    .flatten()
                                    .map(|hook| (&hook.name, &hook.client_config)),
                            )
                        });
                    }
                    Change::Validating(found) => {
                        validating = found.map(|config| {
                            Webhooks::new(
                                config
                                    .webhooks
                                    .iter()
                                    .flatten()
                                    .map(|hook| (&hook.name, &hook.client_config)),
                            )
                        });
                    }
                },
            }
            let applied = if let (Some(bundle), Some(mutating), Some(validating)) =
                (&bundle, &mutating, &validating)
            {
                let result = tokio::try_join!(
                    self.apply(&self.mutating, mutating, bundle),
                    self.apply(&self.validating, validating, bundle)
                );
                result
                    .inspect_err(|error| {
                        tracing::error!(error = format!("{error:#}"), "the webhook's CA is not published");
                    })
                    .is_ok_and(|(mutating, validating)| mutating && validating)
            } else {
                false
            };
            self.applied.store(applied, Ordering::Relaxed);
        }
    }

    /// Whether the configuration has the bundle; the leader gives it one that it lacks.
    async fn apply<K>(&self, api: &Api<K>, found: &Webhooks, bundle: &ByteString) -> anyhow::Result<bool>
    where
        K: Resource<DynamicType = ()> + Clone + serde::de::DeserializeOwned + std::fmt::Debug,
    {
        if found.have(bundle) {
            return Ok(true);
        }
        if !self.leading.load(Ordering::Relaxed) {
            return Ok(false);
        }
        let webhooks: Vec<_> = found
            .bundles
            .iter()
            .map(|(name, _)| json!({"name": name, "clientConfig": {"caBundle": bundle}}))
            .collect();
        let patch = json!({
            "apiVersion": K::api_version(&()),
            "kind": K::kind(&()),
            "metadata": {"name": self.config_name},
            "webhooks": webhooks
        });
        api.patch(&self.config_name, &PatchParams::apply(FIELD_MANAGER).force(), &Patch::Apply(patch))
            .await
            .with_context(|| format!("caBundle of {} {}", K::kind(&()), self.config_name))?;
        tracing::info!(kind = %K::kind(&()), name = self.config_name, "CA bundle applied");
        Ok(true)
    }
}
