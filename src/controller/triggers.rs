//! What else than its own change makes an exporter's status stale: pods, `ConfigMaps` and the other exporters of its
//! namespace.

use futures::stream::{self, Stream, StreamExt};
use jmx_injector_api::{PrometheusJmxExporter, labels};
use k8s_openapi::api::core::v1::{ConfigMap, Pod};
use kube::core::PartialObjectMeta;
use kube::runtime::reflector::{ObjectRef, Store};
use kube::runtime::watcher;
use kube::{Client, ResourceExt};

use crate::watch::{GuardedExporter, changes, drop_managed_fields, namespaced_or_all, reflect};

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
        let all = exporters.clone();
        let of_namespace =
            move |namespace: Option<String>| stream::iter(in_namespace(&all, namespace.as_deref()));
        let by_pod = of_namespace.clone();
        let by_other = of_namespace.clone();
        let by_config = move |config_map: PartialObjectMeta<ConfigMap>| {
            let name = config_map.name_any();
            let refers = move |exporter: &GuardedExporter| {
                exporter.0.as_ref().is_ok_and(|exporter| exporter.spec.config.config_map_name == name)
            };
            let mut stale = in_namespace(&exporters, config_map.namespace().as_deref());
            stale.retain(|reference| exporters.get(reference).is_some_and(|exporter| refers(&exporter)));
            stream::iter(stale)
        };
        stream::select_all([
            injected_changes.flat_map(move |pod| by_pod(pod.namespace())).boxed(),
            other_changes.flat_map(move |pod| by_other(pod.namespace())).boxed(),
            exporter_changes.flat_map(move |exporter| of_namespace(exporter.namespace())).boxed(),
            config_changes.flat_map(by_config).boxed(),
        ])
    };
    (Pods { injected, others }, stale)
}

fn in_namespace(
    exporters: &Store<GuardedExporter>,
    namespace: Option<&str>,
) -> Vec<ObjectRef<GuardedExporter>> {
    exporters
        .state()
        .iter()
        .filter(|exporter| exporter.namespace().as_deref() == namespace)
        .map(|exporter| ObjectRef::from_obj(exporter.as_ref()))
        .collect()
}
