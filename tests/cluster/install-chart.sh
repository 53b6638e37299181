#!/usr/bin/env bash
# Installs or upgrades the chart, release jmx-injector in namespace jmx-injector, and waits until it is ready.
#
#   install-chart.sh [HELM ARGUMENTS...]
#   CLUSTER=current JMX_INJECTOR_IMAGE=<repository:tag that your nodes can pull> install-chart.sh
set -euo pipefail
# shellcheck source=tests/cluster/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
repository=$CLUSTER_DIR/../..
use_cluster

image=${JMX_INJECTOR_IMAGE:-} pull_policy=IfNotPresent
if [ -z "$image" ]; then
  [ "$CLUSTER" = local ] || fail "CLUSTER=$CLUSTER: set JMX_INJECTOR_IMAGE to an image of this source that your nodes can pull, built by 'docker build .'"
  built=$("$repository/image/build.sh")
  { read -r archive; read -r image; } <<<"$built"
  "$CLUSTER_DIR/load-image.sh" "$archive"
  pull_policy=Never
fi
log "installing the chart with image $image"
helm upgrade --install jmx-injector "$repository/charts/jmx-injector" --namespace jmx-injector --create-namespace \
  --set-string "image.repository=${image%:*}" --set-string "image.tag=${image##*:}" --set "image.pullPolicy=$pull_policy" "$@" >/dev/null
for deployment in webhook controller; do
  kubectl --namespace jmx-injector rollout status "deployment/jmx-injector-$deployment" --timeout=120s >&2 \
    || { kubectl --namespace jmx-injector get pods,events >&2
         kubectl --namespace jmx-injector logs "deployment/jmx-injector-$deployment" --tail=30 >&2 || true
         fail "deployment jmx-injector-$deployment did not become ready within 120 s, see its pods, events and log above"; }
done
