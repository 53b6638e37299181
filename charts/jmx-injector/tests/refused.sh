# shellcheck shell=bash disable=SC2154
# Values that the schema refuses, and what it says. Sourced by test.sh.

refuses() { # path words-of-the-error helm-arguments...
  local name="refused: ${*:3}" said
  if said=$(render "${@:3}" 2>&1 >"$work/refused.yaml"); then
    problem "$name" <<<"accepted; expected an error on $1"
  elif grep -Fq "at '${1:+/}${1//.//}':" <<<"$said" && grep -Eq "$2" <<<"$said"; then
    pass
  else
    problem "$name" <<<"$said"
  fi
}
accepts() { # helm-arguments...
  local said
  if said=$(render "$@" 2>&1 >"$work/accepted.yaml"); then pass; else problem "accepted: $*" <<<"$said"; fi
}

# Names that do not exist, at every level
refuses '' "additional properties 'replicaCount' not allowed" --set replicaCount=2
refuses webhook "additional properties 'replicaCount' not allowed" --set webhook.replicaCount=2
refuses controller "additional properties 'drainTimeoutSeconds' not allowed" --set controller.drainTimeoutSeconds=3
refuses image "additional properties 'pullpolicy' not allowed" --set image.pullpolicy=Always
refuses mutatingWebhook "additional properties 'caBundle' not allowed" --set mutatingWebhook.caBundle=AAAA
refuses podMonitor "additional properties 'enable' not allowed" --set podMonitor.enable=true
refuses webhook.resources "additional properties 'limit' not allowed" --set webhook.resources.limit.memory=1Mi
refuses webhook.extraEnv.0 "additional properties 'vlaue' not allowed" --set 'webhook.extraEnv[0].name=A,webhook.extraEnv[0].vlaue=b'
refuses imagePullSecrets.0 'got string, want object' --set 'imagePullSecrets={registry}'

# Values out of range
refuses defaultProfile.port 'minimum: got 0, want 1' --set defaultProfile.port=0
refuses defaultProfile.port 'maximum: got 70,?000, want 65,?535' --set defaultProfile.port=70000
refuses defaultProfile.port 'got string, want integer' --set-string defaultProfile.port=9404
refuses mutatingWebhook.timeoutSeconds 'maximum: got 31, want 30' --set mutatingWebhook.timeoutSeconds=31
refuses validatingWebhook.timeoutSeconds 'minimum: got 0, want 1' --set validatingWebhook.timeoutSeconds=0
refuses webhook.replicas 'minimum: got 0, want 1' --set webhook.replicas=0
refuses controller.replicas 'got string, want integer' --set-string controller.replicas=1
refuses webhook.drainTimeoutSeconds 'minimum: got -1, want 1' --set webhook.drainTimeoutSeconds=-1

# Words that are none of those allowed
refuses mutatingWebhook.failurePolicy "value must be one of 'Ignore', 'Fail'" --set mutatingWebhook.failurePolicy=ignore
refuses validatingWebhook.failurePolicy "value must be one of 'Ignore', 'Fail'" --set validatingWebhook.failurePolicy=Retry
refuses logging.format "value must be one of 'json', 'text'" --set logging.format=xml
refuses logging.level 'does not match pattern .*error|warn|info|debug|trace' --set logging.level=verbose
refuses image.pullPolicy "value must be one of 'Always', 'IfNotPresent', 'Never'" --set image.pullPolicy=Sometimes
refuses crds.install 'got string, want boolean' --set-string crds.install=false
refuses podMonitor.enabled 'got string, want boolean' --set-string podMonitor.enabled=yes

# Texts that do not have the form
refuses image.repository 'does not match pattern' --set 'image.repository=Registry/jmx injector'
refuses image.repository 'does not match pattern' --set image.repository=
refuses image.tag 'does not match pattern' --set 'image.tag=a:b'
refuses image.tag 'got number, want string' --set image.tag=123
refuses image.digest 'does not match pattern' --set image.digest=sha256:abc
refuses watchNamespace 'does not match pattern' --set watchNamespace=Apps
refuses watchNamespace "'not' failed" --set watchNamespace=kube-system
refuses fullnameOverride 'does not match pattern' --set fullnameOverride=-a
refuses mutatingWebhook.excludedNamespaces.0 'does not match pattern' --set 'mutatingWebhook.excludedNamespaces={a.b}'
refuses mutatingWebhook.excludedNamespaces 'items at 0 and 1 are equal' --set 'mutatingWebhook.excludedNamespaces={a,a}'
refuses podMonitor.interval 'does not match pattern' --set-string podMonitor.interval=15
refuses webhook.resources.limits.memory 'does not match pattern' --set webhook.resources.limits.memory=64MB
refuses webhook.extraEnv.0 "missing property 'name'" --set 'webhook.extraEnv[0].value=b'
refuses commonLabels.a 'does not match pattern' --set 'commonLabels.a=b c'

# Values that look odd and are right
accepts --set-string image.tag=123
accepts --set watchNamespace=jmx-injector
accepts --set-string watchNamespace=123
accepts --set image.repository=localhost:5000/a/b__c
accepts --set webhook.resources=null
accepts --set webhook.resources.limits.memory=100M,webhook.resources.requests.cpu=1
accepts --set podMonitor.interval=1m30s
accepts --set 'logging.level=info\,kube_client=debug\,tower::buffer=off'
accepts --set mutatingWebhook.timeoutSeconds=30,webhook.drainTimeoutSeconds=600
