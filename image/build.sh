#!/usr/bin/env bash
# Builds the image of Dockerfile without Docker: an OCI archive from the release binary and the agent jar of this machine.
#
#   build.sh        builds what changed; prints the archive's path, then the image's name (docker.io/library/jmx-injector:<hash>)
#
# The hash is that of the image's content, so the same source has the same name and is archived once.
set -euo pipefail
repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=tests/cluster/lib.sh
. "$repository/tests/cluster/lib.sh"

case ${1:-} in "") ;; -h | --help) sed -n '2,6s/^# \{0,1\}//p' "$0"; exit 0 ;; *) fail "unknown argument '$1': expected none" ;; esac

user=65532:65532
entrypoint=/usr/local/bin/jmx-injector

log 'building jmx-injector (release)'
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$CACHE/target}
(cd "$repository" && cargo build --release --locked --bin jmx-injector >&2)
log 'building the Java agent'
"$repository/agents/java/build.sh" >&2

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$work/root
mkdir -m 755 "$root"
"$repository/image/layout.sh" "$root" "$CARGO_TARGET_DIR/release/jmx-injector" "$repository/agents/java/target/jmx-injector-agent.jar"

# What image.sh adds to the files is part of the content too.
hash=$({ dir_hash "$root"; echo "$user $entrypoint"; cat "$repository/tests/cluster/image.sh"; } | sha256sum | cut -c1-16)
name=docker.io/library/jmx-injector:$hash
archive_file=$CACHE/images/jmx-injector-$hash.tar
if [ ! -f "$archive_file" ]; then
  mkdir -p "$CACHE/images"
  # Each change of the source leaves an archive behind.
  find "$CACHE/images" -name 'jmx-injector-*.tar' -mtime +7 -delete
  "$repository/tests/cluster/image.sh" "$name" "$archive_file" "$root" --entrypoint "$entrypoint" --user "$user" >&2
fi
echo "$archive_file"
echo "$name"
