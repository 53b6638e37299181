//! Asks endpoints whether they answer, so that the status tells what is served and not what was intended.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use futures::stream::{self, StreamExt};
use http_body_util::Empty;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use jmx_injector_inject::status::{Answer, EndpointId};

/// The path that our agent and the upstream exporter answer without collecting anything.
const HEALTH_PATH: &str = "/-/healthy";
const TIMEOUT: Duration = Duration::from_secs(2);
const CONCURRENCY: usize = 16;
/// An endpoint that serves is asked again after this time.
const SERVING_RECHECK: Duration = Duration::from_mins(5);
/// One that does not is asked again after 1, 2, 4 ... seconds, at most this.
const MAX_BACKOFF: Duration = Duration::from_mins(1);
const FORGOTTEN: Duration = Duration::from_mins(15);
/// A JVM may take a while to start, and may pause: only after so many failures in a row, half a minute where they come
/// at once, is it called unreachable.
const FAILURES_TO_REPORT: u32 = 6;
/// At most so many are asked at once, so that no exporter waits long for endpoints that are silent. The others follow.
const MAX_ASKED: usize = 64;

struct Record {
    answer: Answer,
    /// What the status tells: a failure after many answers, or while a JVM starts, is not told at once.
    reported: Option<Answer>,
    asked: Instant,
    failures: u32,
}

impl Record {
    fn next(&self) -> Instant {
        let pause = match self.answer {
            Ok(()) => SERVING_RECHECK,
            Err(_) => Duration::from_secs(
                1 << self.failures.saturating_sub(1).min(MAX_BACKOFF.as_secs().ilog2() + 1),
            )
            .min(MAX_BACKOFF),
        };
        self.asked + pause
    }
}

/// Asks endpoints, and remembers their answers.
pub struct Prober {
    client: Client<HttpConnector, Empty<&'static [u8]>>,
    records: Mutex<BTreeMap<EndpointId, Record>>,
}

/// What is known of some endpoints.
pub struct Answers {
    /// The answers to be reported.
    pub known: BTreeMap<EndpointId, Answer>,
    /// When the first of them is to be asked again.
    pub next: Option<Instant>,
}

impl Prober {
    pub fn new() -> Self {
        let mut connector = HttpConnector::new();
        connector.set_connect_timeout(Some(TIMEOUT));
        // No connection is kept: each endpoint is asked rarely.
        let client = Client::builder(TokioExecutor::new()).pool_max_idle_per_host(0).build(connector);
        Self { client, records: Mutex::default() }
    }

    /// Asks those of `endpoints` that are due.
    pub async fn ask(&self, endpoints: &[EndpointId]) -> Answers {
        let now = Instant::now();
        let mut due: Vec<_> = self.with_records(|records| {
            endpoints
                .iter()
                .filter(|id| records.get(id).is_none_or(|record| record.next() <= now))
                .cloned()
                .collect()
        });
        let all_asked = due.len() <= MAX_ASKED;
        due.truncate(MAX_ASKED);
        let asked: Vec<_> = stream::iter(due)
            .map(async |id| (self.get(&id).await, id))
            .buffer_unordered(CONCURRENCY)
            .collect()
            .await;
        self.with_records(|records| {
            // An endpoint that nobody asks about any more is gone.
            records.retain(|_, record| record.asked + FORGOTTEN > now);
            for (answer, id) in asked {
                let before = records.remove(&id);
                let (failures, reported) =
                    before.map_or((0, None), |before| (before.failures, before.reported));
                let failures = if answer.is_ok() { 0 } else { failures + 1 };
                let tell = answer.is_ok() || failures >= FAILURES_TO_REPORT;
                let reported = if tell { Some(answer.clone()) } else { reported };
                records.insert(id, Record { answer, reported, asked: Instant::now(), failures });
            }
            let found = endpoints.iter().filter_map(|id| records.get(id).map(|record| (id, record)));
            Answers {
                next: if all_asked {
                    found.clone().map(|(_, record)| record.next()).min()
                } else {
                    Some(now)
                },
                known: found
                    .filter_map(|(id, record)| Some((id.clone(), record.reported.clone()?)))
                    .collect(),
            }
        })
    }

    /// The lock is never held across an await. A panic while it was held leaves records that are whole.
    fn with_records<T>(&self, work: impl FnOnce(&mut BTreeMap<EndpointId, Record>) -> T) -> T {
        work(&mut self.records.lock().unwrap_or_else(PoisonError::into_inner))
    }

    async fn get(&self, id: &EndpointId) -> Answer {
        let ip: IpAddr = id.ip.parse().map_err(|_| format!("the pod's IP {:?} is no IP address", id.ip))?;
        let address = std::net::SocketAddr::new(ip, id.port);
        let url = format!("http://{address}{HEALTH_PATH}");
        let uri = url.parse().map_err(|error| format!("{url}: {error}"))?;
        match tokio::time::timeout(TIMEOUT, self.client.get(uri)).await {
            Err(_) => Err(format!("{url}: no answer within {} s", TIMEOUT.as_secs())),
            Ok(Err(error)) => Err(format!("{url}: {}", root_cause(&error))),
            Ok(Ok(response)) if response.status().is_success() => Ok(()),
            Ok(Ok(response)) => Err(format!("{url}: answered {}, expected 200", response.status())),
        }
    }
}

/// The innermost error says what happened ("Connection refused"), the outer ones only where.
fn root_cause(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(answer: Answer, failures: u32) -> Record {
        Record { answer, reported: None, asked: Instant::now(), failures }
    }

    #[test]
    fn failures_are_asked_again_later_and_later() {
        let pause = |failures| {
            let record = record(Err("refused".into()), failures);
            (record.next() - record.asked).as_secs()
        };
        assert_eq!([1, 2, 3, 4, 5, 6, 7, 100].map(pause), [1, 2, 4, 8, 16, 32, 60, 60]);
        let serving = record(Ok(()), 0);
        assert_eq!(serving.next() - serving.asked, SERVING_RECHECK);
    }

    /// A real server that answers once it is there.
    #[tokio::test]
    async fn an_endpoint_is_told_from_a_closed_port() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let id = |port| EndpointId { container_id: "c".into(), ip: "127.0.0.1".into(), port };
        let server = axum::Router::new().route(HEALTH_PATH, axum::routing::get(async || "ok"));
        tokio::spawn(async move { axum::serve(listener, server).await });
        let closed = {
            let reserved = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            reserved.local_addr().unwrap().port()
        };

        let prober = Prober::new();
        let answers = prober.ask(&[id(port), id(closed)]).await;
        assert_eq!(answers.known.get(&id(port)), Some(&Ok(())));
        // One failure is not reported yet, but the endpoint is to be asked again soon.
        assert_eq!(answers.known.get(&id(closed)), None);
        assert!(answers.next.unwrap() <= Instant::now() + Duration::from_secs(1));
        let error = prober.get(&id(closed)).await.unwrap_err();
        assert!(error.contains("refused"), "{error}");
    }
}
