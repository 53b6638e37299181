#!/usr/bin/env bash
# Makes an OCI image archive of one layer from a directory: no Docker, no registry. The same input gives the same bytes.
#
#   image.sh NAME OUT.tar ROOTFS [--entrypoint A,B] [--cmd A,B] [--user UID:GID] [--env K=V]... [--workdir DIR]
#
# NAME is the full name it is imported under, e.g. docker.io/library/app:1f3a. Every file belongs to root, with mtime 0.
set -euo pipefail
# shellcheck source=tests/cluster/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

usage() { sed -n '4p' "$0" | cut -c5- >&2; exit 2; }

json_string() {
  local s=$1
  [[ $s != *[[:cntrl:]]* ]] || fail "'$s' contains a control character, which this script does not write into an image configuration"
  s=${s//\\/\\\\}; s=${s//\"/\\\"}
  printf '"%s"' "$s"
}

json_list() { # strings
  local item sep=
  printf '['
  for item in "$@"; do printf '%s' "$sep"; json_string "$item"; sep=,; done
  printf ']'
}

[ $# -ge 3 ] || usage
name=$1 out=$2 root=$3
shift 3
entrypoint=() cmd=() user='' workdir=/
env=(PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/opt/java/bin)
while [ $# -gt 0 ]; do
  [ $# -ge 2 ] || usage
  case $1 in
    --entrypoint) IFS=, read -ra entrypoint <<<"$2" ;;
    --cmd) IFS=, read -ra cmd <<<"$2" ;;
    --user) user=$2 ;;
    --env) [[ $2 == *=* ]] || fail "--env '$2': expected NAME=VALUE"; env+=("$2") ;;
    --workdir) workdir=$2 ;;
    *) usage ;;
  esac
  shift 2
done
[[ $name == */*:* ]] || fail "image name '$name': expected registry/path:tag, e.g. docker.io/library/app:1f3a"
[ -d "$root" ] || fail "the root filesystem '$root' is not a directory"
case $(uname -m) in
  x86_64) architecture=amd64 ;;
  aarch64) architecture=arm64 ;;
  *) fail "no OCI architecture name is known here for machine '$(uname -m)': expected x86_64 or aarch64" ;;
esac

work=$(mktemp -d "${TMPDIR:-/tmp}/image.XXXXXX")
trap 'rm -rf "$work" "$out.part"' EXIT
mkdir -p "$work/oci/blobs/sha256"

store() { # FILE: moves it among the blobs, sets digest and size
  digest=$(sha256sum "$1" | cut -d' ' -f1)
  size=$(stat -c %s "$1")
  mv "$1" "$work/oci/blobs/sha256/$digest"
}

archive "$root" >"$work/blob"
store "$work/blob"
layer="{\"mediaType\":\"application/vnd.oci.image.layer.v1.tar\",\"digest\":\"sha256:$digest\",\"size\":$size}"

config="{\"Env\":$(json_list "${env[@]}"),\"WorkingDir\":$(json_string "$workdir")"
[ ${#entrypoint[@]} -eq 0 ] || config+=",\"Entrypoint\":$(json_list "${entrypoint[@]}")"
[ ${#cmd[@]} -eq 0 ] || config+=",\"Cmd\":$(json_list "${cmd[@]}")"
[ -z "$user" ] || config+=",\"User\":$(json_string "$user")"
config+='}'
# The layer is not compressed, so its digest is its diff id.
printf '%s' "{\"architecture\":\"$architecture\",\"os\":\"linux\",\"config\":$config,\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[\"sha256:$digest\"]},\"history\":[{\"created_by\":\"image.sh\"}]}" >"$work/blob"
store "$work/blob"

printf '%s' "{\"schemaVersion\":2,\"mediaType\":\"application/vnd.oci.image.manifest.v1+json\",\"config\":{\"mediaType\":\"application/vnd.oci.image.config.v1+json\",\"digest\":\"sha256:$digest\",\"size\":$size},\"layers\":[$layer]}" >"$work/blob"
store "$work/blob"

printf '%s' "{\"schemaVersion\":2,\"manifests\":[{\"mediaType\":\"application/vnd.oci.image.manifest.v1+json\",\"digest\":\"sha256:$digest\",\"size\":$size,\"annotations\":{\"io.containerd.image.name\":$(json_string "$name"),\"org.opencontainers.image.ref.name\":$(json_string "${name##*:}")},\"platform\":{\"architecture\":\"$architecture\",\"os\":\"linux\"}}]}" >"$work/oci/index.json"
printf '{"imageLayoutVersion":"1.0.0"}' >"$work/oci/oci-layout"

# Fixed modes: mktemp and the umask must not show in the bytes.
chmod -R u=rwX,go=rX "$work/oci"
archive "$work/oci" >"$out.part"
mv "$out.part" "$out"
