// Package charts holds the Helm chart to the manifests beside it.
package charts

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write the golden files instead of comparing them")

// chart is the chart's folder; all others are relative to deploy.
const chart = "taffrail"

// A template is a manifest of deploy that the chart has as well.
type template struct {
	from string
	when string   // left out where this is not so
	edit []change // what depends on values
}

// A change is what stands in a template in the place of a text of the manifest, wherever that is.
type change struct {
	old, new string
	times    int // how often it is there, when not once
}

const (
	managed        = `eq .Values.tls.mode "managed"`
	certManager    = `eq .Values.tls.mode "cert-manager"`
	monitoring     = ".Values.monitoring.enabled"
	podMonitor     = "and .Values.monitoring.enabled (not .Values.monitoring.serviceMonitor)"
	serviceMonitor = "and .Values.monitoring.enabled .Values.monitoring.serviceMonitor"
	audit          = ".Values.audit.enabled"
	kits           = ".Values.kits.enabled"
	auditTwice     = "and .Values.audit.enabled .Values.highAvailability"
	auditPolicy    = "and .Values.audit.enabled .Values.networkPolicy.enabled"
)

var templates = map[string]template{
	"namespace.yaml":                 {from: "base/namespace.yaml", when: ".Values.namespace.create"},
	"resourcequota.yaml":             {from: "base/resourcequota.yaml"},
	"serviceaccount.yaml":            {from: "base/serviceaccount.yaml"},
	"rbac.yaml":                      {from: "base/rbac.yaml"},
	"rbac-guardrails.yaml":           {from: "base/rbac-guardrails.yaml"},
	"rbac-webhooks.yaml":             {from: "base/rbac-webhooks.yaml"},
	"rbac-authority.yaml":            {from: "base/rbac-authority.yaml", when: managed},
	"rbac-exemption-editor.yaml":     {from: "base/rbac-exemption-editor.yaml"},
	"service.yaml":                   {from: "base/service.yaml"},
	"poddisruptionbudget.yaml":       {from: "base/poddisruptionbudget.yaml"},
	"crd-guardrails.yaml":            {from: "crds/taffrail.dev_guardrails.yaml", edit: keep},
	"crd-exemptions.yaml":            {from: "crds/taffrail.dev_exemptions.yaml", edit: keep},
	"crd-namespacekits.yaml":         {from: "components/kits/namespacekits.yaml", when: kits, edit: keep},
	"rbac-kits.yaml":                 {from: "components/kits/rbac.yaml", when: kits, edit: kitRules},
	"certificates.yaml":              {from: "components/cert-manager/certificates.yaml", when: certManager},
	"webhooks.yaml":                  {from: "components/static/webhooks.yaml", when: ".Values.static", edit: configurations},
	"podmonitor.yaml":                {from: "components/monitoring/podmonitor.yaml", when: podMonitor, edit: selected},
	"prometheusrule.yaml":            {from: "components/monitoring/prometheusrule.yaml", when: monitoring, edit: selected},
	"metrics-service.yaml":           {from: "components/monitoring/service-monitor/service.yaml", when: serviceMonitor},
	"servicemonitor.yaml":            {from: "components/monitoring/service-monitor/servicemonitor.yaml", when: serviceMonitor, edit: selected},
	"audit-serviceaccount.yaml":      {from: "components/audit/serviceaccount.yaml", when: audit},
	"audit-rbac.yaml":                {from: "components/audit/rbac.yaml", when: audit},
	"audit-rbac-reports.yaml":        {from: "components/audit/rbac-reports.yaml", when: audit},
	"audit-rbac-viewer.yaml":         {from: "components/audit/rbac-viewer.yaml", when: audit},
	"audit-deployment.yaml":          {from: "components/audit/deployment.yaml", when: audit, edit: auditPods},
	"audit-service.yaml":             {from: "components/audit/service.yaml", when: audit},
	"audit-networkpolicy.yaml":       {from: "components/audit/networkpolicy.yaml", when: auditPolicy, edit: apiServerPorts},
	"audit-poddisruptionbudget.yaml": {from: "components/audit/high-availability/poddisruptionbudget.yaml", when: auditTwice},
	"tests/doctor-rbac.yaml":         {from: "doctor-rbac.yaml", when: `include "taffrail.hooks" .`, edit: forTests},
}

