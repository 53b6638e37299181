#!/usr/bin/env bash
# Installs Prometheus into the namespace monitoring and waits until it answers queries. Repeating it is cheap.
#
#   install.sh
#   CLUSTER=current PROMETHEUS_IMAGE=<an image of Prometheus 3 that your nodes can pull> install.sh
set -euo pipefail
# shellcheck source=tests/cluster/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
here=$CLUSTER_DIR/prometheus
check_current PROMETHEUS_IMAGE
use_cluster

make_image() { # sets image
  local work rootfs
  "$CLUSTER_DIR/build.sh" prometheus
  work=$(mktemp -d "${TMPDIR:-/tmp}/prometheus.XXXXXX")
  # shellcheck disable=SC2064  # the directory of now, not of the end
  trap "rm -rf '$work'" EXIT
  rootfs=$work/rootfs
  mkdir "$rootfs"
  install -D -m 755 "$(tool_dir prometheus)/prometheus" "$rootfs/bin/prometheus"
  image=docker.io/library/prometheus:$(dir_hash "$rootfs")
  "$CLUSTER_DIR/image.sh" "$image" "$work/image.tar" "$rootfs" --entrypoint /bin/prometheus --user 65532:65532
  "$CLUSTER_DIR/load-image.sh" "$work/image.tar"
}

image=${PROMETHEUS_IMAGE:-}
[ -n "$image" ] || make_image
hash=$(sha256sum "$here/prometheus.yaml" | cut -c1-16)
sed -e "s|image: IMAGE|image: $image|" -e "s|CONFIG_HASH|$hash|" "$here/prometheus.yaml" | kubectl apply -f - >/dev/null
kubectl --namespace monitoring rollout status deployment/prometheus --timeout=120s >&2 \
  || { kubectl --namespace monitoring get pods,events >&2; fail 'Prometheus did not become ready within 120 s, see its pod and the events above'; }
query=/api/v1/namespaces/monitoring/services/prometheus:9090/proxy/api/v1/query
scrapes_itself() { # up{namespace="monitoring"} == 1
  local said
  said=$(kubectl get --raw "$query?query=up%7Bnamespace%3D%22monitoring%22%7D%3D%3D1")
  [[ $said == *'"result":[{'* ]] || { echo "$said"; return 1; }
}
wait_for 60 'Prometheus to find and scrape its own pod' scrapes_itself || fail 'Prometheus is ready but scrapes nothing: see kubectl --namespace monitoring logs deployment/prometheus'
log "Prometheus works: kubectl get --raw '$query?query=up'"
