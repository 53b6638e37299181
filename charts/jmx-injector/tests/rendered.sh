# shellcheck shell=bash disable=SC2154
# What the chart renders. Sourced by test.sh.

lint() { "$HELM" lint --strict --quiet "$chart" "$@"; }
check 'helm lint --strict, default values' lint
check 'helm lint --strict, all values set' lint --values "$work/full.values"

same 'default: the objects' \
  'ClusterRole=5 ClusterRoleBinding=3 CustomResourceDefinition=1 Deployment=2 MutatingWebhookConfiguration=1 PodDisruptionBudget=1 Role=2 RoleBinding=2 Service=1 ServiceAccount=2 ValidatingWebhookConfiguration=1' \
  "$(kinds default)"
same 'full: the objects' \
  'ClusterRole=5 ClusterRoleBinding=3 Deployment=2 MutatingWebhookConfiguration=1 NetworkPolicy=2 PodDisruptionBudget=1 PodMonitor=1 Role=2 RoleBinding=2 Service=1 ServiceAccount=2 ValidatingWebhookConfiguration=1' \
  "$(kinds full)"
same 'single: no PodDisruptionBudget, no user roles' \
  'ClusterRole=3 ClusterRoleBinding=3 CustomResourceDefinition=1 Deployment=2 MutatingWebhookConfiguration=1 Role=2 RoleBinding=2 Service=1 ServiceAccount=2 ValidatingWebhookConfiguration=1' \
  "$(kinds single)"
same 'watch: Roles for pods and exporters' \
  'ClusterRole=3 ClusterRoleBinding=1 CustomResourceDefinition=1 Deployment=2 MutatingWebhookConfiguration=1 PodDisruptionBudget=1 Role=4 RoleBinding=4 Service=1 ServiceAccount=2 ValidatingWebhookConfiguration=1' \
  "$(kinds watch)"

# --- CRD
crd=CustomResourceDefinition/prometheusjmxexporters.banzaicloud.com
has default "$crd metadata.annotations.\"helm.sh/resource-policy\" = \"keep\""
has default "$crd spec.group = \"banzaicloud.com\""
has default "$crd spec.names.shortNames[0] = \"pjx\""
crd_lines() { grep "^$crd spec\." "$1" | sort; }
flatten "$chart/crd/prometheusjmxexporters.yaml" >"$work/crd"
same 'the CRD is rendered as the crds command wrote it' "$(crd_lines "$work/crd")" "$(crd_lines "$work/default")"
has_not single "^$crd metadata.annotations.\"helm.sh/resource-policy\""

