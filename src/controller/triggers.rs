//! What else than its own change makes an exporter's status stale: pods, `ConfigMaps` and the other exporters of its
//! namespace.

use std::collections::HashSet;
use std::time::Duration;

use futures::stream::{self, Stream, StreamExt};
use jmx_injector_api::{PrometheusJmxExporter, labels};
use jmx_injector_inject::selects;
use jmx_injector_inject::status::injection_status;
use k8s_openapi::api::core::v1::{ConfigMap, Pod};
use kube::core::{PartialObjectMeta, Resource};
use kube::runtime::reflector::{ObjectRef, Store};
use kube::runtime::watcher;
use kube::{Client, ResourceExt};

use crate::watch::{GuardedExporter, changes, drop_managed_fields, namespaced_or_all, reflect};

/// Events within this time count once.
const WINDOW: Duration = Duration::from_millis(500);

/// The pods of the watched namespaces.
pub struct Pods {
    /// Those that carry our agent, whole.
    pub injected: Store<Pod>,
    /// The running others, metadata only: they are many, and only their labels matter.
    pub others: Store<PartialObjectMeta<Pod>>,
}

/// Starts the watches. The stream names each exporter whose status may have become stale.
pub fn watch(
    client: &Client,
    namespace: &str,
    exporters: Store<GuardedExporter>,
) -> (Pods, impl Stream<Item = ObjectRef<GuardedExporter>> + Send + 'static) {
    let pods = namespaced_or_all::<Pod>(client.clone(), namespace);
    let injected_only = watcher::Config::default().labels(&format!("{}=true", labels::INJECTED));
    let (injected, injected_changes) = reflect(pods.clone(), injected_only, drop_managed_fields);

    // The API server sends only metadata of what is typed so.
    let not_injected = watcher::Config::default()
        .labels(&format!("!{}", labels::INJECTED))
        .fields("status.phase!=Succeeded,status.phase!=Failed");
    let pods = namespaced_or_all::<PartialObjectMeta<Pod>>(client.clone(), namespace);
    let (others, other_changes) = reflect(pods, not_injected, |pod| {
        drop_managed_fields(pod);
        pod.annotations_mut().clear();
    });
    let config_maps = namespaced_or_all::<PartialObjectMeta<ConfigMap>>(client.clone(), namespace);
    let config_changes = changes(config_maps, watcher::Config::default());
    let other_exporters =
        namespaced_or_all::<PartialObjectMeta<PrometheusJmxExporter>>(client.clone(), namespace);
    let exporter_changes = changes(other_exporters, watcher::Config::default());

    let stale = {
        let (by_injected, by_other, by_exporter, by_config) =
            (exporters.clone(), exporters.clone(), exporters.clone(), exporters);
        stream::select_all([
            injected_changes
                .map(move |pod| {
                    let served_by = injection_status(&pod).and_then(|injection| injection.exporter);
                    stale(&by_injected, pod.namespace().as_deref(), |exporter| {
                        exporter.metadata.name == served_by || selects(exporter, pod.metadata.labels.as_ref())
                    })
                })
                .boxed(),
            other_changes
                .map(move |pod| {
                    stale(&by_other, pod.namespace().as_deref(), |exporter| {
                        selects(exporter, pod.metadata.labels.as_ref())
                    })
                })
                .boxed(),
            // Which of two is older is the matter of both.
            exporter_changes
                .map(move |exporter| stale(&by_exporter, exporter.namespace().as_deref(), |_| true))
                .boxed(),
            config_changes
                .map(move |config_map| {
                    let name = config_map.name_any();
                    stale(&by_config, config_map.namespace().as_deref(), |exporter| {
                        exporter.spec.config.config_map_name == name
                    })
                })
                .boxed(),
        ])
    };
    (Pods { injected, others }, batched(stale))
}

/// The exporters of a namespace that are concerned.
fn stale(
    exporters: &Store<GuardedExporter>,
    namespace: Option<&str>,
    concerned: impl Fn(&PrometheusJmxExporter) -> bool,
) -> Vec<ObjectRef<GuardedExporter>> {
    exporters
        .state()
        .iter()
        .filter(|exporter| {
            exporter.meta().namespace.as_deref() == namespace && exporter.0.as_ref().is_ok_and(&concerned)
        })
        .map(|exporter| ObjectRef::from_obj(exporter.as_ref()))
        .collect()
}

/// Each object once for all events within a window: a rollout brings many. The window begins with its first event, so
/// that a steady flow of events delays nothing further.
fn batched<K>(
    events: impl Stream<Item = Vec<ObjectRef<K>>> + Send + 'static,
) -> impl Stream<Item = ObjectRef<K>> + Send + 'static
where
    K: Resource<DynamicType = ()> + Send + 'static,
{
    stream::unfold(Box::pin(events), async |mut events| {
        let mut batch: HashSet<ObjectRef<K>> = events.next().await?.into_iter().collect();
        let window = tokio::time::sleep(WINDOW);
        let mut window = std::pin::pin!(window);
        loop {
            tokio::select! {
                () = &mut window => break,
                more = events.next() => match more {
                    Some(more) => batch.extend(more),
                    None => break,
                },
            }
        }
        Some((stream::iter(batch), events))
    })
    .flatten()
}
