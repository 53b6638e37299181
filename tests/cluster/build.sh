#!/usr/bin/env bash
# Builds the programs of the test cluster that the cache lacks, and installs the Debian packages that they need.
#
#   build.sh                 everything
#   build.sh helm etcd ...   only these tools (directories of tests/cluster/tools), and no Debian packages
#
# A program lies in $CACHE/bin/<tool>-<version>-<hash>/<program>. The hash covers go.mod, go.sum and the build flags, so a
# changed pin is a new directory and an old program is never taken for the new one.
set -euo pipefail
# shellcheck source=tests/cluster/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# The Go caches are kept with the programs: a second version of a tool costs what differs, not everything.
export GOMODCACHE=$CACHE/go/mod GOCACHE=$CACHE/go/build GOWORK=off
export GOFLAGS='-mod=readonly -modcacherw -buildvcs=false -trimpath'

# What the user is told before a long wait: two idle cores, empty Go caches, downloads included.
expected() {
  case $1 in
    kube-apiserver) echo '5 min' ;; prometheus) echo '8 min' ;; helm) echo '3 min' ;;
    kube-controller-manager | containerd) echo '2 min' ;; *) echo '1 min or less' ;;
  esac
}

check_go() {
  command -v go >/dev/null \
    || fail "there is no 'go' on PATH, and the cluster's programs are built from source: install Go $(awk '$1 == "go" { print $2 }' "$TOOLS_DIR/helm/go.mod") or newer"
  local said
  said=$(cd "$TOOLS_DIR/helm" && go list -m 2>&1) || fail "this $(go version) cannot build tests/cluster/tools ($said): install a newer Go"
}

build_program() { # tool package
  local tool=$1 package=$2 program out began=$SECONDS
  program=$(program_name "$package")
  out=$(tool_dir "$tool")/$program
  [ ! -x "$out" ] || return 0
  log "building $program $(tool_version "$tool"): $(expected "$program") on two idle cores, once"
  mkdir -p "$(dirname "$out")"
  (cd "$TOOLS_DIR/$tool" && CGO_ENABLED=0 go build -tags "$(tool_tags "$tool")" -ldflags "$(tool_ldflags "$tool")" -o "$out.part" "$package") \
    || fail "$program could not be built from $TOOLS_DIR/$tool, see Go's message above; if a download broke off, run $0 again"
  mv "$out.part" "$out"
  log "built $program in $((SECONDS - began)) s"
}

case ${1:-} in -h | --help) sed -n '2,8s/^# \{0,1\}//p' "$0"; exit 0 ;; esac
if [ $# -eq 0 ]; then
  install_packages "${CLUSTER_PACKAGES[@]}"
  set -- "${ALL_TOOLS[@]}"
fi
for tool in "$@"; do
  [ -f "$TOOLS_DIR/$tool/go.mod" ] || fail "no tool named '$tool': expected one of ${ALL_TOOLS[*]}"
done
! tools_built "$@" || exit 0
if [ "$(id -u)" = 0 ] && [ "${SUDO_UID:-0}" != 0 ]; then
  # Only packages need root: the programs are built by, and belong to, the user who called sudo.
  as_caller "$0" "$@"
  exit
fi
check_go
mkdir -p "$CACHE/bin"
# One build at a time: two would do the same work twice on the same cores.
exec 9>"$CACHE/bin/.lock"
flock -n 9 || { log "another build holds $CACHE/bin/.lock, waiting for it to end"; flock 9; }
for tool in "$@"; do
  while read -r package; do build_program "$tool" "$package"; done < <(tool_packages "$tool")
done
