#!/usr/bin/env bash
# Says in a sentence what is missing to build and test, and installs what can be.
#   prerequisites.sh [shellcheck] [cargo-deny]   also installs these
set -euo pipefail
# shellcheck source=tests/cluster/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/cluster/lib.sh"

CARGO_DENY_VERSION=0.20.2

command -v cargo >/dev/null || fail 'cargo is missing: install Rust by rustup (https://rustup.rs); rust-toolchain.toml chooses the version'
command -v cc >/dev/null || install_packages gcc libc6-dev
command -v go >/dev/null || fail 'go is missing: install Go 1.26 or newer (https://go.dev/dl); the test cluster is built with it'
command -v javac >/dev/null || [ -n "${JAVA_HOME:-}" ] || fail 'javac is missing: install a JDK, 17 or newer (apt-get install openjdk-17-jdk-headless), or set JAVA_HOME'

for tool; do
  case $tool in
    shellcheck)
      command -v shellcheck >/dev/null || install_packages shellcheck
      ;;
    cargo-deny)
      if [ "$("$CACHE/cargo-deny/bin/cargo-deny" --version 2>/dev/null)" != "cargo-deny $CARGO_DENY_VERSION" ]; then
        log "building cargo-deny $CARGO_DENY_VERSION (some minutes, once)"
        CARGO_TARGET_DIR=$CACHE/cargo-deny/target cargo install --quiet --locked --root "$CACHE/cargo-deny" --version "=$CARGO_DENY_VERSION" cargo-deny
        rm -rf "$CACHE/cargo-deny/target"
      fi
      ;;
    *) fail "unknown tool '$tool': expected shellcheck or cargo-deny" ;;
  esac
done
