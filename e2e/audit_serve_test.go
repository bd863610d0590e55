//go:build e2e && !kind

package e2e

import (
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The API server says who may read the page: nobody does without the right, whoever they are, and the
// right is on no path of the API server's own.
func TestWhoMayReadTheAudit(t *testing.T) {
	parallel(t)
	define(t)
	server := startAudit(t, asAudit(t), false).evaluated(t)
	ann, bob := reader(t, "ann", true), reader(t, "bob", false)

	for name, test := range map[string]struct {
		token  string
		status int
		says   string
	}{
		"nobody":                  {"", http.StatusUnauthorized, "a token must come with the request"},
		"a token that is made up": {"made.up.token", http.StatusUnauthorized, "the API server does not know this token"},
		"without the right":       {bob, http.StatusForbidden, "system:serviceaccount:default:bob may not read this page: a ClusterRole must allow to get the nonResourceURL /taffrail-audit"},
		"with the right":          {ann, http.StatusOK, `"results": `},
	} {
		t.Run(name, func(t *testing.T) {
			status, body := server.read(t, "/report.json", test.token)
			assert.Equal(t, test.status, status, body)
			assert.Contains(t, body, test.says)
		})
	}
	status, body := server.read(t, "/", ann)
	assert.Equal(t, http.StatusOK, status)
	assert.Contains(t, body, "<title>")
	status, body = server.read(t, "/", bob)
	assert.Equal(t, http.StatusForbidden, status)
	assert.NotContains(t, body, "<title>")
	r := cluster(t).kubectl(t, "", "auth", "can-i", "get", "/metrics", "--as", "system:serviceaccount:default:ann")
	assert.Contains(t, r.stdout, "no", "%s", r)

	require.NoError(t, server.stop(), "it ends when it is told to")
}

// On a loopback address it is for this machine: no right is needed but to list, no token asked for, and
// nothing written.
func TestAnAuditOnThisMachine(t *testing.T) {
	parallel(t)
	namespace := cluster(t).namespace(t)
	apply(t, `{apiVersion: v1, kind: Pod, metadata: {name: web, namespace: `+namespace+`}, spec: {containers: [{name: web, image: nginx}]}}`)
	guardrails := filepath.Join(t.TempDir(), "guardrails.yaml")
	require.NoError(t, os.WriteFile(guardrails, []byte(noLatest), 0o600))
	server := startAudit(t, cluster(t).kubeconfig, true, "--guardrails", guardrails).evaluated(t)
	a := server.report(t, "")
	require.Len(t, a.Results, 1)
	assert.Equal(t, "image-latest-tag", a.Results[0].Validator)
	assert.Contains(t, server.log(), "the page is for this machine")
	r := cluster(t).kubectl(t, "", "get", "leases", "-A", "-o", "name").mustSucceed(t)
	assert.NotContains(t, r.stdout, "taffrail-audit")
}

// everyKind are checks that look at every kind that the audit may list, and at two that it may not.
const everyKind = `
apiVersion: taffrail.dev/v1alpha1
kind: Guardrail
metadata: {name: every-kind}
spec:
  validators:
  - {name: image-latest-tag}
  - {name: delete-protection}
  - {name: node-taints}
  - {name: network-policy-allow-all}
  - {name: ingress-hosts}
  - {name: hpa-bounds}
  - {name: pdb-blocks-drain}
  - {name: rbac-wildcards}
  - {name: rbac-anonymous-subjects}
  - {name: sensitive-config-map}
  - {name: service-account-token-secret}
`

// What is granted is enough for all but what must be granted by hand, and that is said.
func TestTheRightsOfTheAudit(t *testing.T) {
	parallel(t)
	define(t)
	kubeconfig := asAudit(t)
	apply(t, everyKind)
	server := startAudit(t, kubeconfig, true).evaluated(t)
	var left []string
	for _, note := range server.report(t, "").Notes {
		if rest, is := strings.CutPrefix(note, "could not list "); is {
			left = append(left, strings.SplitN(rest, ":", 2)[0])
		}
	}
	slices.Sort(left)
	assert.Equal(t, []string{"configmaps", "secrets"}, left)
	assert.Equal(t, "2", server.metric(t, "taffrail_audit_unlisted_kinds"))
	for _, verb := range []string{"create pods", "get secrets", "list secrets", "create clusterroles", "patch guardrails.taffrail.dev/status", "update leases -n default"} {
		args := append([]string{"auth", "can-i", "--kubeconfig", kubeconfig}, strings.Fields(verb)...)
		assert.Contains(t, cluster(t).kubectl(t, "", args...).stdout, "no", verb)
	}
}
