# shellcheck shell=bash
# What the scripts of the test cluster share. Source it: it sets variables, functions and the umask, adds to the end of PATH
# where Go, Rust and the system's programs usually are (sudo's PATH may lack them), and changes nothing else.
#
# Variables (exported, all overridable from the environment)
#   CACHE     built programs, Go caches, Java runtimes; kept between runs  ${XDG_CACHE_HOME:-$HOME/.cache}/jmx-injector
#   STATE     data, logs and keys of the running cluster; removed by down.sh                /var/lib/jmx-injector-cluster
#   RUN       sockets and the record of the running cluster                                 /run/jmx-injector-cluster
#   CLUSTER   local (the cluster of up.sh) or current (whatever kubectl talks to)                                   local
#   CLUSTER_NET  the first two numbers of the /16 that pods, Services and the node share                           10.203
# Functions
#   log TEXT...                       a line with the time, on standard error
#   fail TEXT...                      "<script>: error: TEXT" and exit 1
#   wait_for SECONDS WHAT COMMAND...  repeats COMMAND until it succeeds; at the deadline says what it last printed, returns 1
#   need_root DOING                   fails with advice unless this is root on Linux
#   as_caller COMMAND...              runs it; under sudo as the user who called, so that what is built belongs to them
#   install_packages PACKAGE...       apt-get installs those that are missing
#   use_tools                         puts the built kubectl, helm, ctr, ... on PATH
#   use_cluster                       the above, and points KUBECONFIG at the cluster to use; fails when it is not up
#   check_current VARIABLE...         with CLUSTER=current, before anything is changed: the programs and the variables with images
#                                     that are needed are there, and nothing of others is in the way; sets up as use_cluster
#   mark_ours KIND/NAME...            labels objects that these scripts made, for check_current and down.sh
#   tool_version TOOL, tool_dir TOOL, tool_packages TOOL, tools_built TOOL...   see build.sh
#   dir_hash DIR                      16 hex digits of the content of DIR: the tag of an image made from it
#   archive DIR                       DIR as a tar on standard output; same content, same bytes

# Files that go into images and mounts must be readable to pods whatever the umask of the shell.
umask 022

CLUSTER_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
TOOLS_DIR=$CLUSTER_DIR/tools
CALLER_HOME=${HOME:-/root}
if [ "$(id -u)" = 0 ] && [ -n "${SUDO_USER:-}" ]; then
  # sudo changes HOME: what the user has built must be found again, and what is built now must be the user's.
  CALLER_HOME=$(getent passwd "$SUDO_USER" | cut -d: -f6)
  CACHE=${CACHE:-$CALLER_HOME/.cache/jmx-injector}
fi
for dir in /usr/local/go/bin "$CALLER_HOME/.cargo/bin" /usr/sbin /sbin; do
  case :$PATH: in *":$dir:"*) ;; *) PATH=$PATH:$dir ;; esac
done
unset dir
export PATH
export CACHE=${CACHE:-${XDG_CACHE_HOME:-$CALLER_HOME/.cache}/jmx-injector}
export STATE=${STATE:-/var/lib/jmx-injector-cluster}
export RUN=${RUN:-/run/jmx-injector-cluster}
export CLUSTER=${CLUSTER:-local}
export CLUSTER_NET=${CLUSTER_NET:-10.203}
export NODE=node1 NODE_IP=$CLUSTER_NET.255.1 HOST_IP=$CLUSTER_NET.255.2 HOST_LINK=jmx-node
export POD_CIDR=$CLUSTER_NET.0.0/24 SERVICE_CIDR=$CLUSTER_NET.128.0/20 API_SERVICE_IP=$CLUSTER_NET.128.1
export API_SERVER=https://$NODE_IP:6443 PAUSE_IMAGE=registry.k8s.io/pause:3.10
# These processes write to paths that no option moves; the node sees an empty tmpfs there, the machine stays untouched.
# shellcheck disable=SC2034  # used by up.sh, node.sh and down.sh
PRIVATE_DIRS=(/run/containerd /var/lib/cni /var/lib/kubelet /var/log/containers)
# shellcheck disable=SC2034  # used by build.sh
CLUSTER_PACKAGES=(runc containernetworking-plugins iptables iproute2 procps openssl)
ALL_TOOLS=(helm kubernetes containerd etcd pause prometheus)
# The label of what these scripts made on a cluster that is not theirs.
OURS=jmx-injector-tests

log() { printf '%s %s\n' "$(date +%H:%M:%S)" "$*" >&2; }

fail() { printf '%s: error: %s\n' "$(basename "$0")" "$*" >&2; exit 1; }

