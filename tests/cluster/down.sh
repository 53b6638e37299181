#!/usr/bin/env bash
# Ends the cluster of up.sh, however it was left, and checks that nothing of it remains on the machine.
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
  *) sed -n '4,5s/^#   //p' "$0" >&2; exit 2 ;;
esac
[ "$CLUSTER" = local ] || { log "CLUSTER=$CLUSTER: the cluster is yours, there is nothing to end"; exit 0; }
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
