//! Watches that the services share: reflectors of exporters, and single objects by name.

use std::fmt::Debug;
use std::sync::Arc;

use futures::{Stream, StreamExt, TryStreamExt};
use jmx_injector_api::PrometheusJmxExporter;
use kube::api::Api;
use kube::core::error_boundary::InvalidObject;
use kube::core::{DeserializeGuard, NamespaceResourceScope, Resource};
use kube::runtime::reflector::{self, Store};
use kube::runtime::{WatchStreamExt, watcher};
use kube::{Client, ResourceExt};
use serde::de::DeserializeOwned;

/// An exporter, or what is left of one that cannot be read. One bad object, stored before the schema was, must not
/// hide all others.
pub type GuardedExporter = DeserializeGuard<PrometheusJmxExporter>;

/// The objects of one namespace, or of all where `namespace` is empty.
pub fn namespaced_or_all<K>(client: Client, namespace: &str) -> Api<K>
where
    K: Resource<DynamicType = (), Scope = NamespaceResourceScope>,
{
    if namespace.is_empty() { Api::all(client) } else { Api::namespaced(client, namespace) }
}

/// The exporters of `namespace` that can be read.
pub fn readable(store: &Store<GuardedExporter>, namespace: &str) -> Vec<Arc<PrometheusJmxExporter>> {
    let of_namespace = store.state_filter(|guarded| guarded.meta().namespace.as_deref() == Some(namespace));
    of_namespace.iter().filter_map(|guarded| guarded.0.as_ref().ok().cloned().map(Arc::new)).collect()
}

/// Keeps a store of the watched objects; the stream yields each object that was added, changed or removed, and must
/// be polled for the store to be kept.
pub fn reflect<K>(
    api: Api<K>,
    config: watcher::Config,
    slim: impl FnMut(&mut K) + Send + 'static,
) -> (Store<K>, impl Stream<Item = K> + Send + 'static)
where
    K: Resource<DynamicType = ()> + Clone + DeserializeOwned + Debug + Send + Sync + 'static,
{
    let (store, writer) = reflector::store();
    let stream =
        logged::<K, _>(watcher(api, config).default_backoff().modify(slim).reflect(writer).touched_objects());
    (store, stream)
}

/// Tells of an exporter that cannot be read.
pub fn warn_unreadable(invalid: &InvalidObject) {
    let (namespace, name) = (&invalid.metadata.namespace, &invalid.metadata.name);
    tracing::warn!(
        ?namespace,
        ?name,
        error = invalid.error,
        "a PrometheusJmxExporter cannot be read, it is ignored"
    );
}

/// Each object that was added, changed or removed.
pub fn changes<K>(api: Api<K>, config: watcher::Config) -> impl Stream<Item = K> + Send + 'static
where
    K: Resource<DynamicType = ()> + Clone + DeserializeOwned + Debug + Send + 'static,
{
    logged::<K, _>(watcher(api, config).default_backoff().touched_objects())
}

/// One object by name: each state of it, `None` where it is absent.
pub fn watch_one<K>(api: Api<K>, name: &str) -> impl Stream<Item = Option<K>> + Send + 'static
where
    K: Resource<DynamicType = ()> + Clone + DeserializeOwned + Debug + Send + 'static,
{
    logged::<K, _>(watcher::watch_object(api, name).default_backoff())
}

/// Logs the errors of a watch, which repairs itself, and passes on its objects.
fn logged<K, T>(
    stream: impl Stream<Item = Result<T, watcher::Error>> + Send + 'static,
) -> impl Stream<Item = T> + Send + 'static
where
    K: Resource<DynamicType = ()>,
    T: Send + 'static,
{
    stream
        .inspect_err(
            |error| tracing::warn!(kind = %K::kind(&()), %error, "a watch failed and is tried again"),
        )
        .filter_map(async |result| result.ok())
}

/// Drops what nobody here reads and what takes most room.
pub fn drop_managed_fields<K: Resource>(object: &mut K) {
    object.managed_fields_mut().clear();
}
