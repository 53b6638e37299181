#!/usr/bin/env bash
# Imports image archives (of image.sh) into the local cluster's containerd. An image that is there already is skipped.
# Pods name it with imagePullPolicy: Never or IfNotPresent; the cluster has no way to a registry.
#
#   load-image.sh ARCHIVE.tar...
set -euo pipefail
# shellcheck source=tests/cluster/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

[ $# -gt 0 ] || { sed -n '5p' "$0" | cut -c5- >&2; exit 2; }
[ "$CLUSTER" = local ] \
  || fail "CLUSTER=$CLUSTER: images can be loaded into the local cluster only; push $* to a registry that your nodes pull from (tests/cluster/README.md says how)"
need_root 'loading an image into the local cluster'
use_tools
[ -S "$RUN/containerd.sock" ] || fail "the local cluster is not up ($RUN/containerd.sock does not exist): run tests/cluster/up.sh"

ctr() { command ctr --address "$RUN/containerd.sock" --namespace k8s.io "$@"; }

for file in "$@"; do
  index=$(tar -xOf "$file" ./index.json) || fail "'$file' is not an OCI image archive: expected one made by image.sh, with ./index.json in it"
  name=$(sed -n 's/.*"io.containerd.image.name":"\([^"]*\)".*/\1/p' <<<"$index")
  digest=$(sed -n 's/.*"manifests":\[{[^}]*"digest":"\([^"]*\)".*/\1/p' <<<"$index")
  [[ -n $name && -n $digest ]] || fail "'$file': index.json names no image: expected the annotation io.containerd.image.name and a digest"
  if ctr images ls "name==$name" | grep -qF "$digest"; then
    log "$name is loaded already"
  else
    ctr images import "$file" >/dev/null || fail "containerd did not import '$file', see its message above; its log is $STATE/log/containerd.log"
    log "loaded $name"
  fi
done
