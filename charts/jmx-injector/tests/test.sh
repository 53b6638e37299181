#!/usr/bin/env bash
# Tests of the chart that need no cluster: what it renders, and which values it refuses.
#   HELM   the helm to use; without it, that of the test cluster, which is built when it is missing
set -euo pipefail
chart=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
root=$(cd "$chart/../.." && pwd)
if [ -z "${HELM:-}" ]; then
  # shellcheck source=tests/cluster/lib.sh
  . "$root/tests/cluster/lib.sh"
  HELM=$(tool_dir helm)/helm
  [ -x "$HELM" ] || "$root/tests/cluster/build.sh" helm
fi
command -v "$HELM" >/dev/null || { echo "test.sh: HELM is '$HELM', which is no program: expected the path of Helm 3" >&2; exit 2; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

passed=0 failed=0
pass() { passed=$((passed + 1)); }
problem() { # name, and what was found on stdin
  failed=$((failed + 1))
  printf 'FAIL %s\n' "$1" >&2
  sed 's/^/     /' >&2
}
check() { # name command...: passes when the command succeeds and prints nothing
  local out
  if out=$("${@:2}" 2>&1) && [ -z "$out" ]; then pass; else problem "$1" <<<"${out:-exit status not 0}"; fi
}

# 1.30 is the oldest Kubernetes that the chart supports.
render() { "$HELM" template jmx-injector "$chart" --namespace jmx-injector --kube-version 1.30.0 "$@"; }

# A set of values is rendered once, then read as lines `Kind/name path = JSON` from $work/NAME.
flatten() { "$HELM" template lines "$chart/tests/flatten" --kube-version 1.30.0 --set-file "manifest=$1" | sed -n 's/^  //; s/ *$//; / = /p'; }
values_set() { # name helm-arguments...
  render "${@:2}" >"$work/$1.yaml" && flatten "$work/$1.yaml" >"$work/$1"
  [ -s "$work/$1" ] || { echo "nothing was rendered for the values set '$1'" >&2; exit 1; }
}

has() { # set line: the object has exactly this value
  if grep -Fxq -- "$2" "$work/$1"; then pass; else problem "$1: expected the line: $2" <<<"found: $(grep -F -- "${2%% = *} = " "$work/$1" || echo nothing)"; fi
}
has_not() { # set pattern
  local found
  if found=$(grep -E -- "$2" "$work/$1"); then problem "$1: expected no line like: $2" <<<"$found"; else pass; fi
}
same() { # name expected found
  if [ "$2" = "$3" ]; then pass; else problem "$1" < <(diff <(echo "$2") <(echo "$3") | sed 's/^</expected:/; s/^>/found:   /'); fi
}
kinds() { sed -n 's/^\([A-Za-z]*\)\/[^ ]* kind = .*/\1/p' "$work/$1" | sort | uniq -c | awk '{ printf "%s%s=%s", (NR > 1 ? " " : ""), $2, $1 }'; }

values_set default
values_set watch --set watchNamespace=apps
values_set single --set webhook.replicas=1,webhook.drainTimeoutSeconds=5,crds.keep=false,rbac.aggregateToUserRoles=false,metrics.scrapeAnnotations=false
values_set other-names --set fullnameOverride=inj,nameOverride=other,commonLabels.team=a
cat >"$work/full.values" <<'V'
image: {repository: example.org/team/jmx-injector, tag: "1.2.3", digest: "sha256:0000000000000000000000000000000000000000000000000000000000000000"}
imagePullSecrets: [{name: registry}]
defaultProfile: {port: 12345}
logging: {format: text, level: debug}
crds: {install: false}
commonLabels: {team: platform, app.kubernetes.io/name: not-ours}
priorityClassName: system-cluster-critical
mutatingWebhook: {failurePolicy: Fail, timeoutSeconds: 2, excludedNamespaces: [kube-system, gatekeeper-system]}
validatingWebhook: {failurePolicy: Fail, timeoutSeconds: 30}
webhook: &component
  replicas: 3
  serviceAccountAnnotations: {example.org/role: a}
  podAnnotations: {prometheus.io/port: "1", example.org/note: b}
  podLabels: {jmx.banzaicloud.com/inject: "true", app.kubernetes.io/component: not-ours, tier: platform}
  extraEnv: [{name: RUST_BACKTRACE, value: "1"}, {name: NODE, valueFrom: {fieldRef: {fieldPath: spec.nodeName}}}]
  nodeSelector: {pool: system}
  tolerations: [{operator: Exists}]
  affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{matchExpressions: [{key: a, operator: Exists}]}]}}}
controller: *component
podMonitor: {enabled: true, namespace: monitoring, labels: {release: prometheus}, interval: 15s}
networkPolicy: {enabled: true, apiServerPeers: [{ipBlock: {cidr: 10.0.0.1/32}}], metricsPeers: [{namespaceSelector: {}}]}
global: {imageRegistry: ignored}
enabled: true
V
values_set full --values "$work/full.values"
sets=(default watch single other-names full)

# shellcheck source=charts/jmx-injector/tests/rendered.sh
. "$chart/tests/rendered.sh"
# shellcheck source=charts/jmx-injector/tests/refused.sh
. "$chart/tests/refused.sh"

printf '%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ]
