{{/* The prefix of every object's name. Cut at 45 so that the longest suffix still fits a DNS label of 63. */}}
{{- define "jmx-injector.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 45 | trimSuffix "-" -}}
{{- else -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- if contains $name .Release.Name -}}
{{- .Release.Name | trunc 45 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 45 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* Names that two components must agree on. */}}
{{- define "jmx-injector.serviceName" -}}{{ include "jmx-injector.fullname" . }}-webhook{{- end -}}
{{- define "jmx-injector.certSecretName" -}}{{ include "jmx-injector.fullname" . }}-webhook-cert{{- end -}}
{{- define "jmx-injector.leaseName" -}}{{ include "jmx-injector.fullname" . }}-controller{{- end -}}

{{- define "jmx-injector.image" -}}
{{- with .Values.image -}}
{{- if .digest -}}
{{ .repository }}@{{ .digest }}
{{- else -}}
{{ .repository }}:{{ .tag | default $.Chart.AppVersion }}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* The helpers below take a dict: root (the chart's context) and component (webhook, controller, or none). */}}
{{- define "jmx-injector.selectorLabels" -}}
app.kubernetes.io/name: {{ .root.Values.nameOverride | default .root.Chart.Name | quote }}
app.kubernetes.io/instance: {{ .root.Release.Name | quote }}
{{- with .component }}
app.kubernetes.io/component: {{ . }}
{{- end }}
{{- end -}}

{{/* Labels of every object; extra holds a user's labels, which never replace one of ours. */}}
{{- define "jmx-injector.labels" -}}
{{- $own := include "jmx-injector.selectorLabels" . | fromYaml -}}
{{- $_ := set $own "app.kubernetes.io/version" .root.Chart.AppVersion -}}
{{- $_ := set $own "app.kubernetes.io/managed-by" .root.Release.Service -}}
{{- $_ := set $own "helm.sh/chart" (printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_") -}}
{{- merge $own (.extra | default dict) .root.Values.commonLabels | toYaml -}}
{{- end -}}

{{/* Metadata of a pod. Our own pods opt out of injection, so that they never wait for themselves. */}}
{{- define "jmx-injector.podMetadata" -}}
{{- $values := get .root.Values .component -}}
{{- $extra := mergeOverwrite dict $values.podLabels (dict "jmx.banzaicloud.com/inject" "false") -}}
labels:
  {{- include "jmx-injector.labels" (merge (dict "extra" $extra) .) | nindent 2 }}
{{- $annotations := dict }}
{{- if .root.Values.metrics.scrapeAnnotations }}
{{- $annotations = dict "prometheus.io/scrape" "true" "prometheus.io/port" "8080" "prometheus.io/path" "/metrics" }}
{{- end }}
{{- with mergeOverwrite $annotations $values.podAnnotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* Fields of a pod's spec that the two Deployments share. */}}
{{- define "jmx-injector.podSpec" -}}
{{- $values := get .root.Values .component -}}
serviceAccountName: {{ include "jmx-injector.fullname" .root }}-{{ .component }}
automountServiceAccountToken: true
enableServiceLinks: false
{{- with .root.Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .root.Values.priorityClassName }}
priorityClassName: {{ . | quote }}
{{- end }}
# The image's user is numeric, so no user is named here and a platform may choose its own.
securityContext:
  runAsNonRoot: true
  seccompProfile:
    type: RuntimeDefault
{{- with $values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
topologySpreadConstraints:
  {{- range list "kubernetes.io/hostname" "topology.kubernetes.io/zone" }}
  - topologyKey: {{ . }}
    maxSkew: 1
    whenUnsatisfiable: ScheduleAnyway
    matchLabelKeys: [pod-template-hash]
    labelSelector:
      matchLabels:
        {{- include "jmx-injector.selectorLabels" $ | nindent 8 }}
  {{- end }}
{{- end -}}

{{/* Fields of a container that the two Deployments share. */}}
{{- define "jmx-injector.container" -}}
{{- $values := get .root.Values .component -}}
name: {{ .component }}
image: {{ include "jmx-injector.image" .root | quote }}
imagePullPolicy: {{ .root.Values.image.pullPolicy }}
args: [{{ .component }}]
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities:
    drop: [ALL]
livenessProbe:
  httpGet:
    path: /livez
    port: admin
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 3
readinessProbe:
  httpGet:
    path: /readyz
    port: admin
  periodSeconds: 2
  timeoutSeconds: 2
  failureThreshold: 3
{{- with $values.resources }}
resources:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* Environment that the two Deployments share; extraEnv comes last. */}}
{{- define "jmx-injector.env" -}}
{{- $values := get .root.Values .component -}}
- name: POD_NAME
  valueFrom:
    fieldRef:
      fieldPath: metadata.name
- name: POD_NAMESPACE
  valueFrom:
    fieldRef:
      fieldPath: metadata.namespace
- name: ADMIN_BIND
  value: 0.0.0.0:8080
- name: CERT_SECRET_NAME
  value: {{ include "jmx-injector.certSecretName" .root }}
{{- with .root.Values.watchNamespace }}
- name: OPERATOR_NAMESPACE
  value: {{ . | quote }}
{{- end }}
- name: LOG_FORMAT
  value: {{ .root.Values.logging.format }}
- name: LOG_LEVEL
  value: {{ .root.Values.logging.level }}
# On a node of many cores, a thread and a malloc arena for each would not fit the memory limit.
- name: TOKIO_WORKER_THREADS
  value: "2"
- name: MALLOC_ARENA_MAX
  value: "2"
{{- with $values.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end -}}
