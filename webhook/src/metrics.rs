//! What the webhook counts.

use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

use crate::mutate::Answer;

/// The webhook's metrics.
#[derive(Clone)]
pub struct Metrics {
    requests: Family<RequestLabels, Counter>,
    duration: Family<WebhookLabel, Histogram>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    webhook: &'static str,
    outcome: &'static str,
    reason: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct WebhookLabel {
    webhook: &'static str,
}

impl Metrics {
    /// Registers the metrics.
    #[must_use]
    pub fn register(registry: &mut Registry) -> Self {
        let metrics = Self {
            requests: Family::default(),
            duration: Family::new_with_constructor(|| {
                Histogram::new([
                    0.000_05, 0.000_1, 0.000_2, 0.000_5, 0.001, 0.002, 0.005, 0.01, 0.05, 0.1, 1.0,
                ])
            }),
        };
        registry.register(
            "admission_requests",
            "Admission requests by outcome and reason code",
            metrics.requests.clone(),
        );
        registry.register_with_unit(
            "admission_duration",
            "Time from a request's body to its answer",
            Unit::Seconds,
            metrics.duration.clone(),
        );
        metrics
    }

    pub(crate) fn count(&self, webhook: &'static str, answer: &Answer, duration: Duration) {
        self.requests
            .get_or_create(&RequestLabels { webhook, outcome: answer.outcome, reason: answer.reason })
            .inc();
        self.duration.get_or_create(&WebhookLabel { webhook }).observe(duration.as_secs_f64());
    }

    pub(crate) fn count_malformed(&self, webhook: &'static str) {
        self.requests
            .get_or_create(&RequestLabels { webhook, outcome: "error", reason: "MalformedReview" })
            .inc();
    }
}