wait_for() {
  local seconds=$1 what=$2 deadline=$((SECONDS + $1)) said
  shift 2
  until said=$("$@" 2>&1); do
    if [ "$SECONDS" -ge "$deadline" ]; then
      log "gave up after $seconds s waiting for $what; the last answer to '$*' was: ${said:-nothing}"
      return 1
    fi
    sleep 0.2
  done
}

need_root() {
  local advice='without it: render offline with "jmx-injector inject -f FILE", or set KUBECONFIG and CLUSTER=current to use a cluster of your own'
  [ "$(uname -s)" = Linux ] || fail "$1 needs Linux, this is $(uname -s); $advice"
  [ "$(id -u)" = 0 ] || fail "$1 needs root (namespaces, mounts, cgroups), this is uid $(id -u): run it with sudo; $advice"
}

as_caller() {
  if [ "$(id -u)" = 0 ] && [ "${SUDO_UID:-0}" != 0 ] && [ -n "${SUDO_GID:-}" ]; then
    setpriv --reuid "$SUDO_UID" --regid "$SUDO_GID" --init-groups \
      env -u SUDO_UID -u SUDO_GID -u SUDO_USER HOME="$CALLER_HOME" CACHE="$CACHE" "$@"
  else
    "$@"
  fi
}

install_packages() {
  local package
  local -a missing=()
  for package in "$@"; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)" = installed ] || missing+=("$package")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  command -v apt-get >/dev/null || fail "these Debian packages are missing and there is no apt-get to install them: ${missing[*]}"
  [ "$(id -u)" = 0 ] || fail "these Debian packages are missing and only root can install them: run 'sudo apt-get install ${missing[*]}'"
  log "installing Debian packages: ${missing[*]}"
  local -a install=(apt-get install -y -qq --no-install-recommends -o Dpkg::Use-Pty=0 "${missing[@]}")
  # The list of packages is fetched only when the one at hand does not do.
  DEBIAN_FRONTEND=noninteractive "${install[@]}" >/dev/null 2>&1 \
    || { apt-get update -qq && DEBIAN_FRONTEND=noninteractive "${install[@]}" >/dev/null; } \
    || fail "apt-get could not install ${missing[*]}, see its message above"
}

# ---- programs: each directory of tools/ pins one module in go.mod and lists its programs as tool directives; pause has its
# ---- program itself ----

tool_module() { # the module whose version is the tool's
  case $1 in
    helm) echo helm.sh/helm/v3 ;;
    kubernetes) echo k8s.io/kubernetes ;;
    containerd) echo github.com/containerd/containerd/v2 ;;
    etcd) echo go.etcd.io/etcd/server/v3 ;;
    prometheus) echo github.com/prometheus/prometheus ;;
    *) fail "no tool named '$1': expected one of ${ALL_TOOLS[*]}" ;;
  esac
}

tool_version() {
  [ "$1" != pause ] || { echo "${PAUSE_IMAGE##*:}"; return; }
  awk -v module="$(tool_module "$1")" \
    '{ for (i = 1; i < NF; i++) if ($i == module && $(i+1) ~ /^v[0-9]/) { print substr($(i+1), 2); exit } }' "$TOOLS_DIR/$1/go.mod"
}

tool_packages() {
  awk '/^tool \(/ { listed = 1; next } /^\)/ { listed = 0 } listed { print $1 } /^tool [^(]/ { print $2 }' "$TOOLS_DIR/$1/go.mod"
}

program_name() { # package
  case $1 in */etcd/server/v3) echo etcd ;; *) basename "$1" ;; esac
}

tool_tags() {
  case $1 in
    kubernetes) echo providerless ;;
    containerd) echo no_btrfs,no_zfs,no_devmapper ;;
    *) echo netgo ;;
  esac
}

tool_ldflags() {
  local version flags='-s -w' package minor
  version=$(tool_version "$1")
  case $1 in
    kubernetes)
      minor=${version#*.}; minor=${minor%%.*}
      for package in k8s.io/component-base/version k8s.io/client-go/pkg/version; do
        flags+=" -X $package.gitVersion=v$version -X $package.gitMajor=${version%%.*} -X $package.gitMinor=$minor"
      done ;;
    helm) flags+=" -X helm.sh/helm/v3/internal/version.version=v$version" ;;
    containerd) flags+=" -X github.com/containerd/containerd/v2/version.Version=$version" ;;
    prometheus) # its module v0.305.1 is release 3.5.1
      minor=${version#*.}; minor=${minor%%.*}
      flags+=" -X github.com/prometheus/common/version.Version=$((minor / 100)).$((minor % 100)).${version##*.}" ;;
  esac
  echo "$flags"
}

