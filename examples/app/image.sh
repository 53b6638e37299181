#!/usr/bin/env bash
# Makes the image of the small application: a Java runtime of five modules and a jar, no shell, user 1000.
# Prints the archive's path and, on the last line, the image's name.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
# What the application needs (java.management), what any agent needs (java.instrument), and what ours serves with.
export JRE_MODULES=java.base,java.instrument,java.management,jdk.httpserver,jdk.management
# shellcheck source=examples/lib.sh
. ../lib.sh

fill() {
  local root=$1 home classes
  home=$(java_home)
  classes=$(mktemp -d)
  mkdir -p "$root/opt/app"
  "$home/bin/javac" --release 17 -d "$classes" OrdersApp.java
  "$home/bin/jar" --create --file "$root/opt/app/app.jar" --main-class OrdersApp --date 2025-01-01T00:00:00Z -C "$classes" .
  rm -rf "$classes"
}

example_image jmx-example-app /opt/java/bin/java,-jar,/opt/app/app.jar OrdersApp.java image.sh
