{{/* Names are the same in every cluster: the API server's certificate check, webhook configurations and RBAC go by them. */}}
{{- define "taffrail.requireNamespace" -}}
{{- if ne .Release.Namespace "taffrail-system" -}}
{{- fail (printf "taffrail is installed in the namespace taffrail-system, not in %q: add --namespace taffrail-system --create-namespace" .Release.Namespace) -}}
{{- end -}}
{{- end -}}

{{- define "taffrail.image" -}}
{{- with .Values.image -}}
{{- if .digest -}}
{{ .repository }}@{{ .digest }}
{{- else -}}
{{ .repository }}:{{ .tag | default $.Chart.AppVersion }}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "taffrail.replicas" -}}
{{ .Values.replicas | default (ternary 3 2 .Values.highAvailability) }}
{{- end -}}

{{/* The four that never are matched, and yours. */}}
{{- define "taffrail.excludedNamespaces" -}}
{{ concat (list "kube-system" "kube-public" "kube-node-lease" "taffrail-system") .Values.excludeNamespaces | uniq | toJson }}
{{- end -}}

{{/* The groups of their service accounts, as a list in CEL. */}}
{{- define "taffrail.excludedAccounts" -}}
{{- $accounts := list -}}
{{- range include "taffrail.excludedNamespaces" . | fromJsonArray | sortAlpha -}}
{{- $accounts = append $accounts (print "system:serviceaccounts:" .) -}}
{{- end -}}
{{ $accounts | toJson | replace "\",\"" "\", \"" }}
{{- end -}}

{{/* The port of a URL or of host:port. */}}
{{- define "taffrail.tracingPort" -}}
{{- $host := regexReplaceAll "^https?://" . "" | splitList "/" | first -}}
{{- $port := regexFind ":[0-9]+$" $host | trimPrefix ":" -}}
{{- if hasSuffix "]" $host -}}
{{- $port = "" -}}
{{- end -}}
{{- if eq $port "4317" -}}
{{- fail (printf "tracingEndpoint %q: port 4317 is for OTLP over gRPC: give the port for OTLP over HTTP of the same collector, 4318 as a rule" .) -}}
{{- end -}}
{{ $port | default (ternary "443" "80" (hasPrefix "https://" .)) }}
{{- end -}}

{{/* Hooks are for Helm, which runs them when it deletes or tests. What only renders the chart, as `helm template` does, sees
no cluster: applied with the rest, they would take away what has just been installed. */}}
{{- define "taffrail.hooks" -}}
{{- if lookup "v1" "Namespace" "" "kube-system" -}}true{{- end -}}
{{- end -}}
