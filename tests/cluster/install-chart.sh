#!/usr/bin/env bash
# Installs or upgrades the chart, release jmx-injector in namespace jmx-injector, and waits until it is ready.
#
#   install-chart.sh [HELM ARGUMENTS...]
#   CLUSTER=current JMX_INJECTOR_IMAGE=<repository:tag that your nodes can pull> install-chart.sh
set -euo pipefail
# shellcheck source=tests/cluster/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
repository=$CLUSTER_DIR/../..
check_current JMX_INJECTOR_IMAGE
use_cluster

image=${JMX_INJECTOR_IMAGE:-} pull_policy=IfNotPresent
if [ -z "$image" ]; then
  "$repository/tests/prerequisites.sh" rust jdk maven
  built=$(as_caller "$repository/image/build.sh")
  { read -r archive; read -r image; } <<<"$built"
  "$CLUSTER_DIR/load-image.sh" "$archive"
  pull_policy=Never
fi
log "installing the chart with image $image"
found=$(kubectl get namespace jmx-injector --ignore-not-found -o name)
[ -n "$found" ] || kubectl create namespace jmx-injector >/dev/null
mark_ours namespace/jmx-injector
helm upgrade --install jmx-injector "$repository/charts/jmx-injector" --namespace jmx-injector \
  --set-string "image.repository=${image%:*}" --set-string "image.tag=${image##*:}" --set "image.pullPolicy=$pull_policy" "$@" >/dev/null
for deployment in webhook controller; do
  kubectl --namespace jmx-injector rollout status "deployment/jmx-injector-$deployment" --timeout=120s >&2 \
    || { kubectl --namespace jmx-injector get pods,events >&2
         kubectl --namespace jmx-injector logs "deployment/jmx-injector-$deployment" --tail=30 >&2 || true
         fail "deployment jmx-injector-$deployment did not become ready within 120 s, see its pods, events and log above"; }
done
