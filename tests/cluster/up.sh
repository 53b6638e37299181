#!/usr/bin/env bash
# Starts a real single-node Kubernetes from plain binaries: no Docker, no registry, no way out. Builds what is missing first.
# When one is up and healthy, says so. What an unclean end left behind is removed first.
#
#   up.sh        then: eval "$(tests/cluster/env.sh)"
set -euo pipefail
here=$(dirname "${BASH_SOURCE[0]}")
# shellcheck source=tests/cluster/lib.sh
. "$here/lib.sh"
# shellcheck source=tests/cluster/certs.sh
. "$here/certs.sh"
# shellcheck source=tests/cluster/config.sh
. "$here/config.sh"
# shellcheck source=tests/cluster/record.sh
. "$here/record.sh"

# Prints why the recorded cluster cannot be used, or nothing when it can.
ailment() {
  local said
  if ! node_alive; then
    echo 'its processes have ended'
  elif [ ! -e "$STATE/ready" ]; then
    echo 'it never became ready'
  elif [ -e "$STATE/exited" ]; then
    echo "ended: $(paste -sd, "$STATE/exited")"
  elif ! said=$(kubectl --kubeconfig "$STATE/admin.conf" --request-timeout=20s get --raw /readyz 2>&1); then
    echo "its API server answers: $said"
  fi
}

refuse_strangers() {
  local found
  found=$(kubernetes_leftovers)
  [ -z "$found" ] || fail "another Kubernetes seems to run on this machine, and two do not get along; found: $(paste -sd, <<<"$found"). To use that one set KUBECONFIG and CLUSTER=current; if it is gone, remove what is listed (a reboot does)"
  found=$(ip -4 route show root "$CLUSTER_NET.0.0/16") || fail "CLUSTER_NET is '$CLUSTER_NET': expected the first two numbers of a free private /16, e.g. 10.217"
  [ -z "$found" ] || fail "the machine already has a route into $CLUSTER_NET.0.0/16 ($(head -n 1 <<<"$found")): set CLUSTER_NET to the first two numbers of a free private /16, e.g. CLUSTER_NET=10.217"
  if [ -e "$STATE" ] && [ ! -e "$STATE/$MARKER" ] && [ -n "$(ls -A "$STATE")" ]; then
    fail "$STATE is not empty and was not made by up.sh: set STATE to another directory"
  fi
}

# containerd asks for the image that holds a pod's namespaces before any other.
make_pause_image() {
  local rootfs=$STATE/pause
  install -D -m 755 "$(tool_dir pause)/pause" "$rootfs/pause"
  "$CLUSTER_DIR/image.sh" "$PAUSE_IMAGE" "$STATE/pause.tar" "$rootfs" --entrypoint /pause --user 65535:65535
  rm -r "$rootfs"
}

start_node() {
  local dir unshare_pid node_pid
  # A mount needs a directory to lie on; those made here are removed by down.sh.
  for dir in "${PRIVATE_DIRS[@]}"; do
    [ -d "$dir" ] || { mkdir -p "$dir"; echo "$dir" >>"$STATE/made-dirs"; }
  done
  save_sysctls
  # setsid: it outlives this shell and its terminal. The lock (fd 8) must not go with it.
  setsid unshare --mount --net --pid --fork --kill-child --mount-proc "$CLUSTER_DIR/node.sh" </dev/null >"$STATE/log/node.log" 2>&1 8>&- &
  unshare_pid=$!
  first_child() { node_pid=$(ps -o pid= --ppid "$unshare_pid" | tr -d ' '); [ -n "$node_pid" ]; }
  SECONDS=0
  until first_child; do
    if [ "$SECONDS" -ge 20 ] || ! kill -0 "$unshare_pid" 2>/dev/null; then
      fail "the node's namespaces could not be made: $(cat "$STATE/log/node.log")"
    fi
  done
  record_node "$node_pid"
  ip link add "$HOST_LINK" type veth peer name eth0 netns "$node_pid"
  ip address add "$HOST_IP/30" dev "$HOST_LINK"
  ip link set "$HOST_LINK" up
  ip route add "$CLUSTER_NET.0.0/16" via "$NODE_IP" dev "$HOST_LINK"
}

ready_or_over() { [ -e "$STATE/ready" ] || [ -e "$STATE/failed" ] || ! node_alive; }

[ "$CLUSTER" = local ] || { log "CLUSTER=$CLUSTER: the cluster is yours, there is nothing to start"; exit 0; }
need_root 'the local cluster'
"$CLUSTER_DIR/build.sh"
use_tools
lock_cluster

if recorded; then
  why=$(ailment)
  if [ -z "$why" ]; then
    log 'the cluster is up and healthy already'
    echo "$STATE/admin.conf"
    exit 0
  fi
  log "a cluster was up here but cannot be used ($why): removing it and starting anew"
  clean_up
fi
refuse_strangers

began=$(date +%s%N)
mkdir -p "$STATE/log" "$RUN"
chmod 711 "$RUN"
touch "$STATE/$MARKER" "$RUN/$MARKER"
log "starting the cluster (state in $STATE)"
make_certs
make_config
make_pause_image
start_node
wait_for 420 'the node' ready_or_over || true
if [ ! -e "$STATE/ready" ]; then
  cat "$STATE/failed" >&2 2>/dev/null || tail -n 15 "$STATE/log/node.log" >&2
  kill_node
  fail "the cluster did not start, see above; all logs are in $STATE/log until the next up.sh or down.sh"
fi
log "the cluster is ready after $(((($(date +%s%N) - began) / 100000000 + 5) / 10)) s; for kubectl and helm: eval \"\$($CLUSTER_DIR/env.sh)\""
echo "$STATE/admin.conf"
