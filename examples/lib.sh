# shellcheck shell=bash
# What the examples' image.sh scripts share. Source it.
#
#   example_image NAME ENTRYPOINT INPUT...   makes docker.io/library/NAME:<hash of all inputs> unless the cache has it;
#                                            the caller's function fill ROOT puts the application into the root filesystem;
#                                            prints where the archive is and, on the last line, the image's name
#   run_maven ARGS...                        Maven with its repository in the cache
EXAMPLES_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=tests/cluster/lib.sh
. "$EXAMPLES_DIR/../tests/cluster/lib.sh"
# shellcheck source=tests/cluster/rootfs.sh
. "$CLUSTER_DIR/rootfs.sh"

run_maven() {
  command -v mvn >/dev/null || install_packages maven
  mvn -B -q -Dstyle.color=never "-Dmaven.repo.local=$CACHE/m2" "$@" >&2
}

example_image() {
  local name=$1 entrypoint=$2 hash archive root
  shift 2
  hash=$({
    basename "$(cached_jre)"
    cat "$@" "$CLUSTER_DIR/rootfs.sh" "$CLUSTER_DIR/image.sh" "$EXAMPLES_DIR/lib.sh"
  } | sha256sum | cut -c1-16)
  archive=$CACHE/images/$name-$hash.tar
  if [ ! -f "$archive" ]; then
    log "making image $name:$hash"
    mkdir -p "$CACHE/images"
    root=$(mktemp -d "$CACHE/images/$name.XXXXXX")
    # shellcheck disable=SC2064  # the value of now
    trap "rm -rf '$root'" EXIT
    chmod 755 "$root"
    rootfs_jre "$root"
    fill "$root"
    "$CLUSTER_DIR/image.sh" "docker.io/library/$name:$hash" "$archive" "$root" --entrypoint "$entrypoint" --user 1000:1000
  fi
  echo "$archive"
  echo "docker.io/library/$name:$hash"
}
