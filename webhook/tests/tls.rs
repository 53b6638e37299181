//! The TLS server on a real socket: certificates change while it runs, and it ends without cutting off an answer.

#![allow(clippy::unwrap_used)] // clippy takes the helpers of a test for production code

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use jmx_injector_certs::{Contents, Resolver, decide};
use jmx_injector_webhook::{ServerHandle, serve};
use time::OffsetDateTime;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

const NAME: &str = "jmx-injector-webhook.jmx-injector.svc";

fn certificates() -> Contents {
    let (names, now) = ([NAME.to_owned()], OffsetDateTime::now_utc());
    decide(&Contents::default(), &names, now).carry_out(&Contents::default(), &names, now).unwrap().unwrap()
}

fn start(
    router: Router,
    resolver: Arc<Resolver>,
) -> (SocketAddr, ServerHandle, JoinHandle<std::io::Result<()>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let handle = ServerHandle::new();
    let server = tokio::spawn(serve(listener, router, resolver, handle.clone()));
    (address, handle, server)
}

/// Connects as an API server that trusts the CA of `trusted`.
async fn connect(address: SocketAddr, trusted: &Contents) -> std::io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(trusted.ca_bundle.as_bytes()).unwrap()).unwrap();
    let config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    let stream = TcpStream::connect(address).await?;
    TlsConnector::from(Arc::new(config)).connect(ServerName::try_from(NAME).unwrap(), stream).await
}

async fn request(stream: &mut TlsStream<TcpStream>, path: &str) {
    stream.write_all(format!("GET {path} HTTP/1.1\r\nHost: {NAME}\r\n\r\n").as_bytes()).await.unwrap();
}

async fn answer(stream: &mut TlsStream<TcpStream>) -> String {
    let mut buffer = vec![0; 4096];
    let read = stream.read(&mut buffer).await.unwrap();
    String::from_utf8(buffer[..read].to_vec()).unwrap()
}

#[tokio::test]
async fn a_new_certificate_is_served_without_a_restart() {
    let resolver = Arc::new(Resolver::default());
    let (address, handle, server) = start(Router::new().route("/", get(async || "ok")), resolver.clone());
    let (first, second) = (certificates(), certificates());
    assert!(!resolver.is_ready());
    assert!(connect(address, &first).await.is_err(), "nothing can be served yet");

    resolver.serve(&first).unwrap();
    assert!(resolver.is_ready());
    let mut old_connection = connect(address, &first).await.unwrap();
    resolver.serve(&second).unwrap();
    connect(address, &second).await.unwrap();
    assert!(connect(address, &first).await.is_err());
    // What is connected stays so.
    request(&mut old_connection, "/").await;
    assert!(answer(&mut old_connection).await.ends_with("ok"));

    // A certificate that cannot be served leaves the old one in place.
    assert!(resolver.serve(&Contents { tls_key: first.tls_key, ..second.clone() }).is_err());
    connect(address, &second).await.unwrap();
    handle.shutdown();
    server.await.unwrap().unwrap();
}

#[tokio::test]
async fn an_answer_under_way_is_not_cut_off() {
    let resolver = Arc::new(Resolver::default());
    let contents = certificates();
    resolver.serve(&contents).unwrap();
    let (arrived, go_on) = (Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(0)));
    let slow = {
        let (arrived, go_on) = (arrived.clone(), go_on.clone());
        get(async move || {
            arrived.add_permits(1);
            go_on.acquire().await.unwrap().forget();
            "slow but whole"
        })
    };
    let (address, handle, server) = start(Router::new().route("/slow", slow), resolver);
    let mut connection = connect(address, &contents).await.unwrap();
    request(&mut connection, "/slow").await;
    arrived.acquire().await.unwrap().forget();

    handle.graceful_shutdown(Some(Duration::from_mins(1)));
    go_on.add_permits(1);
    assert!(answer(&mut connection).await.ends_with("slow but whole"));
    server.await.unwrap().unwrap();
    assert!(connect(address, &contents).await.is_err(), "the server has ended");
}