var (
	keep = []change{{
		old: "metadata:\n  annotations:\n",
		new: "metadata:\n  annotations:\n    {{- if .Values.crds.keep }}\n    helm.sh/resource-policy: keep\n    {{- end }}\n",
	}}
	kitRules = []change{{
		old: `# The kinds of the kits in deploy/kits.
- apiGroups: [""]
  resources: [limitranges, resourcequotas]
  verbs: [get, list, watch, create, patch, delete]
- apiGroups: [networking.k8s.io]
  resources: [networkpolicies]
  verbs: [get, list, watch, create, patch, delete]
- apiGroups: [rbac.authorization.k8s.io]
  resources: [rolebindings]
  verbs: [get, list, watch, create, patch, delete]
# What their RoleBindings may grant: whoever has not got a role itself may bind it only so.
- apiGroups: [rbac.authorization.k8s.io]
  resources: [clusterroles]
  resourceNames: [edit]
  verbs: [bind]
`,
		new: "{{- with .Values.kits.rules }}\n{{ toYaml . }}\n{{- end }}\n",
	}}
	selected = []change{{
		old: "  labels:\n    app.kubernetes.io/name: taffrail\nspec:\n",
		new: "  labels:\n    app.kubernetes.io/name: taffrail\n" +
			"    {{- with .Values.monitoring.labels }}\n    {{- toYaml . | nindent 4 }}\n    {{- end }}\nspec:\n",
	}}
	configurations = []change{{
		old: "    taffrail.dev/inject-ca: \"true\"\n",
		new: "    {{- if " + certManager + " }}\n    cert-manager.io/inject-ca-from: taffrail-system/taffrail-serving-cert\n" +
			"    {{- else }}\n    taffrail.dev/inject-ca: \"true\"\n    {{- end }}\n",
		times: 2,
	}, {
		old:   "      values:\n      - kube-node-lease\n      - kube-public\n      - kube-system\n      - taffrail-system\n",
		new:   "      values: {{ include \"taffrail.excludedNamespaces\" . | fromJsonArray | sortAlpha | toJson }}\n",
		times: 5,
	}, {
		old: "[\"system:serviceaccounts:kube-node-lease\",\n      \"system:serviceaccounts:kube-public\", \"system:serviceaccounts:kube-system\",\n" +
			"      \"system:serviceaccounts:taffrail-system\"]",
		new:   "{{ include \"taffrail.excludedAccounts\" . }}",
		times: 2,
	}}
	auditPods = []change{{
		old: "  replicas: 1\n",
		new: "  replicas: {{ ternary 2 1 .Values.highAvailability }}\n",
	}, {
		old: "        app.kubernetes.io/name: taffrail-audit\n      annotations:\n",
		new: "        app.kubernetes.io/name: taffrail-audit\n" + added("podLabels", 8) + "      annotations:\n",
	}, {
		old: "        prometheus.io/path: /metrics\n",
		new: "        prometheus.io/path: /metrics\n" + added("podAnnotations", 8),
	}, {
		old: "      terminationGracePeriodSeconds: 30\n",
		new: block("imagePullSecrets", 6) + "      terminationGracePeriodSeconds: 30\n" + block("nodeSelector", 8) + block("tolerations", 6),
	}, {
		old: "        image: taffrail:v0.1.0 # an overlay names the registry, and the tag or better the digest, under `images:`\n",
		new: "        image: {{ include \"taffrail.image\" . }}\n" +
			"        {{- with .Values.image.pullPolicy }}\n        imagePullPolicy: {{ . }}\n        {{- end }}\n",
	}, {
		old: "        - --serve\n",
		new: "        - --serve\n" +
			"        {{- if .Values.excludeNamespaces }}\n        - --exclude-namespaces={{ join \",\" .Values.excludeNamespaces }}\n        {{- end }}\n" +
			"        {{- with .Values.logLevel }}\n        - --log-level={{ . }}\n        {{- end }}\n" +
			"        {{- with .Values.logFormat }}\n        - --log-format={{ . }}\n        {{- end }}\n" +
			"        {{- range .Values.audit.extraArgs }}\n        - {{ toJson . }}\n        {{- end }}\n",
	}, {
		old: "        resources:\n          requests:\n            cpu: 20m\n            memory: 96Mi\n          limits:\n" +
			"            memory: 256Mi # docs/audit.md says what it takes in which cluster\n",
		new: "        {{- with .Values.audit.resources }}\n        resources:\n          {{- toYaml . | nindent 10 }}\n        {{- end }}\n",
	}}
	apiServerPorts = []change{{
		old: "    - {port: 443, protocol: TCP}\n    - {port: 6443, protocol: TCP}\n",
		new: "    {{- range .Values.networkPolicy.apiServerPorts }}\n    - {port: {{ int . }}, protocol: TCP}\n    {{- end }}\n",
	}}
	forTests = []change{{
		old: "  name: taffrail-doctor\n",
		new: "  name: taffrail-doctor\n  annotations:\n    helm.sh/hook: test,post-delete\n    helm.sh/hook-weight: \"-1\"\n" +
			"    helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded,hook-failed\n",
		times: 2,
	}}
)

