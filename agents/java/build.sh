#!/usr/bin/env bash
# Builds the agent, or leaves it as it is when nothing it is made of has changed.
#
#   build.sh         leaves target/jmx-injector-agent.jar; kept in the cache by the hash of its sources
#   build.sh test    builds, runs the unit tests and those that start real JVMs, and counts them
#
# CACHE holds Maven's local repository and the built jars; default ${XDG_CACHE_HOME:-$HOME/.cache}/jmx-injector
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

CACHE=${CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/jmx-injector}
JAR=target/jmx-injector-agent.jar

log() { printf 'agents/java: %s\n' "$*" >&2; }
fail() { printf 'agents/java/build.sh: error: %s\n' "$*" >&2; exit 1; }

# Source files and the compiler: the same compiler makes the same bytes of the same sources.
inputs_hash() {
  {
    "$javac" -version 2>&1
    find . -type f -not -path '*/target/*' -print0 | LC_ALL=C sort -z | xargs -0 sha256sum
  } | sha256sum | cut -c1-16
}

need_maven() {
  command -v mvn >/dev/null && return
  command -v apt-get >/dev/null || fail "Maven is missing: install it (version 3.8 or newer) and put mvn on PATH"
  [ "$(id -u)" = 0 ] || fail "Maven is missing and only root can install it: run 'sudo apt-get install maven'"
  log "installing Maven"
  local -a install=(apt-get install -y -qq --no-install-recommends maven)
  DEBIAN_FRONTEND=noninteractive "${install[@]}" >/dev/null 2>&1 \
    || { apt-get update -qq && DEBIAN_FRONTEND=noninteractive "${install[@]}" >/dev/null; } \
    || fail "apt-get could not install maven, see its message above"
}

run_maven() { # goal and options
  need_maven
  # What an earlier build left must not get into this one. target/ stays: others may be reading the jar.
  rm -rf engine/target agent/target
  local -a options=(-B -Dstyle.color=never --no-transfer-progress "-Dmaven.repo.local=$CACHE/m2")
  # What these POMs name was fetched before: nothing to ask the network for.
  local fetched
  fetched=$CACHE/m2/.agent-$(cat pom.xml ./*/pom.xml | sha256sum | cut -c1-16)-$1
  [ ! -e "$fetched" ] || options+=(-o)
  # Maven colours its last, empty line whatever one tells it.
  mvn "${options[@]}" "$@" 2>&1 | sed -u 's/\x1b\[[0-9;]*m//g' || return
  touch "$fetched"
}

keep() {
  mkdir -p "$CACHE/agent/$hash"
  cp "$JAR" "$CACHE/agent/$hash/jar.part"
  mv "$CACHE/agent/$hash/jar.part" "$CACHE/agent/$hash/jmx-injector-agent.jar"
}

build() {
  local cached=$CACHE/agent/$hash/jmx-injector-agent.jar
  if [ -f "$cached" ]; then
    cmp -s "$cached" "$JAR" || { cp "$cached" "$JAR.part" && mv "$JAR.part" "$JAR"; }
    log "up to date: $PWD/$JAR ($hash)"
    return
  fi
  log "building $PWD/$JAR ($hash)"
  run_maven package -q -DskipTests >&2 || fail "Maven could not build the agent, see its message above"
  keep
}

run_tests() {
  local report status=0
  report=$(mktemp)
  run_maven verify | tee "$report" || status=$?
  # Each of Maven's totals stands alone on a line; those of single classes go on with the time.
  sed -nE 's/.*Tests run: ([0-9]+), Failures: ([0-9]+), Errors: ([0-9]+), Skipped: ([0-9]+)$/\1 \2 \3 \4/p' "$report" \
    | awk '{ run += $1; bad += $2 + $3; skipped += $4 }
           END { printf "java: %d passed, %d failed, %d skipped\n", run - bad - skipped, bad, skipped; exit run == 0 }' \
    || status=1
  rm -f "$report"
  [ "$status" = 0 ] || fail "tests failed, see above and the reports under $PWD/*/target"
  keep
}

javac=${JAVA_HOME:+$JAVA_HOME/bin/}javac
command -v "$javac" >/dev/null \
  || fail "there is no 'javac' on PATH and JAVA_HOME names no JDK: install one, version 17 or newer (apt-get install openjdk-17-jdk-headless)"
mkdir -p "$CACHE/agent" "$CACHE/m2" target
# One at a time: Maven's output folders are shared.
exec 9>target/lock
flock 9
hash=$(inputs_hash)

case ${1:-} in
  '') build ;;
  test) run_tests ;;
  *) fail "'$1' is no command: expected none, or test" ;;
esac
