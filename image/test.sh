#!/usr/bin/env bash
# Checks that Dockerfile and build.sh make the same image, and, of the archive that build.sh made, that it runs.
#   test.sh                 without a build: what the files say
#   test.sh ARCHIVE.tar     and what the archive holds
#   test.sh --build         the same of the archive that build.sh makes now
set -euo pipefail
repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=tests/cluster/lib.sh
. "$repository/tests/cluster/lib.sh"
if [ "${1:-}" = --build ]; then
  built=$(as_caller "$repository/image/build.sh")
  set -- "${built%%$'\n'*}"
fi
dockerfile=$repository/Dockerfile
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

passed=0 failed=0
same() { # what expected found
  if [ "$2" = "$3" ]; then passed=$((passed + 1)); else
    failed=$((failed + 1))
    printf 'FAIL %s\n     expected: %s\n     found:    %s\n' "$1" "$2" "$3" >&2
  fi
}
yes_no() { if "$@" >/dev/null; then echo yes; else echo no; fi; }
instruction() { sed -n "s/^$1 //p" "$dockerfile" | tail -n 1; } # of the last stage
variable() { sed -n "s/^$1=//p" "$repository/image/build.sh"; }

user=$(variable user) entrypoint=$(variable entrypoint)
same 'USER of Dockerfile' "$user" "$(instruction USER)"
same 'USER is the numeric nonroot user, so that runAsNonRoot can be checked' 65532:65532 "$user"
same 'ENTRYPOINT of Dockerfile' "[\"$entrypoint\"]" "$(instruction ENTRYPOINT)"
same 'the last stage holds what layout.sh lays out, and no more' 'FROM scratch|COPY --from=files /rootfs/ /' \
  "$(awk '/^FROM/ { n = 0 } /^(FROM|COPY|ADD|RUN)/ { line[n++] = $0 } END { for (i = 0; i < n; i++) printf "%s%s", (i ? "|" : ""), line[i] }' "$dockerfile")"
jar=$(sed -n 's/^pub const AGENT_JAR: &str = "\(.*\)";$/\1/p' "$repository/api/src/injection.rs")
from=$(sed -n '/long, default_value = "\/usr\/share/s/.*default_value = "\(.*\)".*/\1/p' "$repository/src/cli.rs")
same 'the agent lies where the install command looks for it' yes "$(yes_no grep -F "\"\$root$from/$jar\"" "$repository/image/layout.sh")"
same 'the Rust of Dockerfile is that of rust-toolchain.toml' "$(sed -n 's/^channel = "\(.*\)"/\1/p' "$repository/rust-toolchain.toml")" \
  "$(sed -n 's/^FROM rust:\([0-9.]*\)-.*/\1/p' "$dockerfile")"

# Every path that Dockerfile and the workspace name exists and reaches the builder.
ignored() { ! grep -qx "!${1%%/*}" "$repository/.dockerignore"; }
members=$(sed -n '/^members = \[/,/\]/p' "$repository/Cargo.toml" | grep -o '"[^"]*"' | tr -d '"')
for path in Cargo.toml Cargo.lock src image/layout.sh tests/cluster/lib.sh tests/cluster/rootfs.sh agents/java/pom.xml $members; do
  same "$path exists" yes "$(yes_no test -e "$repository/$path")"
  same "$path reaches the builder (.dockerignore)" no "$(yes_no ignored "$path")"
done

if [ $# -gt 0 ]; then
  mkdir "$work/oci" "$work/root"
  tar -C "$work/oci" -xf "$1"
  blob() { echo "$work/oci/blobs/sha256/$1"; }
  digest() { sed -n "s/.*\"$1\":\[\{0,1\}{[^}]*\"digest\":\"sha256:\([0-9a-f]*\)\".*/\1/p" "$2"; }
  manifest=$(blob "$(digest manifests "$work/oci/index.json")")
  config=$(blob "$(digest config "$manifest")")
  tar -C "$work/root" -xf "$(blob "$(digest layers "$manifest")")"
  same 'User of the archive' "$user" "$(sed -n 's/.*"User":"\([^"]*\)".*/\1/p' "$config")"
  same 'Entrypoint of the archive' "$entrypoint" "$(sed -n 's/.*"Entrypoint":\["\([^"]*\)"\].*/\1/p' "$config")"
  cd "$work/root"
  same 'the files that are not libraries' \
    './etc/group ./etc/nsswitch.conf ./etc/passwd ./usr/local/bin/jmx-injector ./usr/share/jmx-injector/jmx-injector-agent.jar ' \
    "$(find . -type f ! -path './lib*' ! -path './usr/lib*' | sort | tr '\n' ' ')"
  same 'files that others may write' '' "$(find . -mindepth 1 -perm -o=w ! -path ./tmp)"
  same 'files with a set-user or set-group bit' '' "$(find . -perm /6000)"
  if [ "$(id -u)" = 0 ]; then
    said=$(chroot --userspec=65532:65532 . "$entrypoint" crds 2>&1 | grep -m 1 '^kind:' || true)
    same 'the program runs with nothing but the image, as its user' 'kind: CustomResourceDefinition' "$said"
  fi
fi

printf '%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ]