tool_dir() {
  local hash
  hash=$({ cat "$TOOLS_DIR/$1"/*; tool_tags "$1"; tool_ldflags "$1"; } | sha256sum | cut -c1-12)
  echo "$CACHE/bin/$1-$(tool_version "$1")-$hash"
}

tools_built() {
  local tool package
  for tool in "$@"; do
    while read -r package; do
      [ -x "$(tool_dir "$tool")/$(program_name "$package")" ] || return 1
    done < <(tool_packages "$tool")
  done
}

tools_path() { # the directories of all tools, joined for PATH
  local tool path=
  for tool in "${ALL_TOOLS[@]}"; do path+=${path:+:}$(tool_dir "$tool"); done
  echo "$path"
}

use_tools() {
  export PATH="${TOOLS_PATH:=$(tools_path)}:$PATH" CONTAINERD_SUPPRESS_DEPRECATION_WARNINGS=1
}

use_cluster() {
  case $CLUSTER in
    local)
      use_tools
      [ -r "$STATE/admin.conf" ] || fail "the local cluster is not up ($STATE/admin.conf cannot be read): run tests/cluster/up.sh as root"
      export KUBECONFIG=$STATE/admin.conf KUBECACHEDIR=$STATE/kubectl-cache ;;
    current)
      # The user's own kubectl first: it is the one that fits the cluster and its credential plugins.
      export PATH="$PATH:${TOOLS_PATH:=$(tools_path)}"
      kubectl version >/dev/null || fail "CLUSTER=current, but kubectl does not reach a cluster: check KUBECONFIG and 'kubectl version'" ;;
    *) fail "CLUSTER is '$CLUSTER': expected local or current" ;;
  esac
}

# ---- a cluster of the user's ----

# What scripts install there, by the variable of its image.
objects_of() {
  case $1 in
    JMX_INJECTOR_IMAGE) echo namespace/jmx-injector ;;
    PROMETHEUS_IMAGE) echo namespace/monitoring clusterrole/prometheus-discovery clusterrolebinding/prometheus-discovery ;;
    KAFKA_IMAGE) echo namespace/kafka ;;
  esac
}

check_current() {
  [ "$CLUSTER" = current ] || return 0
  local name object what found
  local -a missing=()
  export PATH="$PATH:${TOOLS_PATH:=$(tools_path)}"
  for name in kubectl helm; do command -v "$name" >/dev/null || missing+=("the program $name"); done
  for name in "$@"; do
    [ -n "${!name:-}" ] || { missing+=("$name=<an image that the nodes can pull>"); continue; }
    [[ $name != JMX_INJECTOR_IMAGE || ( ${!name##*/} == *:* && ${!name} != *@* ) ]] || fail "$name is '${!name}': expected repository:tag"
  done
  [ ${#missing[@]} = 0 ] || fail "CLUSTER=current, and these are missing: $(printf '%s, ' "${missing[@]}" | sed 's/, $//'); nothing was changed; see 'A cluster of your own' in tests/cluster/README.md"
  use_cluster
  for name in "$@"; do
    for object in $(objects_of "$name"); do
      found=$(kubectl get "$object" --ignore-not-found -o "jsonpath={.metadata.name}:{.metadata.labels.$OURS}") || fail "kubectl could not read $object, see its message above; nothing was changed"
      case $found in '' | *:true) continue ;; esac
      what=$object
      if [ "$object" = namespace/jmx-injector ] && helm status jmx-injector --namespace jmx-injector >/dev/null 2>&1; then
        what='the Helm release jmx-injector in namespace jmx-injector'
      fi
      fail "this cluster has $what, which these scripts did not make and would change; nothing was changed. Use another cluster (or none: CLUSTER=local), or remove it first; if an earlier run of these scripts made it: kubectl label $object $OURS=true"
    done
  done
  [[ " $* " == *' JMX_INJECTOR_IMAGE '* ]] || return 0
  found=$(kubectl get crd prometheusjmxexporters.banzaicloud.com --ignore-not-found \
    -o 'jsonpath={.metadata.name}:{.metadata.annotations.meta\.helm\.sh/release-namespace}/{.metadata.annotations.meta\.helm\.sh/release-name}') || fail 'kubectl could not read the CRDs, see its message above; nothing was changed'
  case $found in
    '' | *:jmx-injector/jmx-injector) ;;
    *) fail "this cluster has the CRD ${found%%:*}, of the Helm release '${found#*:}' (namespace/name; '/': of none): another installation uses it; nothing was changed. Use another cluster (or none: CLUSTER=local)" ;;
  esac
}

mark_ours() { kubectl label --overwrite "$@" "$OURS=true" >/dev/null; }

# ---- images ----

archive() {
  tar -C "$1" --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner --format=gnu -cf - .
}

dir_hash() { archive "$1" | sha256sum | cut -c1-16; }
