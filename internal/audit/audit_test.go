package audit

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unique"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/guardrail"
	"taffrail.dev/taffrail/internal/cluster"
)

const latest = `
apiVersion: taffrail.dev/v1alpha1
kind: Guardrail
metadata: {name: ours}
spec:
  validators: [{name: image-latest-tag}]
`

// apiServer serves Namespaces, Pods and Deployments in pages of two, with what only a broken or a
// strict API server shows.
type apiServer struct {
	objects   map[string][]string // by the path of the list
	forbidden map[string]bool
	expires   string // the continue token that is answered with 410, and the rest with another
}

func (s *apiServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	switch r.URL.Path {
	case "/api":
		_, _ = w.Write([]byte(`{"kind":"APIVersions","versions":["v1"]}`))
	case "/apis":
		_, _ = w.Write([]byte(`{"kind":"APIGroupList","groups":[{"name":"apps","versions":[{"groupVersion":"apps/v1","version":"v1"}],"preferredVersion":{"groupVersion":"apps/v1","version":"v1"}}]}`))
	case "/api/v1":
		_, _ = w.Write([]byte(`{"kind":"APIResourceList","groupVersion":"v1","resources":[
			{"name":"namespaces","kind":"Namespace","verbs":["list"]},{"name":"pods","kind":"Pod","namespaced":true,"verbs":["list"]},
			{"name":"pods/exec","kind":"PodExecOptions","namespaced":true,"verbs":["create"]},{"name":"nodes","kind":"Node","verbs":["list"]}]}`))
	case "/apis/apps/v1":
		_, _ = w.Write([]byte(`{"kind":"APIResourceList","groupVersion":"apps/v1","resources":[{"name":"deployments","kind":"Deployment","namespaced":true,"verbs":["list"]}]}`))
	default:
		s.list(w, r)
	}
}

func (s *apiServer) list(w http.ResponseWriter, r *http.Request) {
	if s.forbidden[r.URL.Path] {
		refuse(w, http.StatusForbidden, metav1.StatusReasonForbidden, "deployments.apps is forbidden", "")
		return
	}
	token := r.URL.Query().Get("continue")
	if token != "" && token == s.expires {
		refuse(w, http.StatusGone, metav1.StatusReasonExpired, "too old", "9"+token)
		return
	}
	from, _ := strconv.Atoi(token)
	items := s.objects[r.URL.Path]
	from = min(from%90, len(items))
	to := min(from+2, len(items))
	meta := map[string]any{}
	if to < len(items) {
		meta["continue"], meta["remainingItemCount"] = strconv.Itoa(to), len(items)-to
	}
	raw := []json.RawMessage{}
	for _, item := range items[from:to] {
		raw = append(raw, json.RawMessage(item))
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"metadata": meta, "items": raw})
}

func refuse(w http.ResponseWriter, code int, reason metav1.StatusReason, message, token string) {
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(metav1.Status{
		TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Status"}, ListMeta: metav1.ListMeta{Continue: token},
		Status: metav1.StatusFailure, Reason: reason, Message: message, Code: int32(code),
	})
}

func runOn(t *testing.T, s *apiServer, guardrails string) *Report {
	t.Helper()
	return runWith(t, s, guardrails, nil)
}

func clusterOf(t *testing.T, s http.Handler) Cluster {
	t.Helper()
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	clients := cluster.NewClients(&rest.Config{Host: server.URL, QPS: 10_000, Burst: 10_000})
	discovery, err := clients.Discovery()
	require.NoError(t, err)
	objects, err := clients.Unversioned()
	require.NoError(t, err)
	return Cluster{discovery, objects}
}

func runWith(t *testing.T, s *apiServer, guardrails string, progress func(Progress)) *Report {
	t.Helper()
	parsed, err := guardrail.Parse("guardrails", []byte(guardrails))
	require.NoError(t, err)
	report, err := Run(t.Context(), clusterOf(t, s), Options{Guardrails: parsed, Progress: progress, Now: func() time.Time { return today }})
	require.NoError(t, err)
	return report
}

