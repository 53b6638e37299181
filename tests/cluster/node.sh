#!/usr/bin/env bash
# The node: started by up.sh as process 1 of namespaces of its own (pid, mount, net). Its end is the end of everything in
# them: processes, containers, mounts, interfaces and iptables rules, whatever happened before. Not to be run by hand.
set -euo pipefail
# shellcheck source=tests/cluster/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
use_tools
cd "$STATE"
trap 'exit 0' TERM INT

declare -A name_of=()

start() { # NAME PROGRAM ARGUMENT...
  local name=$1
  shift
  "$@" </dev/null >"log/$name.log" 2>&1 &
  name_of[$!]=$name
}

# A component that is not ready in time, or not there any more, ends the start with the end of its log.
ready() { # NAME SECONDS COMMAND...
  local name=$1 seconds=$2 pid
  shift 2
  for pid in "${!name_of[@]}"; do [ "${name_of[$pid]}" != "$name" ] || break; done
  ended_or() { ! kill -0 "$pid" 2>/dev/null || "$@"; }
  if ! wait_for "$seconds" "$name" ended_or "$@" || ! kill -0 "$pid" 2>/dev/null; then
    { echo "$name did not become ready; the end of $STATE/log/$name.log:"; tail -n 15 "log/$name.log"; } >failed
    exit 1
  fi
}

http_ok() { # PORT PATH: a plain GET, for the health ports, which speak no more than is needed to ask
  local status=
  exec 3<>"/dev/tcp/127.0.0.1/$1" || return 1
  printf 'GET %s HTTP/1.0\r\n\r\n' "$2" >&3
  read -r status <&3 || true
  exec 3>&-
  [[ $status == *' 200 '* ]] || { echo "$status"; return 1; }
}

listening() { exec 3<>"/dev/tcp/127.0.0.1/$1"; } # PORT

# ---- mounts and network ----

mount --make-rshared /
for dir in "${PRIVATE_DIRS[@]}"; do mount -t tmpfs -o mode=755 private "$dir"; done
ip link set lo up
wait_for 20 'the network link from up.sh' ip link show eth0
ip address add "$NODE_IP/30" dev eth0
ip link set eth0 up
# There is no default route, and a packet to a Service needs some route before iptables gives it a pod's address: without
# this one the API server could not call webhooks. What has no endpoint ends at lo.
ip route add "$SERVICE_CIDR" dev lo src "$NODE_IP"
# No name server answers here: every lookup, not one a second, is to be refused at once.
echo 0 >/proc/sys/net/ipv4/icmp_ratelimit

# ---- control plane ----

start etcd etcd --data-dir "$STATE/etcd" --unsafe-no-fsync --log-level warn \
  --listen-client-urls https://127.0.0.1:2379 --advertise-client-urls https://127.0.0.1:2379 --listen-peer-urls http://127.0.0.1:2380 \
  --cert-file pki/etcd.crt --key-file pki/etcd.key --client-cert-auth --trusted-ca-file pki/ca.crt --listen-metrics-urls http://127.0.0.1:2381
start containerd containerd --config containerd.toml
ready etcd 30 http_ok 2381 /readyz

start kube-apiserver kube-apiserver --bind-address="$NODE_IP" --advertise-address="$NODE_IP" \
  --etcd-servers=https://127.0.0.1:2379 --etcd-cafile=pki/ca.crt --etcd-certfile=pki/admin.crt --etcd-keyfile=pki/admin.key \
  --tls-cert-file=pki/apiserver.crt --tls-private-key-file=pki/apiserver.key --client-ca-file=pki/ca.crt --authorization-mode=Node,RBAC \
  --service-account-issuer=https://kubernetes.default.svc --service-account-key-file=pki/service-account.pub \
  --service-account-signing-key-file=pki/service-account.key --service-cluster-ip-range="$SERVICE_CIDR" \
  --allow-privileged --feature-gates=ImageVolume=true --kubelet-preferred-address-types=InternalIP \
  --kubelet-certificate-authority=pki/ca.crt --kubelet-client-certificate=pki/admin.crt --kubelet-client-key=pki/admin.key \
  --requestheader-client-ca-file=pki/ca.crt --requestheader-allowed-names=front-proxy-client \
  --requestheader-extra-headers-prefix=X-Remote-Extra- --requestheader-group-headers=X-Remote-Group --requestheader-username-headers=X-Remote-User \
  --proxy-client-cert-file=pki/front-proxy.crt --proxy-client-key-file=pki/front-proxy.key
ready containerd 30 ctr --address "$RUN/containerd.sock" version
ctr --address "$RUN/containerd.sock" --namespace k8s.io images import --label io.cri-containerd.pinned=pinned pause.tar >log/pause.log 2>&1 \
  || { { echo "containerd did not import the pause image:"; cat log/pause.log; } >failed; exit 1; }
ready kube-apiserver 120 kubectl --kubeconfig admin.conf get --raw /readyz

start kube-controller-manager kube-controller-manager --kubeconfig=pki/controller-manager.conf --leader-elect=false \
  --service-account-private-key-file=pki/service-account.key --root-ca-file=pki/ca.crt --use-service-account-credentials \
  --horizontal-pod-autoscaler-sync-period=5s
start kube-scheduler kube-scheduler --kubeconfig=pki/scheduler.conf --leader-elect=false

# ---- node ----

# The deprecated flag --containerd is what makes cAdvisor label its series with container names.
start kubelet kubelet --kubeconfig=pki/kubelet.conf --config=kubelet.yaml --hostname-override="$NODE" --node-ip="$NODE_IP" \
  --root-dir="$STATE/kubelet" --containerd="$RUN/containerd.sock"
start kube-proxy kube-proxy --config=kube-proxy.yaml --hostname-override="$NODE"
ready kube-scheduler 60 listening 10259
ready kube-proxy 60 http_ok 10249 /healthz
ready kubelet 60 http_ok 10248 /healthz

node_schedulable() {
  local said
  said=$(kubectl --kubeconfig admin.conf get node "$NODE" -o jsonpath='{.status.conditions[?(@.type=="Ready")].status} {.spec.taints[*].key}')
  [ "$said" = 'True ' ] || { echo "Ready and taints: $said"; return 1; }
}
ready kubelet 120 node_schedulable
ready kube-controller-manager 60 kubectl --kubeconfig admin.conf --namespace default get serviceaccount/default configmap/kube-root-ca.crt
touch ready

# Adopts and reaps orphans (container shims) as process 1 must, and notes for up.sh which component has ended.
while :; do
  status=0
  wait -n -p ended || status=$?
  [ -n "${ended:-}" ] || exit 0
  echo "${name_of[$ended]} (exit status $status)" >>exited
done
