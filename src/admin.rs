//! The admin port: `/livez`, `/readyz` and `/metrics`.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Context;
use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
use tokio_util::sync::CancellationToken;

/// One condition of readiness.
pub struct Check {
    /// What `/readyz` calls it.
    pub name: &'static str,
    /// Whether it holds.
    pub holds: Box<dyn Fn() -> bool + Send + Sync>,
}

impl Check {
    pub fn new(name: &'static str, holds: impl Fn() -> bool + Send + Sync + 'static) -> Self {
        Self { name, holds: Box::new(holds) }
    }
}

struct Admin {
    registry: Registry,
    checks: Vec<Check>,
}

/// A registry with `jmx_injector_build_info`. All names in it get the prefix `jmx_injector`.
pub fn registry() -> Registry {
    #[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
    struct Build {
        version: &'static str,
    }
    let mut registry = Registry::with_prefix("jmx_injector");
    let info = Family::<Build, Gauge>::default();
    info.get_or_create(&Build { version: env!("CARGO_PKG_VERSION") }).set(1);
    registry.register("build_info", "The version that runs, always 1", info);
    registry
}

/// Serves the admin port until `stop`.
pub async fn serve(
    bind: SocketAddr,
    registry: Registry,
    checks: Vec<Check>,
    stop: CancellationToken,
) -> anyhow::Result<()> {
    let listener = tokio::net::TcpListener::bind(bind)
        .await
        .with_context(|| format!("--admin-bind: cannot listen on {bind}"))?;
    let router = Router::new()
        .route("/livez", get(async || "ok\n"))
        .route("/readyz", get(readyz))
        .route("/metrics", get(metrics))
        .with_state(Arc::new(Admin { registry, checks }));
    axum::serve(listener, router)
        .with_graceful_shutdown(stop.cancelled_owned())
        .await
        .context("the admin port failed")
}

async fn readyz(State(admin): State<Arc<Admin>>) -> Response {
    let failing: Vec<_> =
        admin.checks.iter().filter(|check| !(check.holds)()).map(|check| check.name).collect();
    if failing.is_empty() {
        "ok\n".into_response()
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, format!("not ready: {}\n", failing.join(", "))).into_response()
    }
}

async fn metrics(State(admin): State<Arc<Admin>>) -> Response {
    let mut text = String::new();
    match encode(&mut text, &admin.registry) {
        Ok(()) => {
            ([(header::CONTENT_TYPE, "application/openmetrics-text; version=1.0.0; charset=utf-8")], text)
                .into_response()
        }
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}
