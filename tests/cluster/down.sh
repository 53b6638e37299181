#!/usr/bin/env bash
# Ends the cluster of up.sh, however it was left, and checks that nothing of it remains on the machine.
# With CLUSTER=current: removes from the cluster that kubectl talks to what these scripts installed there.
#
#   down.sh            removes, then checks
#   down.sh --check    only checks: lists what is left, exit status 1 if anything is
set -euo pipefail
here=$(dirname "${BASH_SOURCE[0]}")
# shellcheck source=tests/cluster/lib.sh
. "$here/lib.sh"
# shellcheck source=tests/cluster/record.sh
. "$here/record.sh"

case $* in
  '' | --check) ;;
  *) sed -n '5,6s/^#   //p' "$0" >&2; exit 2 ;;
esac

# Only what carries our label, and the release in a namespace that does.
ours() { kubectl get namespaces,clusterroles,clusterrolebindings --selector "$OURS=true" -o name; }

remove_from_current() {
  local found crd=prometheusjmxexporters.banzaicloud.com
  found=$(ours)
  if [ -z "$found" ]; then
    log 'this cluster has nothing that these scripts installed'
    return
  fi
  # Exporters go before the controller: nothing asks for them any more.
  if grep -qx namespace/kafka <<<"$found"; then kubectl delete namespace kafka >&2; fi
  if grep -qx namespace/jmx-injector <<<"$found"; then
    if helm status jmx-injector --namespace jmx-injector >/dev/null 2>&1; then
      helm uninstall jmx-injector --namespace jmx-injector --wait >&2
    fi
    if [ -n "$(kubectl get crd "$crd" --ignore-not-found -o name)" ]; then
      found=$(kubectl get "$crd" --all-namespaces -o name)
      if [ -z "$found" ]; then kubectl delete crd "$crd" >&2; else log "kept: the CRD $crd, because there are objects of it"; fi
    fi
  fi
  kubectl delete clusterrolebindings,clusterroles,namespaces --selector "$OURS=true" >&2
  log 'what these scripts installed is removed; injected pods run on until they are deleted'
}

if [ "$CLUSTER" = current ]; then
  # shellcheck disable=SC2119  # no image is needed to remove
  check_current
  if [ $# -eq 0 ]; then remove_from_current; exit; fi
  left=$(ours)
  [ -z "$left" ] || { printf '%s\n' "$left" >&2; exit 1; }
  exit 0
fi
[ "$CLUSTER" = local ] || fail "CLUSTER is '$CLUSTER': expected local or current"
need_root 'the local cluster'
lock_cluster

patience=0
if [ $# -eq 0 ]; then
  patience=20
  if recorded; then
    clean_up
    log 'the cluster is down'
  else
    log 'no cluster of up.sh is here'
  fi
fi

nothing_left() {
  local left
  left=$(leftovers)
  [ -z "$left" ] || { printf '%s\n' "$left"; return 1; }
}
# What has just ended takes the kernel a moment to remove.
if ! wait_for "$patience" 'everything to be removed' nothing_left 2>/dev/null; then
  log 'left on this machine, of the local cluster or of another Kubernetes:'
  leftovers >&2
  exit 1
fi
log 'nothing of a cluster is left on this machine'
