#!/usr/bin/env bash
# Fetches Kafka and its dependencies, once for each pom.xml, and prints the folder that holds the jars.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
# shellcheck source=examples/lib.sh
. ../lib.sh

libs=$CACHE/kafka-libs-$(sha256sum <pom.xml | cut -c1-16)
if [ ! -d "$libs" ]; then
  log "fetching Kafka and its dependencies, once: about 45 MB"
  mkdir -p "$CACHE"
  rm -rf "$libs.part"
  run_maven dependency:copy-dependencies "-DoutputDirectory=$libs.part" || fail "Maven could not fetch what pom.xml names, see its message above"
  mv "$libs.part" "$libs"
fi
echo "$libs"
