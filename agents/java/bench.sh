#!/usr/bin/env bash
# Measures what the agent costs a JVM that only starts: from start to the end of an empty main, in milliseconds, without
# an agent, with an empty one (a premain that returns) and with ours. The rounds take turns, so that what else the
# machine does meets all three.
#
#   bench.sh [ROUNDS] [JAVA_HOME...]      default 41 rounds, the JDK in JAVA_HOME or on PATH
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

rounds=${1:-41}
[ $# -eq 0 ] || shift
[[ $rounds =~ ^[1-9][0-9]*$ ]] || { echo "bench.sh: error: '$rounds' is no number of rounds" >&2; exit 2; }
./build.sh
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

javac=${JAVA_HOME:+$JAVA_HOME/bin/}javac
[ $# -gt 0 ] || set -- "$(dirname "$(dirname "$(readlink -f "$(command -v "$javac")")")")"
echo 'public class Empty { public static void main(String[] args) {} public static void premain(String argument) {} }' >"$work/Empty.java"
"$javac" --release 8 -Xlint:-options -d "$work/main" "$work/Empty.java"
echo 'Premain-Class: Empty' >"$work/manifest"
"${javac%javac}jar" --create --file "$work/empty.jar" --manifest "$work/manifest" -C "$work/main" .

measure() { # NAME COMMAND...: adds one time in microseconds
  local name=$1 begin
  shift
  begin=${EPOCHREALTIME//[.,]/}
  "$@"
  echo $((${EPOCHREALTIME//[.,]/} - begin)) >>"$work/$name"
}

printf '%-40s %10s %10s %10s   (median ms of %d rounds)\n' JDK none empty ours "$rounds"
for home in "$@"; do
  rm -f "$work"/{none,empty,ours}
  for ((round = 0; round < rounds; round++)); do
    measure none "$home/bin/java" -cp "$work/main" Empty
    measure empty "$home/bin/java" "-javaagent:$work/empty.jar" -cp "$work/main" Empty
    measure ours "$home/bin/java" "-javaagent:target/jmx-injector-agent.jar=9404" -cp "$work/main" Empty
  done
  printf '%-40s' "$(basename "$home")"
  for name in none empty ours; do
    sort -n "$work/$name" | awk '{ all[NR] = $1 } END { printf " %10.1f", all[int((NR + 1) / 2)] / 1000 }'
  done
  echo
done
