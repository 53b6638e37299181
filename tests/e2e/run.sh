#!/usr/bin/env bash
# Runs the end-to-end tests: on the local cluster, which is started and ended again unless it is up already, or with
# CLUSTER=current on the cluster that kubectl talks to (see tests/cluster/README.md for the images it needs).
#   run.sh [ARGUMENTS OF cargo test...]
# The tests that break the installation on purpose (tests/disruption.rs: they delete the webhook's certificate and scale it to 0)
# run on the local cluster, and on another only with DISRUPT=1.
set -euo pipefail
repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# shellcheck source=tests/cluster/lib.sh
. "$repository/tests/cluster/lib.sh"
cluster=$repository/tests/cluster

targets=()
if [ "$CLUSTER" = local ]; then
  need_root 'the local cluster'
  "$repository/tests/prerequisites.sh" rust go jdk maven
  if ! (use_cluster) 2>/dev/null; then
    trap '"$cluster/down.sh"' EXIT
  fi
  "$cluster/up.sh" >&2
else
  "$repository/tests/prerequisites.sh" rust
  check_current JMX_INJECTOR_IMAGE PROMETHEUS_IMAGE EXAMPLE_APP_IMAGE
  if [ "${DISRUPT:-}" != 1 ]; then
    [[ ! " $* " =~ disruption|--tests|--all-targets|[][*?] ]] \
      || fail "'$*' may choose the tests that break the installation on purpose: set DISRUPT=1 to run them on this cluster"
    log 'left out: the tests of disruption, which break the installation on purpose; DISRUPT=1 runs them too'
    if [[ " $* " != *' --test'[\ =]* ]]; then
      for file in "$repository"/tests/e2e/tests/*.rs; do
        name=$(basename "$file" .rs)
        [ "$name" = disruption ] || targets+=(--test "$name")
      done
    fi
  fi
fi
use_cluster
"$cluster/prometheus/install.sh"
"$cluster/install-chart.sh"
if [ -z "${EXAMPLE_APP_IMAGE:-}" ]; then
  built=$(as_caller "$repository/examples/app/image.sh")
  { read -r archive; read -r EXAMPLE_APP_IMAGE; } <<<"$built"
  "$cluster/load-image.sh" "$archive"
fi
export EXAMPLE_APP_IMAGE
log 'running the end-to-end tests'
# Several start JVMs; more at once would only wait for each other on two cores.
cd "$repository"
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$CACHE/target}
as_caller cargo test --locked --package jmx-injector-e2e "${targets[@]}" "$@" -- --test-threads=4
