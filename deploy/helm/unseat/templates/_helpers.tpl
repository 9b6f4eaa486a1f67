{{- define "unseat.name" -}}
{{- .Release.Name | trunc 53 | trimSuffix "-" -}}
{{- end -}}

{{- define "unseat.labels" -}}
app.kubernetes.io/name: unseat
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end -}}

{{- define "unseat.selector" -}}
app.kubernetes.io/name: unseat
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "unseat.image" -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end -}}

{{- define "unseat.claim" -}}
{{- .Values.persistence.existingClaim | default (printf "%s-project" (include "unseat.name" .)) -}}
{{- end -}}

{{/* Whether the port is guarded: said by the values, never guessed. */}}
{{- define "unseat.guard" -}}
{{- if not (or .Values.tokens.existingSecret .Values.insecure) -}}
{{- fail "name a secret in tokens.existingSecret, or set insecure: true" -}}
{{- end -}}
{{- end -}}

{{/* What every pod has in common. */}}
{{- define "unseat.pod" -}}
automountServiceAccountToken: false
{{- with .Values.serviceAccount }}
serviceAccountName: {{ . }}
{{- end }}
# Otherwise a Service called `unseat` would set variables that look like settings.
enableServiceLinks: false
{{- with .Values.imagePullSecrets }}
imagePullSecrets: {{- toYaml . | nindent 2 }}
{{- end }}
securityContext: {{- toYaml .Values.podSecurityContext | nindent 2 }}
{{- with .Values.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.affinity }}
affinity: {{- toYaml . | nindent 2 }}
{{- end }}
volumes:
  - name: project
    {{- if .Values.persistence.enabled }}
    persistentVolumeClaim:
      claimName: {{ include "unseat.claim" . }}
    {{- else }}
    emptyDir: {}
    {{- end }}
  - name: config
    configMap:
      name: {{ include "unseat.name" . }}
  - name: tmp
    emptyDir: {}
  {{- with .Values.tokens.existingSecret }}
  - name: tokens
    secret:
      secretName: {{ . }}
      items: [{key: tokens, path: tokens}]
  {{- end }}
{{- end -}}

{{- define "unseat.container" -}}
image: {{ include "unseat.image" . }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
workingDir: /project
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: {drop: [ALL]}
env:
  {{- if .Values.tokens.existingSecret }}
  - name: UNSEAT_SERVER__TOKENS_FILE
    value: /etc/unseat/tokens/tokens
  {{- end }}
  {{- with .Values.database.existingSecret }}
  - name: UNSEAT_DATABASE_PASSWORD
    valueFrom:
      secretKeyRef: {name: {{ . }}, key: password}
  {{- end }}
  {{- with .Values.env }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
volumeMounts:
  - {name: project, mountPath: /project}
  - {name: config, mountPath: /project/config.json, subPath: config.json, readOnly: true}
  - {name: tmp, mountPath: /tmp}
  {{- if .Values.tokens.existingSecret }}
  - {name: tokens, mountPath: /etc/unseat/tokens, readOnly: true}
  {{- end }}
{{- end -}}

{{- define "unseat.probes" -}}
ports:
  - {name: http, containerPort: 8000}
startupProbe:
  httpGet: {path: /livez, port: http}
  periodSeconds: 1
  failureThreshold: 60
livenessProbe:
  httpGet: {path: /livez, port: http}
  periodSeconds: 10
readinessProbe:
  httpGet: {path: /readyz, port: http}
  periodSeconds: 5
{{- end -}}
