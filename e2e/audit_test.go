//go:build e2e && !kind

package e2e

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// audited is what `taffrail audit -o json` prints.
type audited struct {
	Results []struct {
		Guardrail, Validator, Action, Path, Message, Kind, Namespace, Name string
		Owner                                                              struct{ Kind, Namespace, Name string }
		Objects                                                            int
	}
	Summary struct{ Objects, Evaluated, Excluded, Denied, Exempted int }
	Notes   []string
}

func auditOf(t *testing.T, args ...string) (audited, result) {
	t.Helper()
	r := program(t, append([]string{"audit", "-o", "json", "--kubeconfig", cluster(t).kubeconfig}, args...)...)
	require.Contains(t, []int{0, 1}, r.exitCode, "%s", r)
	var a audited
	require.NoError(t, json.Unmarshal([]byte(r.stdout), &a), "%s", r)
	return a, r
}

// deploymentWithPods makes a Deployment and the Pods that a controller would make of it.
func deploymentWithPods(t *testing.T, namespace string) {
	t.Helper()
	apply(t, `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: `+namespace+`}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: nginx}]}
`)
	uid := cluster(t).kubectl(t, "", "get", "deployment/web", "-n", namespace, "-o", "jsonpath={.metadata.uid}").mustSucceed(t).stdout
	for _, name := range []string{"web-1", "web-2"} {
		apply(t, `
apiVersion: v1
kind: Pod
metadata:
  name: `+name+`
  namespace: `+namespace+`
  ownerReferences: [{apiVersion: apps/v1, kind: Deployment, name: web, uid: `+uid+`, controller: true}]
spec: {containers: [{name: web, image: nginx}]}
`)
	}
}

// With nothing installed, what is there is evaluated by guardrails of a file.
func TestAuditSaysWhatIsThere(t *testing.T) {
	parallel(t)
	namespace := cluster(t).namespace(t)
	deploymentWithPods(t, namespace)
	guardrails := filepath.Join(t.TempDir(), "guardrails.yaml")
	require.NoError(t, os.WriteFile(guardrails, []byte(noLatest), 0o600))

	a, r := auditOf(t, "--guardrails", guardrails)
	assert.Equal(t, 1, r.exitCode)
	assert.Contains(t, r.stderr, "server https://")
	require.Len(t, a.Results, 1, "%s", r)
	found := a.Results[0]
	assert.Equal(t, "image-latest-tag", found.Validator)
	assert.Equal(t, "spec.template.spec.containers[0].image", found.Path, "where somebody can mend it")
	assert.Equal(t, "web", found.Owner.Name)
	assert.Equal(t, 3, found.Objects, "the Pods are counted to their workload")

	text := program(t, "audit", "--kubeconfig", cluster(t).kubeconfig, "--guardrails", guardrails)
	assert.Contains(t, text.stdout, namespace+"/Deployment/web\n  Deny image-latest-tag: spec.template.spec.containers[0].image: ", "%s", text)
}
