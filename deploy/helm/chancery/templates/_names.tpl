{{/* The labels that choose the pods of a part: (dict "root" $ "part" "portal"). */}}
{{- define "chancery.selector" -}}
app.kubernetes.io/name: chancery
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .part }}
{{- end }}

{{/* All labels of an object of a part. */}}
{{- define "chancery.labels" -}}
{{ include "chancery.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
{{- end }}

{{/* Name and labels of an object: (dict "root" $ "part" "portal" "name" "chancery"). */}}
{{- define "chancery.metadata" -}}
name: {{ .name }}
labels:
  {{- include "chancery.labels" . | nindent 2 }}
{{- end }}

{{- define "chancery.image" -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end }}

{{/* All addresses of a pod, for what listens: (dict "root" $ "port" 8888). */}}
{{- define "chancery.everywhere" -}}
{{ ternary "[::]" "0.0.0.0" (eq .root.Values.ipFamily "IPv6") }}:{{ .port }}
{{- end }}

{{/* What the restricted level of Pod Security asks of a pod. */}}
{{- define "chancery.podSecurity" -}}
runAsNonRoot: true
runAsUser: {{ .uid }}
runAsGroup: {{ .uid }}
fsGroup: {{ .uid }}
seccompProfile: { type: RuntimeDefault }
{{- end }}

{{/* What it asks of a container, and a root file system that nobody writes to. */}}
{{- define "chancery.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: { drop: [ALL] }
{{- end }}

{{/* Keeps the pods of a part on different machines, as far as there are enough. */}}
{{- define "chancery.spread" -}}
- maxSkew: 1
  topologyKey: kubernetes.io/hostname
  whenUnsatisfiable: ScheduleAnyway
  labelSelector:
    matchLabels:
      {{- include "chancery.selector" . | nindent 6 }}
{{- end }}

{{/* Where a pod runs: (dict "values" .Values.portal). */}}
{{- define "chancery.placement" -}}
{{- with .values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end -}}
{{- with .values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end -}}
{{- end }}

{{/* Everything but the addresses that hand out a machine's credentials. */}}
{{- define "chancery.egressAnywhere" -}}
# a cache of DNS on the machine has such an address, too
- ports: [{ port: 53, protocol: UDP }, { port: 53 }]
# a block of addresses does not cover pods with every network plugin
- to: [{ namespaceSelector: {} }]
- to:
    - ipBlock: { cidr: 0.0.0.0/0, except: [169.254.0.0/16] }
    - ipBlock: { cidr: "::/0", except: ["fe80::/10", "fd00:ec2::254/128"] }
{{- end }}