func pod(name, owner string) string {
	owners := ""
	if owner != "" {
		owners = fmt.Sprintf(`,"ownerReferences":[{"apiVersion":"apps/v1","kind":"Deployment","name":%q,"uid":%q,"controller":true}]`, owner, owner)
	}
	return fmt.Sprintf(`{"metadata":{"name":%[1]q,"namespace":"shop","uid":%[1]q%[2]s},"spec":{"containers":[{"name":"web","image":"nginx"}]}}`, name, owners)
}

func deployment(name string) string {
	return fmt.Sprintf(`{"metadata":{"name":%[1]q,"namespace":"shop","uid":%[1]q},"spec":{"template":{"spec":{"containers":[{"name":"web","image":"nginx"}]}}}}`, name)
}

func shop() *apiServer {
	return &apiServer{forbidden: map[string]bool{}, objects: map[string][]string{
		"/api/v1/namespaces":        {`{"metadata":{"name":"shop","uid":"shop"}}`, `{"metadata":{"name":"kube-system","uid":"ks"}}`},
		"/api/v1/pods":              {pod("a", "web"), pod("b", "web"), pod("c", "web"), pod("d", ""), pod("e", "gone")},
		"/apis/apps/v1/deployments": {deployment("web")},
	}}
}

var today = time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC)

// counted are the owners of findings, and how many objects have each.
func counted(r *Report) map[string]int {
	all := map[string]int{}
	for _, f := range r.Results {
		all[f.Owner.Kind+"/"+f.Owner.Name] += f.Objects
	}
	return all
}

func TestFindingsOfPodsAreCountedToTheirWorkload(t *testing.T) {
	r := runOn(t, shop(), latest)
	assert.Equal(t, map[string]int{"Deployment/web": 4, "Pod/d": 1, "Deployment/gone": 1}, counted(r))
	assert.Equal(t, 3, r.Summary.Denied)
	assert.Equal(t, 6, r.Summary.Objects, "no check looks at Nodes")
}

func TestProgressIsToldAfterEachPage(t *testing.T) {
	var told []Progress
	runWith(t, shop(), latest, func(p Progress) { told = append(told, p) })
	for i, p := range told {
		assert.LessOrEqual(t, p.Objects, p.AllObjects, "%+v", p)
		if i > 0 {
			assert.GreaterOrEqual(t, p.Objects, told[i-1].Objects)
		}
	}
	assert.True(t, slices.ContainsFunc(told, func(p Progress) bool { return p.AllObjects-p.Objects == 3 }), "what is left of a list is known from its first page on")
	assert.Equal(t, Progress{2, 2, 6, 6}, told[len(told)-1])
}

func TestAListGoesOnAfterItsVersionHasExpired(t *testing.T) {
	s := shop()
	s.expires = "2"
	assert.Equal(t, 4, counted(runOn(t, s, latest))["Deployment/web"])
}

func TestWhatMayNotBeListedIsSaid(t *testing.T) {
	s := shop()
	s.forbidden["/apis/apps/v1/deployments"] = true
	r := runOn(t, s, latest)
	assert.Equal(t, []string{"could not list deployments.apps: deployments.apps is forbidden; the rest is complete"}, r.Notes)
	assert.Equal(t, 3, counted(r)["Deployment/web"], "the Pods are known to be of it all the same")
}

func TestExcludedNamespacesAreCounted(t *testing.T) {
	s := shop()
	s.objects["/api/v1/pods"] = []string{`{"metadata":{"name":"dns","namespace":"kube-system","uid":"dns"},"spec":{"containers":[{"name":"dns","image":"dns"}]}}`}
	s.objects["/apis/apps/v1/deployments"] = nil
	r := runOn(t, s, latest)
	assert.Empty(t, r.Results)
	assert.Equal(t, 1, r.Summary.Excluded)
}

