package plan

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/client-go/rest"

	"taffrail.dev/taffrail/guardrail"
	"taffrail.dev/taffrail/internal/audit"
	"taffrail.dev/taffrail/internal/cluster"
)

// apiServer answers with what there is at a path.
type apiServer map[string]string

func (s apiServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	text, is := s[r.URL.Path]
	if !is {
		w.WriteHeader(http.StatusForbidden)
		text = `{"kind":"Status","apiVersion":"v1","status":"Failure","reason":"Forbidden","message":"may not be listed","code":403}`
	}
	_, _ = w.Write([]byte(text))
}

func listOf(t *testing.T, items ...string) string {
	t.Helper()
	raw := []json.RawMessage{}
	for _, item := range items {
		raw = append(raw, json.RawMessage(item))
	}
	text, err := json.Marshal(map[string]any{"metadata": map[string]any{}, "items": raw})
	require.NoError(t, err)
	return string(text)
}

const webPod = `{"metadata":{"name":"web-5d4f-x","namespace":"shop","uid":"x","labels":{"pod-template-hash":"5d4f"},` +
	`"ownerReferences":[{"apiVersion":"apps/v1","kind":"ReplicaSet","name":"web-5d4f","uid":"rs","controller":true}]},"spec":{"containers":[{"name":"a","image":"nginx"}]}}`

// shop is a cluster with a Deployment and one of its Pods.
func shop(t *testing.T) apiServer {
	t.Helper()
	return apiServer{
		"/api":                      `{"kind":"APIVersions","versions":["v1"]}`,
		"/apis":                     `{"kind":"APIGroupList","groups":[{"name":"apps","versions":[{"groupVersion":"apps/v1","version":"v1"}],"preferredVersion":{"groupVersion":"apps/v1","version":"v1"}}]}`,
		"/api/v1":                   `{"kind":"APIResourceList","groupVersion":"v1","resources":[{"name":"pods","kind":"Pod","namespaced":true,"verbs":["list"]}]}`,
		"/apis/apps/v1":             `{"kind":"APIResourceList","groupVersion":"apps/v1","resources":[{"name":"deployments","kind":"Deployment","namespaced":true,"verbs":["list"]}]}`,
		"/api/v1/namespaces":        listOf(t, `{"metadata":{"name":"shop","uid":"shop"}}`),
		"/api/v1/pods":              listOf(t, webPod),
		"/apis/apps/v1/deployments": listOf(t, `{"metadata":{"name":"web","namespace":"shop","uid":"d"},"spec":{"template":{"spec":{"containers":[{"name":"a","image":"nginx"}]}}}}`),
	}
}

func clusterOf(t *testing.T, s apiServer) audit.Cluster {
	t.Helper()
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	clients := cluster.NewClients(&rest.Config{Host: server.URL})
	discovery, err := clients.Discovery()
	require.NoError(t, err)
	objects, err := clients.Unversioned()
	require.NoError(t, err)
	return audit.Cluster{Discovery: discovery, Objects: objects}
}

func TestWhatIsInAClusterIsCompared(t *testing.T) {
	looked := 0
	p, err := Live(t.Context(), clusterOf(t, shop(t)), none(), side(t, "new.yaml", only("image-latest-tag", "Deny")), LiveOptions{Progress: func(n int) { looked = n }})
	require.NoError(t, err)
	require.Len(t, p.Changes, 1, "the Pod is counted to its workload")
	assert.Equal(t, Workload{"Deployment", "shop", "web"}, p.Changes[0].Workload)
	assert.Equal(t, 2, p.Changes[0].Objects)
	require.Len(t, p.Changes[0].Findings, 1)
	assert.Equal(t, "spec.template.spec.containers[0].image", p.Changes[0].Findings[0].Path)
	assert.Equal(t, 2, p.Summary.Objects)
	assert.Equal(t, 2, looked)
	assert.Empty(t, p.Notes)
}

func TestWhatOfAClusterCannotBeListedIsSaid(t *testing.T) {
	s := shop(t)
	delete(s, "/apis/apps/v1/deployments")
	p, err := Live(t.Context(), clusterOf(t, s), none(), side(t, "new.yaml", only("image-latest-tag", "Deny")), LiveOptions{})
	require.NoError(t, err)
	assert.True(t, p.Refuses(), "the rest is complete")
	assert.Equal(t, []string{"could not list deployments.apps: may not be listed; the rest is complete"}, p.Notes)

	delete(s, "/api/v1/namespaces")
	_, err = Live(t.Context(), clusterOf(t, s), none(), none(), LiveOptions{})
	assert.EqualError(t, err, "listing Namespaces, whose labels decide what is evaluated: may not be listed")
}

func TestExcludedNamespacesOfAClusterBecomeNoDifferent(t *testing.T) {
	p, err := Live(t.Context(), clusterOf(t, shop(t)), none(), side(t, "new.yaml", only("image-latest-tag", "Deny")), LiveOptions{ExcludedNamespaces: []string{"shop"}})
	require.NoError(t, err)
	assert.Empty(t, p.Changes)
	assert.Equal(t, 2, p.Summary.Objects)
	assert.Zero(t, p.Summary.Evaluated)
}

func TestAPreviewIsOfWhatSomebodyHasWritten(t *testing.T) {
	at := clusterOf(t, shop(t))
	p, err := Preview(t.Context(), at, guardrail.Objects{}, []byte(only("image-latest-tag", "Deny")))
	require.NoError(t, err)
	assert.True(t, p.Refuses())
	p, err = Preview(t.Context(), at, side(t, "stored", only("image-latest-tag", "Deny")).Objects, []byte(only("image-latest-tag", "Warn")))
	require.NoError(t, err)
	assert.Equal(t, map[What]int{NoLongerRefused: 2}, p.Summary.Changes)
	_, err = Preview(t.Context(), at, guardrail.Objects{}, []byte(only("no-such-check", "Deny")))
	assert.ErrorContains(t, err, "must be a name of the catalogue")
}
