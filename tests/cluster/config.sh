# shellcheck shell=bash
# Configuration files of the node's components. Sourced by up.sh after lib.sh.
#
#   make_config    writes them into $STATE

make_config() {
  local snapshotter=overlayfs
  # overlayfs does not stack: inside a container whose disk is one already, images are copied instead.
  [ "$(stat -f -c %T "$STATE")" != overlayfs ] || snapshotter=native

  cat >"$STATE/containerd.toml" <<END
version = 3
root = "$STATE/containerd"
state = "$RUN/containerd"
disabled_plugins = ["io.containerd.nri.v1.nri", "io.containerd.internal.v1.opt", "io.containerd.tracing.processor.v1.otlp"]
[grpc]
  address = "$RUN/containerd.sock"
[plugins.'io.containerd.cri.v1.runtime']
  restrict_oom_score_adj = true         # machines without CAP_SYS_RESOURCE cannot lower it
  disable_apparmor = true               # a profile would stay in the machine's kernel
  netns_mounts_under_state_dir = true
  [plugins.'io.containerd.cri.v1.runtime'.cni]
    bin_dirs = ["/usr/lib/cni"]         # Debian's containernetworking-plugins
    conf_dir = "$STATE/cni"
[plugins.'io.containerd.cri.v1.images']
  snapshotter = "$snapshotter"
  [plugins.'io.containerd.cri.v1.images'.pinned_images]
    sandbox = "$PAUSE_IMAGE"
END

  # ptp, not bridge: every packet is routed, so Services work without the bridge-netfilter kernel module. No address
  # translation and no default route on the node: the cluster has no way out, and a lookup fails at once instead of hanging.
  mkdir -p "$STATE/cni"
  cat >"$STATE/cni/10-ptp.conflist" <<END
{"cniVersion": "1.0.0", "name": "pods", "plugins": [{"type": "ptp", "ipMasq": false, "ipam": {"type": "host-local",
  "dataDir": "$STATE/ipam", "ranges": [[{"subnet": "$POD_CIDR"}]], "routes": [{"dst": "0.0.0.0/0"}]}}]}
END
  echo 'nameserver 127.0.0.1' >"$STATE/resolv.conf"

  cat >"$STATE/kubelet.yaml" <<END
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
address: $NODE_IP
authentication: {anonymous: {enabled: false}, webhook: {enabled: true}, x509: {clientCAFile: $STATE/pki/ca.crt}}
authorization: {mode: Webhook}
cgroupDriver: cgroupfs
containerRuntimeEndpoint: unix://$RUN/containerd.sock
evictionHard: {memory.available: 100Mi, nodefs.available: 1%, imagefs.available: 1%}
failSwapOn: false
featureGates: {ImageVolume: true}
imageGCHighThresholdPercent: 100        # images come from files: one that is removed cannot be pulled again
podLogsDir: $STATE/log/pods
resolvConf: $STATE/resolv.conf
clusterDNS: ["$NODE_IP"]               # nobody answers there: a lookup is refused at once
clusterDomain: cluster.local
syncFrequency: 10s                      # changed ConfigMaps reach their volumes soon
tlsCertFile: $STATE/pki/kubelet.crt
tlsPrivateKeyFile: $STATE/pki/kubelet.key
volumePluginDir: $STATE/volume-plugins
END

  # The conntrack settings are the machine's, not the node's: zero leaves them alone.
  cat >"$STATE/kube-proxy.yaml" <<END
apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
mode: iptables
clientConnection: {kubeconfig: $STATE/pki/proxy.conf}
clusterCIDR: $POD_CIDR
conntrack: {maxPerCore: 0, min: 0, tcpEstablishedTimeout: 0s, tcpCloseWaitTimeout: 0s}
END
}
