#!/usr/bin/env bash
# The main job, for real: a local cluster, the chart, a Kafka broker that knows nothing of metrics, Prometheus.
# Ends with what was seen; run it again to see it again. `make demo-down` removes all.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=tests/cluster/lib.sh
. "$here/../../tests/cluster/lib.sh"
started=$SECONDS

if [ "$CLUSTER" = local ]; then
  need_root 'the demo'
  "$CLUSTER_DIR/../prerequisites.sh" rust go jdk maven
  log '1/5 the cluster (the first time its programs are built: about 20 minutes on two cores; then 15 seconds)'
  "$CLUSTER_DIR/up.sh" >&2
else
  check_current JMX_INJECTOR_IMAGE PROMETHEUS_IMAGE KAFKA_IMAGE
  log "1/5 the cluster that kubectl talks to (CLUSTER=$CLUSTER)"
fi
use_cluster

log '2/5 Prometheus'
"$CLUSTER_DIR/prometheus/install.sh"

log '3/5 jmx-injector (the first time it is compiled: about 5 minutes)'
"$CLUSTER_DIR/install-chart.sh"

log '4/5 Kafka'
if [ -z "${KAFKA_IMAGE:-}" ]; then
  built=$(as_caller "$here/image.sh")
  { read -r archive; read -r KAFKA_IMAGE; } <<<"$built"
  "$CLUSTER_DIR/load-image.sh" "$archive"
fi
with_image() { sed "s|docker.io/library/jmx-example-kafka:local|$KAFKA_IMAGE|" "$here/$1"; }
kubectl apply -f "$here/namespace.yaml" >&2
mark_ours namespace/kafka
kubectl apply -f "$here/exporter.yaml" >&2
with_image kafka.yaml | kubectl apply -f - >&2
kubectl --namespace kafka rollout status statefulset/kafka --timeout=300s >&2 \
  || { kubectl --namespace kafka get pods,events >&2; fail 'the broker did not become ready within 300 s, see its pod and the events above'; }
# A Job cannot be changed: a second run starts a new one.
kubectl --namespace kafka delete job kafka-traffic --ignore-not-found >&2
with_image traffic.yaml | kubectl apply -f - >&2
kubectl --namespace kafka wait --for=condition=complete job/kafka-traffic --timeout=180s >&2 \
  || { kubectl --namespace kafka get pods,events >&2; fail 'the records were not produced and consumed within 180 s, see the pods above'; }

log '5/5 what came of it'
kubectl --namespace kafka wait --for=condition=Ready pjx/kafka --timeout=120s >&2 \
  || { kubectl --namespace kafka get pjx kafka -o yaml >&2; fail 'the exporter is not Ready, its status above says why'; }
# What Prometheus answers to QUERY, one number.
ask() {
  local query
  query=$(printf '%s' "$1" | od -An -v -tx1 | tr -d '\n' | sed 's/ /%/g')
  kubectl get --raw "/api/v1/namespaces/monitoring/services/prometheus:9090/proxy/api/v1/query?query=$query" \
    | sed -n 's/.*"value":\[[^,]*,"\([^"]*\)"\].*/\1/p'
}
series() {
  local count
  count=$(ask 'count({__name__=~"kafka_server_.+",namespace="kafka",pod="kafka-0"})')
  [ "${count:-0}" -gt 0 ] || { echo "Prometheus has no kafka_server_* series yet"; return 1; }
  echo "$count"
}
records() {
  local count
  count=$(ask 'max(kafka_server_brokertopicmetrics_topic_messagesin_total{namespace="kafka",topic="orders"})')
  [ "${count:-0}" -ge 20000 ] || { echo "Prometheus has read of ${count:-no} records yet"; return 1; }
  echo "$count"
}
wait_for 60 'the kafka_server_* series in Prometheus' series || exit 1
wait_for 60 'the records in Prometheus' records || exit 1
restarts=$(kubectl --namespace kafka get pod kafka-0 -o 'jsonpath={.status.containerStatuses[0].restartCount}')
[ "$restarts" = 0 ] || fail "the broker was restarted $restarts times, expected 0: kubectl --namespace kafka describe pod kafka-0"

echo
kubectl --namespace kafka get pods kafka-0
echo
kubectl --namespace kafka get pjx
echo
echo 'kubectl --namespace kafka get pjx kafka -o yaml, from "status:" on:'
kubectl --namespace kafka get pjx kafka -o yaml | sed -n '/^status:/,$p'
echo
echo "Prometheus has $(series) kafka_server_* series of the broker, and has read that it took $(records) records."
echo
try='kubectl run app --image=YOUR_JVM_IMAGE --labels=jmx.banzaicloud.com/inject=true'
if [ "$CLUSTER" = local ]; then
  # It cannot pull.
  try="tests/cluster/load-image.sh ARCHIVE.tar                     # an image of yours, see tests/cluster/README.md; then
  kubectl run app --image=ITS_NAME --image-pull-policy=Never --labels=jmx.banzaicloud.com/inject=true"
fi
cat <<TEXT
To look further, in this shell:
  eval "\$(tests/cluster/env.sh)"
  kubectl --namespace kafka get pod kafka-0 -o yaml            # what was injected
  kubectl --namespace monitoring port-forward service/prometheus 9090:9090
  $try
To remove all: make demo-down
The demo took $((SECONDS - started)) s.
TEXT
