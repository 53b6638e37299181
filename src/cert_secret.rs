//! The Secret that holds the webhook's CA and certificate. Each replica does what is due and serves what is stored;
//! whichever is first wins, and losing that race is success.

use std::collections::BTreeMap;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use futures::StreamExt;
use jmx_injector_certs::{Action, Contents, Resolver, decide};
use k8s_openapi::api::core::v1::Secret;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::api::{Api, PostParams};
use time::OffsetDateTime;

use crate::watch::watch_one;

/// How often the clock is asked whether a renewal is due, and what failed is tried again.
const RENEWAL_CHECK: Duration = Duration::from_secs(30);

/// What the Secret is, and for whom the certificate is.
pub struct CertSecret {
    pub api: Api<Secret>,
    pub name: String,
    pub dns_names: Vec<String>,
    pub resolver: Arc<Resolver>,
}

/// The contents of a Secret.
pub fn contents(secret: &Secret) -> Contents {
    Contents::from_data(secret.data.iter().flatten().map(|(key, value)| (key, value.0.as_slice())))
}

impl CertSecret {
    /// Keeps the Secret and serves its certificate, for ever.
    pub async fn keep(self) {
        let mut changes = pin!(watch_one(self.api.clone(), &self.name));
        let mut clock = tokio::time::interval(RENEWAL_CHECK);
        let mut current: Option<Option<Secret>> = None;
        loop {
            tokio::select! {
                change = changes.next() => match change {
                    Some(secret) => current = Some(secret),
                    None => return,
                },
                _ = clock.tick() => {}
            }
            // Before the first answer of the watch nothing is known about the Secret.
            if let Some(secret) = &current
                && let Err(error) = self.reconcile(secret.as_ref()).await
            {
                tracing::error!(
                    secret = self.name,
                    error = format!("{error:#}"),
                    "the webhook's certificate is not kept"
                );
            }
        }
    }

    async fn reconcile(&self, stored: Option<&Secret>) -> anyhow::Result<()> {
        let found = stored.map(contents).unwrap_or_default();
        if found.tls_cert.is_empty() {
            tracing::info!(secret = self.name, "there is no certificate yet");
        } else {
            // What cannot be served is renewed below.
            if let Err(error) = self.resolver.serve(&found) {
                tracing::error!(secret = self.name, %error, "the stored certificate cannot be served");
            }
        }
        let now = OffsetDateTime::now_utc();
        let action = decide(&found, &self.dns_names, now);
        if let Some(next) = action.carry_out(&found, &self.dns_names, now)? {
            tracing::info!(secret = self.name, "{action}");
            self.write(action, stored, next).await?;
        }
        Ok(())
    }

    /// The watch brings what was written, by this replica or by a faster one.
    async fn write(&self, action: Action, stored: Option<&Secret>, next: Contents) -> anyhow::Result<()> {
        let data: BTreeMap<_, _> = next.into_data();
        let result = if let Some(stored) = stored {
            let mut secret = stored.clone();
            secret.string_data = Some(data);
            // The resource version of what was read goes along, so that a faster replica's work is not overwritten.
            self.api.replace(&self.name, &PostParams::default(), &secret).await
        } else {
            let secret = Secret {
                metadata: ObjectMeta { name: Some(self.name.clone()), ..ObjectMeta::default() },
                type_: Some("kubernetes.io/tls".to_owned()),
                string_data: Some(data),
                ..Secret::default()
            };
            self.api.create(&PostParams::default(), &secret).await
        };
        match result {
            Ok(_) => Ok(()),
            Err(kube::Error::Api(status)) if status.code == 409 => {
                tracing::info!(secret = self.name, "another replica was faster");
                Ok(())
            }
            Err(error) => {
                Err(error).with_context(|| format!("cannot {action}: Secret {} was not written", self.name))
            }
        }
    }
}