func TestRulesThatAskWhoSendsARequestAreLeftOut(t *testing.T) {
	r := runOn(t, shop(), latest+`
  rules:
  - name: not-by-hand
    resources: [{apiGroups: [""], apiVersions: [v1], resources: [pods], operations: [CREATE]}]
    expression: request.userInfo.username.startsWith("system:")
    message: must not be made by hand
`)
	assert.Equal(t, []string{"Guardrail ours: the rule not-by-hand is left out: it asks who sends a request"}, r.Notes)
	assert.Equal(t, 3, r.Summary.Denied)
}

func TestOwnersInACircle(t *testing.T) {
	above := map[types.UID]Object{"a": {Name: "b", UID: "b"}, "b": {Name: "a", UID: "a"}}
	find := func(uid types.UID) (Object, unique.Handle[Object], bool) {
		return Object{UID: uid}, unique.Make(above[uid]), true
	}
	o := owners{find, map[unique.Handle[Object]]Object{}}
	assert.NotPanics(t, func() { o.lastOf(Object{UID: "a"}, unique.Make(above["a"])) })
}

const exempting = `
---
apiVersion: taffrail.dev/v1alpha1
kind: Exemption
metadata: {name: old-web, namespace: shop, creationTimestamp: "2026-11-01T00:00:00Z"}
spec: {validators: [image-latest-tag], names: [web], reason: it moves in spring, owner: team-shop, expires: "2027-01-15"}
`

func TestAReportCountsByNamespaceGuardrailAndExemption(t *testing.T) {
	s := shop()
	s.objects["/api/v1/pods"] = append(s.objects["/api/v1/pods"],
		`{"metadata":{"name":"good","namespace":"shop","uid":"good"},"spec":{"containers":[{"name":"web","image":"nginx:1.27"}]}}`,
		`{"metadata":{"name":"dns","namespace":"kube-system","uid":"dns"},"spec":{"containers":[{"name":"dns","image":"dns"}]}}`)
	r := runOn(t, s, strings.Replace(latest, "image-latest-tag", "image-latest-tag, enforceFrom: \"2020-01-01\"", 1)+exempting)
	shop := Summary{Objects: 7, Evaluated: 7, Passed: 1, Denied: 2, Exempted: 4}
	all := shop
	all.Objects, all.Excluded = 8, 1
	assert.Equal(t, all, r.Summary)
	assert.Equal(t, []NamespaceSummary{{"kube-system", Summary{Objects: 1, Excluded: 1}}, {"shop", shop}}, r.Namespaces)
	from := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	assert.Equal(t, []GuardrailSummary{{
		Name: "ours", Validators: []ValidatorSummary{{Name: "image-latest-tag", Action: v1alpha1.Deny, EnforceFrom: &from}},
		Objects: 7, Denied: 2, Exempted: 4,
	}}, r.Guardrails)
	expires := time.Date(2027, 1, 15, 0, 0, 0, 0, time.UTC)
	assert.Equal(t, []ExemptionSummary{{
		Name: "old-web", Namespace: "shop", Owner: "team-shop", Reason: "it moves in spring", Expires: &expires, Used: 4,
	}}, r.Exemptions)
	assert.Equal(t, today, r.Time)
}

func TestAFixIsKeptAsItIsWritten(t *testing.T) {
	s := shop()
	s.objects["/api/v1/pods"] = nil
	r := runOn(t, s, `
apiVersion: taffrail.dev/v1alpha1
kind: Guardrail
metadata: {name: ours}
spec:
  validators: [{name: automount-service-account-token}]
`)
	require.Len(t, r.Results, 1)
	fix, err := json.Marshal(r.Results[0].Fix)
	require.NoError(t, err)
	assert.JSONEq(t, `[{"op":"add","path":"/spec/template/spec/automountServiceAccountToken","value":false}]`, string(fix))
}
