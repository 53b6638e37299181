#!/usr/bin/env bash
# Says in a sentence what is missing to build and test, and installs what can be.
#
#   prerequisites.sh PART...    of: rust go jdk maven shellcheck cargo-deny
set -euo pipefail
# shellcheck source=tests/cluster/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/cluster/lib.sh"

CARGO_DENY_VERSION=0.20.2
JDK=17

need_rust() {
  command -v cargo >/dev/null || fail 'cargo is missing: install Rust by rustup (https://rustup.rs); rust-toolchain.toml chooses the version'
  command -v cc >/dev/null || install_packages gcc libc6-dev
}

need_go() {
  ! tools_built "${ALL_TOOLS[@]}" || return 0 # nothing is left to build with it
  command -v go >/dev/null || fail 'go is missing: install Go 1.26 or newer (https://go.dev/dl); Helm and the test cluster are built with it'
}

need_jdk() {
  local javac=${JAVA_HOME:+$JAVA_HOME/bin/}javac where='on PATH' advice said version
  [ -z "${JAVA_HOME:-}" ] || where="in JAVA_HOME ($JAVA_HOME)"
  advice="install a JDK, $JDK or newer (apt-get install default-jdk-headless), or set JAVA_HOME to one"
  [ -z "${SUDO_USER:-}" ] || advice+=' (sudo drops it: sudo JAVA_HOME=... make ...)'
  command -v "$javac" >/dev/null || fail "there is no javac $where: $advice"
  said=$("$javac" -version 2>&1) || fail "the javac $where does not run ($said): $advice"
  version=$(sed -n 's/^javac \([0-9]*\).*/\1/p' <<<"$said")
  [ "${version:-0}" -ge "$JDK" ] || fail "the javac $where is too old ($(grep '^javac ' <<<"$said" || echo "$said")): $advice"
}

[ $# -gt 0 ] || { sed -n '4p' "$0" | cut -c5- >&2; exit 2; }
for part; do
  case $part in
    rust | go | jdk) "need_$part" ;;
    maven) command -v mvn >/dev/null || install_packages maven ;;
    shellcheck) command -v shellcheck >/dev/null || install_packages shellcheck ;;
    cargo-deny)
      need_rust
      if [ "$("$CACHE/cargo-deny/bin/cargo-deny" --version 2>/dev/null)" != "cargo-deny $CARGO_DENY_VERSION" ]; then
        log "building cargo-deny $CARGO_DENY_VERSION (some minutes, once)"
        as_caller env CARGO_TARGET_DIR="$CACHE/cargo-deny/target" \
          cargo install --quiet --locked --root "$CACHE/cargo-deny" --version "=$CARGO_DENY_VERSION" cargo-deny
        rm -rf "$CACHE/cargo-deny/target"
      fi
      ;;
    *) fail "unknown part '$part': expected rust, go, jdk, maven, shellcheck or cargo-deny" ;;
  esac
done
