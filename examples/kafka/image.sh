#!/usr/bin/env bash
# Makes an image of Apache Kafka: a Java runtime, the jars that pom.xml names, no shell, user 1000.
# Prints the archive's path and, on the last line, the image's name.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
# shellcheck source=examples/lib.sh
. ../lib.sh

fill() {
  local root=$1 libs
  libs=$(./libs.sh)
  mkdir -p "$root/opt/kafka/libs" "$root/opt/kafka/config" "$root/var/lib/kafka"
  cp "$libs"/*.jar "$root/opt/kafka/libs"
  cp log4j2.xml "$root/opt/kafka/config"
}

# The broker starts as kafka.yaml says; the image alone says what it is.
example_image jmx-example-kafka "/opt/java/bin/java,-cp,/opt/kafka/libs/*,kafka.Kafka" pom.xml log4j2.xml image.sh libs.sh
