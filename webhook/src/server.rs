//! The TLS server: HTTP/1.1, as the API server speaks to webhooks
//! (<https://github.com/kubernetes/kubernetes/issues/75791>), with timeouts and a graceful drain.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum_server::tls_rustls::RustlsConfig;
use hyper_util::rt::TokioTimer;
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::server::ResolvesServerCert;

const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(5);
/// Also bounds an idle connection: the wait for the next request's head is part of it.
const HEADER_READ_TIMEOUT: Duration = Duration::from_mins(2);

/// Ends a server.
pub type ServerHandle = axum_server::Handle<SocketAddr>;

/// Serves `router` on `listener` until `handle` ends it. Certificates come from `certificates` at each handshake.
///
/// # Errors
/// The TLS configuration is refused, or the listener fails.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    certificates: Arc<dyn ResolvesServerCert>,
    handle: ServerHandle,
) -> io::Result<()> {
    let mut tls = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?
        .with_no_client_auth()
        .with_cert_resolver(certificates);
    tls.alpn_protocols = vec![b"http/1.1".to_vec()];
    listener.set_nonblocking(true)?;
    let mut server = axum_server::from_tcp_rustls(listener, RustlsConfig::from_config(Arc::new(tls)))?
        .map(|acceptor| acceptor.handshake_timeout(HANDSHAKE_TIMEOUT))
        // Without this the version is read first, and that without a timeout.
        .http1_only()
        .handle(handle);
    server.http_builder().http1().timer(TokioTimer::new()).header_read_timeout(HEADER_READ_TIMEOUT);
    server.serve(router.into_make_service()).await
}
