#!/usr/bin/env bash
# Proves the arrows of the design: which crates of ours each crate may use, which of others' none may, and that each can be
# built alone.
set -euo pipefail
# shellcheck source=tests/cluster/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/cluster/lib.sh"

passed=0 failed=0
# CRATE "OURS THAT IT MAY USE" "OTHERS' THAT IT MAY NOT", both as regular expressions
arrow() {
  local crate=$1 allowed=$2 forbidden=$3 tree found
  tree=$(cargo tree --locked --package "$crate" --edges normal --prefix none --format '{lib}' | sed 's/ (\*)$//' | sort -u)
  found=$(grep '^jmx_injector_' <<<"$tree" | grep -vxE "${crate//-/_}|$allowed" || true)
  found+=$(grep -xE "$forbidden" <<<"$tree" || true)
  if [ -n "$found" ]; then
    log "FAILED: $crate depends on ${found//$'\n'/, }"
    failed=$((failed + 1))
  elif ! cargo check --locked --quiet --package "$crate"; then
    log "FAILED: $crate does not build alone"
    failed=$((failed + 1))
  else
    passed=$((passed + 1))
  fi
}

async='tokio|tokio_.*|async_std|smol|futures|futures_util'
http='hyper|hyper_.*|axum|axum_.*|tower|tower_.*|reqwest'
kubernetes='kube|kube_client|kube_runtime'
arrow jmx-injector-api 'none' "$async|$http|$kubernetes"
arrow jmx-injector-inject 'jmx_injector_api' "$async|$http|$kubernetes"
arrow jmx-injector-certs 'none' "$async|$http|$kubernetes"
arrow jmx-injector-webhook 'jmx_injector_api|jmx_injector_inject' "$kubernetes"
echo "arrows: $passed passed, $failed failed"
[ "$failed" = 0 ]
