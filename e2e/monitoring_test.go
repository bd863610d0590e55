//go:build e2e && !kind

package e2e

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const monitoring = "../deploy/components/monitoring/"

// promtool has an opinion of the rules, and runs them against made-up series:
// here each alert waits as long as it says.
func TestTheAlertsFireWhenTheyShould(t *testing.T) {
	parallel(t)
	dir := t.TempDir()
	rules := alertRules(t, dir)
	promtool := func(args ...string) {
		t.Helper()
		out, err := exec.Command(prometheusBinary(t, "promtool"), args...).CombinedOutput()
		require.NoError(t, err, "promtool %s\n%s", strings.Join(args, " "), out)
		t.Logf("promtool %s\n%s", strings.Join(args, " "), out)
	}
	promtool("check", "rules", "--lint=all", "--lint-fatal", rules)
	for _, name := range []string{"alerts.yaml", "alerts-by-day.yaml"} {
		content, err := os.ReadFile(monitoring + "testdata/" + name)
		require.NoError(t, err)
		test := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(test, content, 0o600))
		promtool("test", "rules", test)
	}
}

// A Guardrail of each sort of answer, and one with a mistake.
const watched = `
apiVersion: taffrail.dev/v1alpha1
kind: Guardrail
metadata: {name: watched}
spec:
  mutators: [{name: default-resource-requests, params: {cpu: 100m, memory: 128Mi}}]
  mutations:
  - name: fails
    resources: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [pods]}]
    matchConditions: [{name: chosen, expression: 'object.metadata.?name.orValue("") == "fails"'}]
    applyConfiguration: {expression: 'Object{metadata: Object.metadata{labels: {"a": object.metadata.annotations["absent"]}}}'}
  validators:
  - {name: image-latest-tag}
  - {name: readiness-probe, action: Warn, params: {withoutPorts: true}}
`

const mistaken = `
apiVersion: taffrail.dev/v1alpha1
kind: Guardrail
metadata: {name: mistaken}
spec: {validators: [{name: image-latest-tags}]}
`

