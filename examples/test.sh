#!/usr/bin/env bash
# Tests the examples on this machine, without a cluster: the text of each ConfigMap is that of its file, and the two
# applications, started with the agent as it would be injected, serve the metrics that their configurations promise.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
# shellcheck source=examples/lib.sh
. ./lib.sh

AGENT=$EXAMPLES_DIR/../agents/java/target/jmx-injector-agent.jar
work=$(mktemp -d)
pids=() passed=0 failed=0

cleanup() {
  local pid
  for pid in "${pids[@]}"; do
    kill "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
  done
  rm -rf "$work"
}
trap cleanup EXIT

check() { # WHAT COMMAND...
  local what=$1
  shift
  if "$@"; then
    passed=$((passed + 1))
    log "ok: $what"
  else
    failed=$((failed + 1))
    log "FAILED: $what"
  fi
}

# The block of text KEY of a ConfigMap in FILE, without its indentation.
block() { # FILE KEY
  awk -v key="  $2: |" '$0 == key { on = 1; next } on && !/^    / && !/^$/ { exit } on { sub(/^    /, ""); print }' "$1"
}

same_text() { # FILE KEY OTHER
  diff <(block "$1" "$2") "$3"
}

free_port() {
  local port
  while :; do
    port=$((20000 + RANDOM % 10000))
    (: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null || { echo "$port"; return; }
  done
}

metrics() { # PORT; the part of the answer after the head
  { exec 3<>"/dev/tcp/127.0.0.1/$1"; } 2>/dev/null || return 1
  printf 'GET /metrics HTTP/1.0\r\n\r\n' >&3
  sed '1,/^\r$/d' <&3
  exec 3>&-
}

serves() { # PORT PATTERN
  grep -qE "$2" <<<"$(metrics "$1")"
}

start() { # LOG COMMAND...
  local log_file=$1
  shift
  "$@" >"$log_file" 2>&1 &
  pids+=($!)
}

test_app() {
  local port home
  port=$(free_port)
  home=$(java_home)
  start "$work/app.log" "$home/bin/java" "-javaagent:$AGENT=$port:$EXAMPLES_DIR/app/exporter-config.yaml" app/OrdersApp.java
  check "app: orders_count_total counts" wait_for 60 "the application's metrics" serves "$port" '^orders_count_total [1-9]'
  check "app: orders_pending is there" serves "$port" '^orders_pending '
  check "app: the configuration is valid" serves "$port" '^jmx_exporter_config_valid 1.0'
}

test_kafka() {
  local port broker controller java family answer
  port=$(free_port) broker=$(free_port) controller=$(free_port)
  java=$(java_home)/bin/java
  local -a kafka=("$java" -Xmx384m -cp "$("$EXAMPLES_DIR/kafka/libs.sh")/*")
  block kafka/kafka.yaml server.properties \
    | sed -e "s|:9092|:$broker|g; s|:9093|:$controller|g; s|^log.dirs=.*|log.dirs=$work/kafka|" >"$work/server.properties"
  "${kafka[@]}" kafka.tools.StorageTool format --config="$work/server.properties" --cluster-id=jmx-injector-example-0 >"$work/format.log" 2>&1 \
    || { cat "$work/format.log" >&2; fail "Kafka's storage could not be formatted, see above"; }
  start "$work/kafka.log" "${kafka[@]:0:2}" "-javaagent:$AGENT=$port:$EXAMPLES_DIR/kafka/jmx-exporter-config.yaml" \
    "${kafka[@]:2}" kafka.Kafka "$work/server.properties"
  check "kafka: the broker runs and is active controller" \
    wait_for 120 "the broker's metrics" serves "$port" '^kafka_controller_kafkacontroller_activecontrollercount 1.0'
  check "kafka: 500 records are produced" \
    wait_for 60 "the producer" "${kafka[@]}" org.apache.kafka.tools.ProducerPerformance --topic=orders --num-records=500 --record-size=100 \
    --throughput=-1 "--bootstrap-server=localhost:$broker"
  check "kafka: and counted" wait_for 10 "the counter" serves "$port" '^kafka_server_brokertopicmetrics_topic_messagesin_total\{topic="orders"\} [1-9]'
  check "kafka: no scrape error" serves "$port" '^jmx_scrape_error 0.0'
  answer=$(metrics "$port")
  for family in kafka_server kafka_network kafka_controller kafka_log; do
    check "kafka: $(grep -c "^${family}_" <<<"$answer" || true) series ${family}_*" grep -q "^${family}_" <<<"$answer"
  done
}

"$EXAMPLES_DIR/../agents/java/build.sh"
check "app/exporter.yaml holds exporter-config.yaml" same_text app/exporter.yaml config.yaml app/exporter-config.yaml
check "kafka/exporter.yaml holds jmx-exporter-config.yaml" same_text kafka/exporter.yaml config.yaml kafka/jmx-exporter-config.yaml
test_app
test_kafka
if [ "$failed" != 0 ]; then
  tail -n 20 "$work"/*.log >&2
fi
echo "examples: $passed passed, $failed failed"
[ "$failed" = 0 ]