# --- Rights: every rule, as who may do what to which objects. A wildcard would stand in this list.
rules() { # set
  awk -v FS=' = ' '
    function flush() { if (object != "") print object ": " groups "/" resources (names == "" ? "" : "[" names "]") ": " verbs; groups = resources = names = verbs = "" }
    function add(list, item) { gsub(/"/, "", item); return list == "" ? item : list "," item }
    $1 ~ /^(Cluster)?Role\/[^ ]+ rules\[/ {
      split($1, part, " "); rule = part[1] substr(part[2], 1, index(part[2], "]"))
      if (rule != current) { flush(); current = rule; object = part[1] }
      if ($1 ~ /\.apiGroups\[/) groups = add(groups, $2)
      else if ($1 ~ /\.resources\[/) resources = add(resources, $2)
      else if ($1 ~ /\.resourceNames\[/) names = add(names, $2)
      else if ($1 ~ /\.verbs\[/) verbs = add(verbs, $2)
      else print "unexpected: " $0
    }
    END { flush() }' "$work/$1" | sort
}
rules_except_watched='ClusterRole/jmx-injector-controller-ca-bundle: admissionregistration.k8s.io/mutatingwebhookconfigurations,validatingwebhookconfigurations[jmx-injector]: get,list,watch,patch
ClusterRole/jmx-injector-edit: banzaicloud.com/prometheusjmxexporters: create,update,patch,delete,deletecollection
ClusterRole/jmx-injector-view: banzaicloud.com/prometheusjmxexporters: get,list,watch
Role/jmx-injector-controller-own: /secrets[jmx-injector-webhook-cert]: get,list,watch
Role/jmx-injector-controller-own: coordination.k8s.io/leases: create
Role/jmx-injector-controller-own: coordination.k8s.io/leases[jmx-injector-controller]: get,patch
Role/jmx-injector-webhook-own: /secrets: create
Role/jmx-injector-webhook-own: /secrets[jmx-injector-webhook-cert]: get,list,watch,update'
rules_watched='KIND/jmx-injector-controller: /pods,configmaps: get,list,watch
KIND/jmx-injector-controller: banzaicloud.com/prometheusjmxexporters/status: get,patch
KIND/jmx-injector-controller: banzaicloud.com/prometheusjmxexporters: get,list,watch
KIND/jmx-injector-webhook: banzaicloud.com/prometheusjmxexporters: get,list,watch'
same 'default: the rights' "$(sort <<<"$rules_except_watched"$'\n'"${rules_watched//KIND/ClusterRole}")" "$(rules default)"
same 'watch: the rights' "$(sort <<<"$rules_except_watched"$'\n'"${rules_watched//KIND/Role}")" "$(rules watch)"
for set in "${sets[@]}"; do has_not "$set" 'rules\[[0-9]+\].* = "\*"'; done
for component in webhook controller; do
  has watch "Role/jmx-injector-$component metadata.namespace = \"apps\""
  has watch "RoleBinding/jmx-injector-$component metadata.namespace = \"apps\""
  has watch "RoleBinding/jmx-injector-$component subjects[0].namespace = \"jmx-injector\""
  has watch "Role/jmx-injector-$component-own metadata.namespace = \"jmx-injector\""
done
# Each binding gives the role of its own name and kind to the ServiceAccount of its component.
bindings() {
  awk -v FS=' = ' '
    { gsub(/"/, "", $2); split($1, part, " "); value[part[1], part[2]] = $2; if (part[1] ~ /Binding\//) seen[part[1]] = 1 }
    END {
      for (binding in seen) {
        role = binding; sub(/Binding\//, "/", role)
        account = role; sub(/.*\//, "", account); sub(/-(own|ca-bundle)$/, "", account)
        if (value[binding, "roleRef.kind"] "/" value[binding, "roleRef.name"] != role) print binding " refers to another role"
        if (value[binding, "subjects[0].kind"] "/" value[binding, "subjects[0].name"] != "ServiceAccount/" account) print binding " has another subject"
        if ((binding, "subjects[1].name") in value) print binding " has two subjects"
      }
    }' "$work/$1"
}
for set in "${sets[@]}"; do check "$set: each binding joins a role to its own ServiceAccount" bindings "$set"; done

# --- Pod Security `restricted`, and limits, for every container of every workload
restricted() {
  awk -v FS=' = ' '
    { value[$1] = $2 }
    match($1, /^(Deployment|StatefulSet|DaemonSet|Job|CronJob|Pod)\/[^ ]+ .*(containers|initContainers|ephemeralContainers)\[[0-9]+\]\.name$/) {
      name = $1; sub(/\.name$/, "", name); if (name !~ /\.(env|ports|volumeMounts)\[/) containers[name] = 1; pod = name; sub(/\.[a-zA-Z]+\[[0-9]+\]$/, "", pod); pods[pod] = 1
    }
    $1 ~ /\.(hostNetwork|hostPID|hostIPC|hostPath\.path|hostPort|privileged|runAsUser|procMount)$/ || $1 ~ /capabilities\.add\[/ { print "not allowed: " $0 }
    function need(key, wanted) { if (value[key] != wanted) print key " = " (key in value ? value[key] : "nothing") ", expected " wanted }
    function exist(key) { if (!(key in value)) print key " is missing" }
    END {
      for (c in containers) {
        found = 1
        need(c ".securityContext.allowPrivilegeEscalation", "false")
        need(c ".securityContext.readOnlyRootFilesystem", "true")
        need(c ".securityContext.capabilities.drop[0]", "\"ALL\"")
        exist(c ".resources.requests.cpu"); exist(c ".resources.requests.memory"); exist(c ".resources.limits.memory")
      }
      for (p in pods) { need(p ".securityContext.runAsNonRoot", "true"); need(p ".securityContext.seccompProfile.type", "\"RuntimeDefault\"") }
      if (!found) print "no container found"
    }' "$work/$1"
}
for set in "${sets[@]}"; do check "$set: every container is restricted and limited" restricted "$set"; done

# --- Selectors
section() { # set object path: the lines below a path, without it
  local prefix="$2 $3."
  awk -v p="$prefix" 'index($0, p) == 1 { print substr($0, length(p) + 1) }' "$work/$1" | sort
}
for set in "${sets[@]}"; do
  name=jmx-injector; [ "$set" != other-names ] || name=inj
  for component in webhook controller; do
    selector=$(section "$set" "Deployment/$name-$component" spec.selector.matchLabels)
    missing() { comm -23 <(echo "$selector") <(section "$set" "Deployment/$name-$component" spec.template.metadata.labels); }
    check "$set: the $component's selector matches its pods" missing
    check "$set: the $component's selector names the component" grep -Fqx "\"app.kubernetes.io/component\" = \"$component\"" <<<"$selector"
    same "$set: the $component's spread constraint selects its pods" "$selector" \
      "$(section "$set" "Deployment/$name-$component" 'spec.template.spec.topologySpreadConstraints[0].labelSelector.matchLabels')"
    has "$set" "Deployment/$name-$component spec.template.metadata.labels.\"jmx.banzaicloud.com/inject\" = \"false\""
    has "$set" "Deployment/$name-$component spec.template.spec.serviceAccountName = \"$name-$component\""
  done
  selector=$(section "$set" "Deployment/$name-webhook" spec.selector.matchLabels)
  same "$set: the Service selects the webhook's pods" "$selector" "$(section "$set" "Service/$name-webhook" spec.selector)"
  [ "$set" = single ] || same "$set: the PodDisruptionBudget selects the webhook's pods" "$selector" \
    "$(section "$set" "PodDisruptionBudget/$name-webhook" spec.selector.matchLabels)"
done

# --- Webhook configurations
mutating='MutatingWebhookConfiguration/jmx-injector webhooks[0]'
validating='ValidatingWebhookConfiguration/jmx-injector webhooks[0]'
for set in "${sets[@]}"; do has_not "$set" 'caBundle'; done # the controller's field
for set in default watch full; do
  for webhook in "$mutating" "$validating"; do
    has "$set" "$webhook.clientConfig.service.name = \"jmx-injector-webhook\""
    has "$set" "$webhook.clientConfig.service.namespace = \"jmx-injector\""
    has "$set" "$webhook.sideEffects = \"None\""
    has "$set" "$webhook.admissionReviewVersions[0] = \"v1\""
  done
  has "$set" "$mutating.clientConfig.service.path = \"/mutate\""
  has "$set" "$validating.clientConfig.service.path = \"/validate\""
  has "$set" "$mutating.reinvocationPolicy = \"IfNeeded\""
  has "$set" "$mutating.rules[0].operations[0] = \"CREATE\""
  has_not "$set" 'Mutating.* webhooks\[0\]\.rules(\[1\]|\[0\]\.operations\[1\])'
  has "$set" "$mutating.objectSelector.matchExpressions[0].key = \"jmx.banzaicloud.com/inject\""
  has "$set" "$mutating.objectSelector.matchExpressions[0].operator = \"NotIn\""
  has "$set" "$mutating.objectSelector.matchExpressions[0].values[0] = \"false\""
done
for webhook in "$mutating" "$validating"; do has default "$webhook.failurePolicy = \"Ignore\""; has default "$webhook.timeoutSeconds = 5"; done
has full "$mutating.failurePolicy = \"Fail\""
has full "$validating.timeoutSeconds = 30"
selected() { section "$1" "${mutating% *}" 'webhooks[0].namespaceSelector.matchExpressions[0]' | tr '\n' ' '; }
same 'default: the namespaces of pods' 'key = "kubernetes.io/metadata.name" operator = "NotIn" values[0] = "kube-system" values[1] = "kube-node-lease" values[2] = "kube-public" values[3] = "jmx-injector" ' "$(selected default)"
same 'full: the namespaces of pods' 'key = "kubernetes.io/metadata.name" operator = "NotIn" values[0] = "kube-system" values[1] = "kube-node-lease" values[2] = "kube-public" values[3] = "jmx-injector" values[4] = "gatekeeper-system" ' "$(selected full)"
same 'watch: the namespaces of pods' 'key = "kubernetes.io/metadata.name" operator = "In" values[0] = "apps" ' "$(selected watch)"
has watch "$validating.namespaceSelector.matchExpressions[0].values[0] = \"apps\""

# --- Deployments
container='spec.template.spec.containers[0]'
environment() { # set component: NAME=value lines
  awk -v p="Deployment/jmx-injector-$2 $container.env[" '
    index($0, p) == 1 { line = $0; value = $0; sub(/^.* = /, "", value); gsub(/"/, "", value)
      if (line ~ /\]\.name = /) name = value; else print name "=" value }' "$work/$1"
}
same 'default: the environment of the webhook' 'BIND=0.0.0.0:8443
SERVICE_NAME=jmx-injector-webhook
AGENT_IMAGE=jmx-injector:0.1.0
AGENT_IMAGE_PULL_POLICY=IfNotPresent
DEFAULT_PORT=9404
DRAIN_TIMEOUT_SECONDS=20
POD_NAME=metadata.name
POD_NAMESPACE=metadata.namespace
ADMIN_BIND=0.0.0.0:8080
CERT_SECRET_NAME=jmx-injector-webhook-cert
LOG_FORMAT=json
LOG_LEVEL=info
TOKIO_WORKER_THREADS=2
MALLOC_ARENA_MAX=2' "$(environment default webhook)"
same 'watch: the environment of the controller' 'WEBHOOK_CONFIG_NAME=jmx-injector
LEASE_NAME=jmx-injector-controller
POD_NAME=metadata.name
POD_NAMESPACE=metadata.namespace
ADMIN_BIND=0.0.0.0:8080
CERT_SECRET_NAME=jmx-injector-webhook-cert
OPERATOR_NAMESPACE=apps
LOG_FORMAT=json
LOG_LEVEL=info
TOKIO_WORKER_THREADS=2
MALLOC_ARENA_MAX=2' "$(environment watch controller)"
check 'full: the agent image is that of the chart, by digest' grep -qx \
  'AGENT_IMAGE=example.org/team/jmx-injector@sha256:0\{64\}' <(environment full webhook)
check 'full: the default port' grep -qx 'DEFAULT_PORT=12345' <(environment full webhook)
check 'full: extraEnv comes last' grep -qx 'NODE=spec.nodeName' <(environment full controller | tail -n 1)
webhook=Deployment/jmx-injector-webhook
has default "$webhook $container.args[0] = \"webhook\""
has default "Deployment/jmx-injector-controller $container.args[0] = \"controller\""
has default "$webhook spec.template.spec.terminationGracePeriodSeconds = 30"
has single "$webhook spec.template.spec.terminationGracePeriodSeconds = 15"
for component in webhook controller; do
  has default "Deployment/jmx-injector-$component $container.livenessProbe.httpGet.path = \"/livez\""
  has default "Deployment/jmx-injector-$component $container.readinessProbe.httpGet.path = \"/readyz\""
  has default "Deployment/jmx-injector-$component spec.template.metadata.annotations.\"prometheus.io/port\" = \"8080\""
  has full "Deployment/jmx-injector-$component spec.template.metadata.annotations.\"prometheus.io/port\" = \"1\""
  has full "Deployment/jmx-injector-$component spec.template.metadata.labels.tier = \"platform\""
  has full "Deployment/jmx-injector-$component spec.template.spec.priorityClassName = \"system-cluster-critical\""
  has full "Deployment/jmx-injector-$component spec.template.spec.imagePullSecrets[0].name = \"registry\""
  has full "Deployment/jmx-injector-$component spec.template.spec.tolerations[0].operator = \"Exists\""
done
has_not single 'prometheus\.io'
has default 'Service/jmx-injector-webhook spec.ports[0].port = 443'
has default "$webhook $container.ports[0].containerPort = 8443"
has other-names 'Service/inj-webhook metadata.labels.team = "a"'
has full 'Service/jmx-injector-webhook metadata.labels."app.kubernetes.io/name" = "jmx-injector"'

# --- Optional objects
monitor=PodMonitor/jmx-injector
has full "$monitor metadata.namespace = \"monitoring\""
has full "$monitor metadata.labels.release = \"prometheus\""
has full "$monitor spec.namespaceSelector.any = true"
has full "$monitor spec.selector.matchLabels.\"jmx.banzaicloud.com/injected\" = \"true\""
has full "$monitor spec.podMetricsEndpoints[0].port = \"jmx-metrics\""
has full "$monitor spec.podMetricsEndpoints[0].interval = \"15s\""
has full 'NetworkPolicy/jmx-injector-webhook spec.ingress[0].ports[0].port = 8443'
has full 'NetworkPolicy/jmx-injector-webhook spec.ingress[0].from[0].ipBlock.cidr = "10.0.0.1/32"'
has full 'NetworkPolicy/jmx-injector-controller spec.ingress[0].ports[0].port = 8080'

# --- What the user reads. `helm template` prints no notes, so they are rendered here as an object.
cp -r "$chart" "$work/with-notes"
{ printf 'kind: Notes\nmetadata:\n  name: notes\ntext: |-\n'; sed 's/^/  /' "$chart/templates/NOTES.txt"; } >"$work/with-notes/templates/notes.yaml"
notes() { "$HELM" template jmx-injector "$work/with-notes" --namespace jmx-injector --kube-version 1.30.0 --show-only templates/notes.yaml "$@"; }
for words in 'jmx.banzaicloud.com/inject":"true"' 'all namespaces but kube-system' '-l jmx.banzaicloud.com/injected=true' 'localhost:9404/metrics'; do
  check "the notes hold: $words" grep -Fqe "$words" <(notes)
done
check 'the notes name the one namespace' grep -Fq 'the namespace apps only' <(notes --set watchNamespace=apps)
check 'the notes warn of failurePolicy Fail' grep -Fq 'WARNING: mutatingWebhook.failurePolicy is Fail' <(notes --set mutatingWebhook.failurePolicy=Fail)
check 'README.md holds the table of values.yaml (tests/values-table.sh --update writes it)' \
  diff <(sed -n '/^<!-- values-table -->/,/^<!-- values-table end -->/p' "$chart/README.md" | sed '1d;$d') <("$chart/tests/values-table.sh")

# --- The same facts elsewhere in the repository
workspace_version() { sed -n '/^\[workspace.package\]/,/^\[/s/^version = "\(.*\)"$/\1/p' "$root/Cargo.toml"; }
same 'the chart has the version of the workspace' "$(workspace_version)" "$(sed -n 's/^version: //p' "$chart/Chart.yaml")"
same 'the application has the version of the workspace' "$(workspace_version)" "$(sed -n 's/^appVersion: //p' "$chart/Chart.yaml")"
names() { { environment watch webhook; environment watch controller; } | sed 's/=.*//' | grep -vxE 'TOKIO_WORKER_THREADS|MALLOC_ARENA_MAX' | sort -u; }
same 'the Deployments set the variables that the program reads, and no others' \
  "$(sed -n 's/.*env = "\([A-Z_]*\)".*/\1/p' "$root/src/cli.rs" | sort -u)" "$(names)"
same 'the grace period counts on the seconds for which the webhook serves on after SIGTERM' 5 \
  "$(sed -n 's/^const LAME_DUCK: Duration = Duration::from_secs(\([0-9]*\));$/\1/p' "$root/src/webhook.rs")"