// TestMonitoring has a real Prometheus scrape a real server and API server, and asks it what the
// dashboard and the alerts ask. An alert is taken to be active once its expression is true; how
// long it then waits is TestTheAlertsFireWhenTheyShould's.
func TestMonitoring(t *testing.T) {
	parallel(t)
	define(t)
	apply(t, mistaken) // before anybody refuses it
	server := serveClusterWith(t, 1, options{flags: []string{"--break-glass-group=firefighters", "--tracing-endpoint=127.0.0.1:4318"}})[0]
	serveReports(t, "openreports.io")
	audit := startAudit(t, cluster(t).kubeconfig, true, "--write-reports")
	p := startPrometheus(t, server, audit)
	namespace := cluster(t).namespace(t)
	active := func(t *testing.T, alerts ...string) {
		t.Helper()
		for _, alert := range alerts {
			require.Eventually(t, func() bool { return p.active(t, alert) }, 3*soon, interval, alert)
		}
	}
	inactive := func(t *testing.T, alerts ...string) {
		t.Helper()
		for _, alert := range alerts {
			require.Eventually(t, func() bool { return p.alerts(t)[alert].State == "inactive" }, 3*soon, interval, alert)
		}
	}

	asksForWhatThereIs := func(t *testing.T, query string) {
		t.Helper()
		selectors := p.selectors(t, query)
		assert.NotEmpty(t, selectors, query)
		for _, selector := range selectors {
			assert.True(t, p.hasData(t, selector), "nothing that was scraped is %s, in %s", selector, query)
		}
	}

	t.Run("what is wrong with guardrails", func(t *testing.T) {
		active(t, "TaffrailGuardrailRefused", "TaffrailNothingEnforced")
		cluster(t).kubectl(t, "", "delete", "guardrail", "mistaken").mustSucceed(t)
		apply(t, watched)
		refusedSoon(t, namespace, "of watched")
		inactive(t, "TaffrailNothingEnforced")
	})
	t.Run("all is well", func(t *testing.T) {
		// But for how long answers take: that is the machine's.
		inactive(t, "TaffrailDown", "TaffrailReplicaDown", "TaffrailNoLeader", "TaffrailUnreachable", "TaffrailFailsOpen",
			"TaffrailErrors", "TaffrailDenialSpike", "TaffrailBreakGlass", "TaffrailExemptionsExpire",
			"TaffrailCertificateExpiresSoon", "TaffrailCertificateExpires", "TaffrailAuditDown", "TaffrailAuditStale", "TaffrailAuditIncomplete", "TaffrailReportsNotWritten")
	})
	t.Run("answers of every sort", func(t *testing.T) {
		require.Eventually(t, func() bool { return p.hasData(t, `leader_election_master_status == 1`) }, 3*soon, interval)
		pod := strings.Replace(fixture(t, "pod-bare.yaml"), "name: NAME", "name: web", 1)
		cluster(t).kubectl(t, pod, "create", "-n", namespace, "-f", "-").mustSucceed(t, "Warning: ")
		cluster(t).kubectl(t, "", "run", "-n", namespace, "fire", "--image=nginx",
			"--as=chief", "--as-group=firefighters", "--as-group=system:masters").mustSucceed(t)
		exempt := cluster(t).namespace(t)
		apply(t, exemptionFrom(exempt, "week", 7*day))
		takenSoon(t, exempt, "exempt until")
		send := func(path, object string) {
			t.Helper()
			_, _ = server.review(server.client(), path, strings.NewReader(object)) // the answer is in the metrics
		}
		review := func(object string) string {
			return `{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{"uid":"u","operation":"CREATE","namespace":"default",
				"kind":{"group":"","version":"v1","kind":"Pod"},"resource":{"group":"","version":"v1","resource":"pods"},"object":` + object + `}}`
		}
		send("/validate", "no review")
		send("/mutate", review(`{"kind":"Pod","apiVersion":"v1","metadata":{"name":"fails"},"spec":{"containers":[{"name":"web","image":"web:v1"}]}}`))
		send("/validate", review(`{"kind":"Pod","apiVersion":"v1","spec":"unreadable"}`))
		send("/mutate", review(`{"kind":"Pod","apiVersion":"v1","spec":{"containers":[{"name":"web","image":"web:v1","resources":{"requests":{"cpu":"1","memory":"1Gi"}}}]}}`))
		for _, result := range []string{"allowed", "patched", "warned", "denied", "break-glass", "rejected", "error"} {
			require.Eventually(t, func() bool {
				return p.hasData(t, `taffrail_admission_requests_total{result="`+result+`"}`)
			}, 3*soon, interval, result)
		}
		active(t, "TaffrailErrors", "TaffrailBreakGlass", "TaffrailExemptionsExpire")
	})
	t.Run("another writer is overruled", func(t *testing.T) {
		cluster(t).kubectl(t, "", "patch", "validatingwebhookconfiguration", "taffrail", "--type=json", "-p",
			`[{"op":"add","path":"/webhooks/0/matchConditions/-","value":{"name":"a-hole","expression":"false"}}]`).mustSucceed(t)
		require.Eventually(t, func() bool { return p.hasData(t, `taffrail_webhook_configurations_overruled_total`) }, 3*soon, interval)
	})
	t.Run("what is there that would be refused", func(t *testing.T) {
		require.Eventually(t, func() bool {
			return p.hasData(t, `taffrail_audit_findings{guardrail="watched",validator="image-latest-tag",action="Deny"} > 0`)
		}, 2*time.Minute, interval)
		audit.kill(t)
		active(t, "TaffrailAuditDown")
	})
	t.Run("many denials", func(t *testing.T) {
		client := server.client()
		for range 100 {
			require.True(t, server.refuses(t, client))
		}
		active(t, "TaffrailDenialSpike")
	})
	t.Run("no server", func(t *testing.T) {
		server.kill(t)
		require.Eventually(t, func() bool {
			tryPod(t, namespace).mustFail(t, "failed calling webhook")
			return p.active(t, "TaffrailUnreachable") && p.active(t, "TaffrailFailsOpen")
		}, 3*soon, interval)
		active(t, "TaffrailDown", "TaffrailReplicaDown")
	})
	t.Run("every alert asks for what there is", func(t *testing.T) {
		require.False(t, p.hasData(t, `{__name__="taffrail_nothing"}`), "or all of this would say nothing")
		alerts := p.alerts(t)
		require.NotEmpty(t, alerts)
		for name, alert := range alerts {
			assert.Equal(t, "ok", alert.Health, "%s: %s", name, alert.LastError)
			asksForWhatThereIs(t, alert.Query)
			for _, instance := range alert.Alerts {
				for _, text := range instance.Annotations {
					assert.NotContains(t, text, "<error expanding template", name)
				}
			}
		}
	})
	t.Run("every panel has something to show", func(t *testing.T) {
		content, err := os.ReadFile(monitoring + "dashboard.json")
		require.NoError(t, err)
		var dashboard struct {
			Panels []struct {
				Title   string
				Targets []struct{ Expr string }
			}
		}
		require.NoError(t, json.Unmarshal(content, &dashboard))
		chosen := strings.NewReplacer("$namespace", "taffrail-system", "$job", "taffrail", "$__rate_interval", "15s")
		asked := 0
		for _, panel := range dashboard.Panels {
			for _, target := range panel.Targets {
				asked++
				query := chosen.Replace(target.Expr)
				assert.NotContains(t, query, "$", panel.Title)
				assert.True(t, p.hasData(t, query), "%s: %s", panel.Title, query)
				asksForWhatThereIs(t, query)
			}
		}
		t.Logf("%d alerts and %d queries of %d panels", len(p.alerts(t)), asked, len(dashboard.Panels))
	})
}

func TestNothingIsScrapedTwice(t *testing.T) {
	parallel(t)
	kustomize := func(components ...string) (monitors []string) {
		t.Helper()
		dir := t.TempDir()
		here, err := filepath.Abs("../deploy")
		require.NoError(t, err)
		deploy, err := filepath.Rel(dir, here)
		require.NoError(t, err)
		for i := range components {
			components[i] = filepath.Join(deploy, "components", components[i])
		}
		kustomization := toYAML(t, map[string]any{"resources": []string{filepath.Join(deploy, "base")}, "components": components})
		require.NoError(t, os.WriteFile(filepath.Join(dir, "kustomization.yaml"), []byte(kustomization), 0o600))
		for line := range strings.Lines(cluster(t).kubectl(t, "", "kustomize", dir).mustSucceed(t).stdout) {
			if kind, is := strings.CutPrefix(strings.TrimSpace(line), "kind: "); is && strings.HasSuffix(kind, "Monitor") {
				monitors = append(monitors, kind)
			}
		}
		return monitors
	}
	assert.Equal(t, []string{"PodMonitor"}, kustomize("monitoring"))
	assert.Equal(t, []string{"ServiceMonitor"}, kustomize("monitoring", "monitoring/service-monitor"))
}
