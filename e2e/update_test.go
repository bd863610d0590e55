//go:build e2e && !kind

package e2e

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
)

const wasSoBefore = "spec.template.spec.containers[0].securityContext.privileged: Forbidden: " +
	`must not be true (container "web", baseline, privileged); it was so before, so it passes`

// A rule that comes after the objects must not keep them from being looked
// after, and must not let them get worse.
func TestAnUpdateIsNotBlockedByWhatWasThereBefore(t *testing.T) {
	parallel(t)
	namespace := cluster(t).namespace(t)
	cluster(t).kubectl(t, fixture(t, "deployment-bad.yaml"), "apply", "-n", namespace, "-f", "-").mustSucceed(t)
	installWebhooks(t, startTaffrail(t, options{}))
	patch := func(patch string, flags ...string) result {
		args := []string{"patch", "-n", namespace, "deployment/web", "-p", patch}
		return cluster(t).kubectl(t, "", append(args, flags...)...)
	}

	t.Run("metadata", func(t *testing.T) {
		patch(`{"metadata": {"labels": {"team": "shop"}}}`).mustSucceed(t, "Warning: pod-security: "+wasSoBefore)
	})
	t.Run("spec", func(t *testing.T) {
		patch(`{"spec": {"replicas": 3}}`).mustSucceed(t, "Warning: pod-security: "+wasSoBefore)
	})
	t.Run("status", func(t *testing.T) {
		r := patch(`{"status": {"replicas": 3}}`, "--subresource=status").mustSucceed(t)
		assert.Empty(t, r.stderr, "the status is none of our business")
	})
	t.Run("one thing worse", func(t *testing.T) {
		r := patch(`{"spec": {"template": {"spec": {"containers": [
			{"name": "second", "image": "registry.example.com/second:v1", "securityContext": {"privileged": true}}
		]}}}}`).mustFail(t, `deployments.apps "web" violates 1 check of default:`)
		refused := strings.SplitAfter(r.stderr, "of default:\n")[1]
		assert.Contains(t, refused, `must not be true (container "second", baseline, privileged)`)
		assert.NotContains(t, refused, `container "web"`, "only what is new is held against it")
	})
	t.Run("one thing better", func(t *testing.T) {
		r := patch(`{"spec": {"template": {"spec": {"containers": [
			{"name": "web", "image": "registry.example.com/web:v1", "securityContext": {"privileged": false}}
		]}}}}`).mustSucceed(t)
		assert.NotContains(t, r.stderr, "privileged")
	})
}

const whatAnUpdateMayDo = `
apiVersion: taffrail.dev/v1alpha1
kind: Guardrail
metadata: {name: updates}
spec:
  validators:
  - name: pod-security
  - {name: min-replicas, params: {max: 5}}
  - name: network-policy-allow-all
  - name: ingress-hosts
  - name: service-node-port
  - name: rbac-escalation-verbs
  - name: control-plane-tolerations
`

// What was there before may be kept and mended in part; it may not be widened. The
// API server's own defaults are in the old object and in the new one.
func TestAnUpdateMayKeepAndNotWiden(t *testing.T) {
	parallel(t)
	namespace := cluster(t).namespace(t)
	cluster(t).kubectl(t, fixture(t, "before-the-rules.yaml"), "apply", "-n", namespace, "-f", "-").mustSucceed(t)
	installWebhooks(t, startTaffrail(t, options{guardrails: whatAnUpdateMayDo}), admissionregistrationv1.RuleWithOperations{
		Operations: []admissionregistrationv1.OperationType{admissionregistrationv1.Update},
		Rule: admissionregistrationv1.Rule{
			APIGroups: []string{"networking.k8s.io"}, APIVersions: []string{"v1"}, Resources: []string{"networkpolicies"},
		},
	})
	patch := func(object, patch string) result {
		return cluster(t).kubectl(t, "", "patch", "-n", namespace, object, "--type", "json", "--dry-run=server", "-p", "["+patch+"]")
	}
	operation := func(op, path, value string) string {
		return `{"op": "` + op + `", "path": "` + path + `", "value": ` + value + `}`
	}
	const template = "/spec/template/spec"
	const backend = `"pathType": "Prefix", "backend": {"service": {"name": "web", "port": {"number": 80}}}`
	for _, test := range []struct {
		name, object, patch string
		refused             string // by which check; empty: it passes
	}{
		{"an annotation", "deployment/web", operation("add", "/metadata/annotations/note", `"x"`), ""},
		{"fewer replicas", "deployment/web", operation("replace", "/spec/replicas", "7"), ""},
		{"more replicas", "deployment/web", operation("replace", "/spec/replicas", "6000000"), "min-replicas"},
		{"one capability less", "deployment/web", operation("replace", template+"/containers/0/securityContext/capabilities/add", `["NET_ADMIN"]`), ""},
		{"one capability more", "deployment/web", operation("add", template+"/containers/0/securityContext/capabilities/add/0", `"SYS_MODULE"`), "pod-security"},
		{"an innocent port before", "deployment/web", operation("add", template+"/containers/0/ports/0", `{"containerPort": 8081}`), ""},
		{"one more port of the host", "deployment/web", operation("add", template+"/containers/0/ports/0", `{"containerPort": 8081, "hostPort": 8081}`), "pod-security"},
		{"a directory in the one before", "deployment/web", operation("replace", template+"/volumes/0/hostPath/path", `"/var/log/pods"`), ""},
		{"the whole node", "deployment/web", operation("replace", template+"/volumes/0/hostPath/path", `"/"`), "pod-security"},
		{"an innocent toleration before", "deployment/web", operation("add", template+"/tolerations/0", `{"key": "spot", "operator": "Exists"}`), ""},
		{"a toleration of all effects", "deployment/web", operation("remove", template+"/tolerations/0/effect", "null"), "control-plane-tolerations"},
		{"a wider selector", "networkpolicy/web", operation("remove", "/spec/podSelector/matchLabels/tier", "null"), "network-policy-allow-all"},
		{"a narrower selector", "networkpolicy/web", operation("add", "/spec/podSelector/matchLabels/a", `"b"`), ""},
		{"an innocent rule before", "networkpolicy/web", operation("add", "/spec/ingress/0", `{"from": [{"podSelector": {"matchLabels": {"a": "b"}}}], "ports": [{"port": 80}]}`), ""},
		{"a path beside", "ingress/web", operation("add", "/spec/rules/0/http/paths/0", `{"path": "/b", `+backend+`}`), "ingress-hosts"},
		{"an innocent rule with a host before", "ingress/web", operation("add", "/spec/rules/0", `{"host": "a.example.com", "http": {"paths": [{"path": "/", `+backend+`}]}}`), ""},
		{"one more port of a Service", "service/web", operation("add", "/spec/ports/-", `{"name": "ssh", "port": 22}`), "service-node-port"},
		{"another port of the nodes", "service/web", operation("replace", "/spec/ports/0/targetPort", "8081"), ""},
		{"fewer verbs", "role/web", operation("replace", "/rules/0/verbs", `["bind"]`), ""},
		{"any name", "role/web", operation("remove", "/rules/0/resourceNames", "null"), "rbac-escalation-verbs"},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := patch(test.object, test.patch)
			if test.refused == "" {
				r.mustSucceed(t, "it was so before, so it passes")
			} else {
				r.mustFail(t, "violates 1 check of updates:\n- "+test.refused)
			}
		})
	}
}
