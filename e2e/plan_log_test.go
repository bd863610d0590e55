//go:build e2e && !kind

package e2e

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/client-go/rest"
)

// auditPolicy is that of docs/plan.md.
func auditPolicy(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../docs/plan.md")
	require.NoError(t, err)
	_, rest, found := strings.Cut(string(text), "```yaml\napiVersion: audit.k8s.io/v1\n")
	require.True(t, found)
	policy, _, _ := strings.Cut(rest, "```")
	return "apiVersion: audit.k8s.io/v1\n" + policy
}

const planned = `
apiVersion: taffrail.dev/v1alpha1
kind: Guardrail
metadata: {name: planned}
spec:
  validators:
  - {name: image-latest-tag}
  - {name: pod-exec}
  - {name: min-replicas, action: Warn}
  rules:
  - name: who-may-evict
    resources: [{apiGroups: [""], apiVersions: [v1], resources: [pods/eviction], operations: [CREATE]}]
    expression: request.userInfo.username != "mallory"
    message: must be somebody else
  - name: no-frozen-config
    resources: [{apiGroups: [""], apiVersions: [v1], resources: [configmaps], operations: [CREATE]}]
    expression: "!has(object.immutable) || !object.immutable"
    message: must not be immutable
`

// sent is a request to the API server. NS in it is the namespace.
type sent struct {
	id, method, path, body, as string
	contentType                string
	// base says that it only makes what other requests are about.
	base bool
}

const (
	apiPods  = "/api/v1/namespaces/NS/pods"
	apiApps  = "/apis/apps/v1/namespaces/NS/deployments"
	badPod   = `"spec":{"containers":[{"name":"a","image":"nginx"}]}`
	goodPod  = `"spec":{"containers":[{"name":"a","image":"nginx:1.27"}]}`
	template = `"selector":{"matchLabels":{"app":"a"}},"template":{"metadata":{"labels":{"app":"a"}},`
)

func deployment(name, pod string, replicas string) string {
	return `{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"` + name + `"},"spec":{"replicas":` + replicas + `,` + template + pod + `}}}`
}

func onePod(name, pod string) string {
	return `{"apiVersion":"v1","kind":"Pod","metadata":{"name":"` + name + `"},` + pod + `}`
}

// requests are those that are logged, and sent again when the Guardrail is in force.
var requests = []sent{
	{id: "base-good-pod", method: "POST", path: apiPods, body: onePod("base-good", goodPod), base: true},
	{id: "base-bad-pod", method: "POST", path: apiPods, body: onePod("base-bad", badPod), base: true},
	{id: "base-good", method: "POST", path: apiApps, body: deployment("was-good", goodPod, "2"), base: true},
	{id: "base-bad", method: "POST", path: apiApps, body: deployment("was-bad", badPod, "2"), base: true},
	{id: "base-patched", method: "POST", path: apiApps, body: deployment("was-patched", goodPod, "2"), base: true},
	{id: "base-patch", method: "PATCH", path: apiApps + "/was-patched", body: `{"metadata":{"labels":{"a":"b"}}}`, contentType: "application/merge-patch+json", base: true},

	{id: "good-pod", method: "POST", path: apiPods, body: onePod("good", goodPod)},
	{id: "bad-pod", method: "POST", path: apiPods, body: onePod("bad", badPod)},
	{id: "bad-pod-generated", method: "POST", path: apiPods, body: strings.Replace(onePod("bad-", badPod), `"name":"bad-"`, `"generateName":"bad-"`, 1)},
	{id: "bad-pod-dry-run", method: "POST", path: apiPods + "?dryRun=All", body: onePod("bad-dry", badPod)},
	{id: "bad-pod-refused-by-another", method: "POST", path: strings.Replace(apiPods, "NS", "STRICT", 1), body: onePod("bad", badPod)},
	{id: "bad-pod-without-rights", method: "POST", path: apiPods, body: onePod("bad-mine", badPod), as: "nobody"},
	{id: "good-deployment", method: "POST", path: apiApps, body: deployment("good", goodPod, "2")},
	{id: "bad-deployment", method: "POST", path: apiApps, body: deployment("bad", badPod, "2")},
	{id: "warned-deployment", method: "POST", path: apiApps, body: deployment("warned", goodPod, "1")},
	{id: "good-becomes-bad", method: "PUT", path: apiApps + "/was-good", body: deployment("was-good", badPod, "2")},
	{id: "bad-stays-bad", method: "PUT", path: apiApps + "/was-bad", body: deployment("was-bad", badPod, "3")},
	{id: "patched-becomes-bad", method: "PUT", path: apiApps + "/was-patched", body: deployment("was-patched", badPod, "2")},
	{id: "patch", method: "PATCH", path: apiApps + "/was-bad", body: `{"spec":{"replicas":4}}`, contentType: "application/merge-patch+json"},
	{id: "conflict", method: "PUT", path: apiApps + "/was-bad", body: strings.Replace(deployment("was-bad", badPod, "5"), `"name":`, `"resourceVersion":"1","name":`, 1)},
	{id: "evicts", method: "POST", path: apiPods + "/base-good/eviction", body: `{"apiVersion":"policy/v1","kind":"Eviction","metadata":{"name":"base-good"}}`},
	{id: "evicts-and-must-not", method: "POST", path: apiPods + "/base-bad/eviction", body: `{"apiVersion":"policy/v1","kind":"Eviction","metadata":{"name":"base-bad"}}`, as: "mallory"},
	{id: "exec", method: "POST", path: apiPods + "/good/exec?command=sh&container=a&stdout=true"},
	{id: "exec-by-websocket", method: "GET", path: apiPods + "/good/exec?command=sh&container=a&stdout=true"},
	{id: "config", method: "POST", path: "/api/v1/namespaces/NS/configmaps", body: `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"frozen"},"immutable":true}`},
	{id: "delete", method: "DELETE", path: apiPods + "/base-bad"},
}