// added are the entries of a value below those that are there.
func added(value string, indent int) string {
	at := strings.Repeat(" ", indent)
	return fmt.Sprintf("%s{{- with .Values.%s }}\n%s{{- toYaml . | nindent %d }}\n%s{{- end }}\n", at, value, at, indent, at)
}

// block is a field of a Pod that is called as its value is.
func block(value string, indent int) string {
	return fmt.Sprintf("      {{- with .Values.%s }}\n      %s:\n      {{- toYaml . | nindent %d }}\n      {{- end }}\n", value, value, indent)
}

// files are those that a template reads as they are.
var files = map[string]string{
	"default.yaml":   "../guardrail/default.yaml",
	"dashboard.json": "components/monitoring/dashboard.json",
}

// Most of the chart depends on few values, or on none. There is one source for
// it, and a chart that can still be read.
func TestGoldenTemplates(t *testing.T) {
	for name, template := range templates {
		golden(t, filepath.Join(chart, "templates", name), render(t, template))
	}
	for name, from := range files {
		golden(t, filepath.Join(chart, "files", name), source(t, from))
	}
}

func render(t *testing.T, template template) string {
	t.Helper()
	content := strings.TrimPrefix(source(t, template.from), "# Code generated by make generate; DO NOT EDIT.\n")
	content = strings.TrimPrefix(content, "---\n")
	content = strings.ReplaceAll(content, "{{", `{{ "{{" }}`) // alerts have templates of their own
	for _, change := range template.edit {
		require.Equal(t, max(1, change.times), strings.Count(content, change.old), "%s: %q", template.from, change.old)
		content = strings.ReplaceAll(content, change.old, change.new)
	}
	content = fmt.Sprintf("# Code generated by make generate from deploy/%s; DO NOT EDIT.\n%s", template.from, content)
	if template.when != "" {
		content = fmt.Sprintf("{{- if %s }}\n%s{{- end }}\n", template.when, content) // nothing at all, and no empty document
	}
	return content
}

func source(t *testing.T, name string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("..", filepath.FromSlash(name)))
	require.NoError(t, err)
	return string(content)
}

func golden(t *testing.T, file, content string) {
	t.Helper()
	if *update {
		require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
		require.NoError(t, os.WriteFile(file, []byte(content), 0o644))
	}
	found, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Equal(t, content, string(found), "%s is stale: run `make generate`", file)
}
