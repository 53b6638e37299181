#!/usr/bin/env bash
# Runs the end-to-end tests: on the local cluster, which is started and ended again unless it is up already, or with
# CLUSTER=current on the cluster that kubectl talks to (see tests/cluster/README.md for the images it needs).
#   run.sh [ARGUMENTS OF cargo test...]
set -euo pipefail
repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# shellcheck source=tests/cluster/lib.sh
. "$repository/tests/cluster/lib.sh"
cluster=$repository/tests/cluster

if [ "$CLUSTER" = local ]; then
  need_root 'the local cluster'
  if ! (use_cluster) 2>/dev/null; then
    trap '"$cluster/down.sh"' EXIT
  fi
  "$cluster/up.sh" >&2
fi
use_cluster
"$cluster/prometheus/install.sh"
"$cluster/install-chart.sh"
if [ -z "${EXAMPLE_APP_IMAGE:-}" ]; then
  [ "$CLUSTER" = local ] || fail "CLUSTER=$CLUSTER: set EXAMPLE_APP_IMAGE to an image of examples/app that your nodes can pull"
  built=$("$repository/examples/app/image.sh")
  { read -r archive; read -r EXAMPLE_APP_IMAGE; } <<<"$built"
  "$cluster/load-image.sh" "$archive"
fi
export EXAMPLE_APP_IMAGE
log 'running the end-to-end tests'
# Several start JVMs; more at once would only wait for each other on two cores.
cd "$repository"
CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$CACHE/target} cargo test --locked --package jmx-injector-e2e "$@" -- --test-threads=4