// send sends a request under an audit ID of ours, and tells what was answered.
func (s *sent) send(t *testing.T, namespace, round string) (code int, message string) {
	t.Helper()
	config := cluster(t).config
	client, err := rest.HTTPClientFor(config)
	require.NoError(t, err)
	path := strings.NewReplacer("NS", namespace, "STRICT", "strict").Replace(s.path)
	request, err := http.NewRequestWithContext(t.Context(), s.method, strings.TrimSuffix(config.Host, "/")+path, strings.NewReader(s.body))
	require.NoError(t, err)
	request.Header.Set("Audit-ID", round+s.id)
	request.Header.Set("Content-Type", "application/json")
	if s.contentType != "" {
		request.Header.Set("Content-Type", s.contentType)
	}
	if s.as != "" {
		request.Header.Set("Impersonate-User", s.as)
	}
	answer, err := client.Do(request)
	require.NoError(t, err)
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	return answer.StatusCode, string(body)
}

// TestPlanNamesTheRequestsThatAreRefused: what `taffrail plan` says of an audit log is what becomes
// of the same requests once the Guardrail is in force.
func TestPlanNamesTheRequestsThatAreRefused(t *testing.T) {
	parallel(t)
	dir := t.TempDir()
	policy, log := filepath.Join(dir, "policy.yaml"), filepath.Join(dir, "audit.log")
	require.NoError(t, os.WriteFile(policy, []byte(auditPolicy(t)), 0o600))
	useControlPlane(t, map[string][]string{"audit-policy-file": {policy}, "audit-log-path": {log}, "audit-log-mode": {"blocking"}})
	for _, name := range []string{"first", "second", "third", "strict"} {
		cluster(t).kubectl(t, "", "create", "namespace", name).mustSucceed(t)
		cluster(t).kubectl(t, "", "create", "clusterrolebinding", "mallory-"+name, "--clusterrole=cluster-admin", "--user=mallory").mustSucceed(t)
	}
	cluster(t).kubectl(t, "", "label", "namespace", "strict", "pod-security.kubernetes.io/enforce=restricted").mustSucceed(t)
	for i := range requests {
		requests[i].send(t, "first", "")
	}
	recorded := filepath.Join(dir, "recorded.log")
	text, err := os.ReadFile(log)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(recorded, text, 0o600))
	guardrail := filepath.Join(dir, "guardrail.yaml")
	require.NoError(t, os.WriteFile(guardrail, []byte(planned), 0o600))

	r := program(t, "plan", "none", guardrail, "--audit-log", recorded, "-o", "json")
	require.Equal(t, 1, r.exitCode, "%s", r)
	var plan struct {
		Changes []struct {
			Change   string
			Requests []struct{ AuditID string }
		}
		Log struct {
			NotReplayed []struct {
				Reason   string
				Requests int
			}
		}
	}
	require.NoError(t, json.Unmarshal([]byte(r.stdout), &plan), "%s", r)
	said := map[string][]string{}
	for _, change := range plan.Changes {
		for _, request := range change.Requests {
			said[change.Change] = append(said[change.Change], request.AuditID)
		}
	}

	refused, perhaps := sendAgain(t)
	assert.ElementsMatch(t, refused, said["newlyRefused"], "what the Guardrail refuses\n%s", r)
	assert.ElementsMatch(t, perhaps, said["perhapsRefused"])
	assert.Contains(t, said["newlyWarned"], "warned-deployment")
	not := map[string]int{}
	for _, n := range plan.Log.NotReplayed {
		not[n.Reason] = n.Requests
	}
	assert.GreaterOrEqual(t, not["patch"], 2, "%v", not)
	assert.GreaterOrEqual(t, not["noBody"], 1, "ConfigMaps are logged without their objects: %v", not)
	assert.GreaterOrEqual(t, not["forbidden"], 1, "%v", not)
	assert.GreaterOrEqual(t, not["failed"], 1, "%v", not)
}

// sendAgain sends the requests once more, the Guardrail being in force, and tells those that it
// refuses. What they are about is made before it is.
func sendAgain(t *testing.T) (refused, perhaps []string) {
	t.Helper()
	for i := range requests {
		if requests[i].base {
			requests[i].send(t, "second", "again-")
		}
	}
	// What another plugin refused is only for us to refuse now.
	cluster(t).kubectl(t, "", "label", "namespace", "strict", "pod-security.kubernetes.io/enforce-").mustSucceed(t)
	serveCluster(t, 1)
	apply(t, planned)
	require.Eventually(t, func() bool {
		probe := sent{id: "probe", method: "POST", path: apiPods + "?dryRun=All", body: onePod("probe", badPod)}
		code, _ := probe.send(t, "third", "probe-")
		exec := sent{id: "probe-exec", method: "POST", path: apiPods + "/probe/exec?command=sh"}
		_, message := exec.send(t, "second", "probe-")
		return code == http.StatusForbidden && strings.Contains(message, "denied the request")
	}, soon, interval, "the Guardrail holds")
	for i := range requests {
		s := &requests[i]
		namespace := "second"
		if s.base {
			namespace = "third"
		}
		code, message := s.send(t, namespace, "again-")
		if code != http.StatusForbidden || !strings.Contains(message, "taffrail.dev\\\" denied the request") {
			continue
		}
		switch s.id {
		case "config", "patch", "delete": // which no log has
		case "patched-becomes-bad":
			perhaps = append(perhaps, s.id)
		default:
			refused = append(refused, s.id)
		}
	}
	slices.Sort(refused)
	return refused, perhaps
}
