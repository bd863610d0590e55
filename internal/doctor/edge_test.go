package doctor

import (
	"encoding/json"
	"encoding/pem"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	appsv1 "k8s.io/api/apps/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/guardrail"
	"taffrail.dev/taffrail/internal/cluster/apitest"
	"taffrail.dev/taffrail/internal/names"
	"taffrail.dev/taffrail/internal/registration"
)

// edge is an API server with an installation, and what it says where it holds nothing.
type edge struct {
	*apitest.Server

	mu      sync.Mutex
	may     func(right) bool       // what the ServiceAccount may do
	refusal *apierrors.StatusError // of a Guardrail with a mistake; nil lets it in
	metrics string                 // of every replica
}

const failedCalling = `failed calling webhook "validate.taffrail.dev": failed to call webhook: Post "https://taffrail.taffrail-system.svc:443/validate?timeout=2s": `

// healthy starts one in which all is well.
func healthy(t *testing.T) *edge {
	t.Helper()
	e := &edge{
		Server: apitest.New(t, fixture(t, "running.yaml")...),
		may:    func(r right) bool { return !slices.Contains(forbidden, r) },
		refusal: apierrors.NewForbidden(schema.GroupResource{Group: "taffrail.dev", Resource: "guardrails"}, "taffrail-doctor-x",
			errors.New(`admission webhook "`+names.OwnKindsWebhook+`" denied the request: spec.validators[0].name: Not found`)),
		metrics: `taffrail_build_info{version="v1.0.0"} 1`,
	}
	authority, _ := signed(t, nil, nil, now.Add(365*24*time.Hour))
	e.trust(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: authority.Raw}))
	e.Put(&corev1.Service{ObjectMeta: metav1.ObjectMeta{Namespace: names.Namespace, Name: names.Name}})
	e.Put(&corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: names.Namespace, Name: names.Authority},
		Data:       map[string][]byte{corev1.TLSCertKey: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: authority.Raw})},
	})
	g := guardrail.Default().Guardrails[0]
	g.Generation = 1
	g.Status = v1alpha1.GuardrailStatus{ObservedGeneration: 1, Conditions: []metav1.Condition{{
		Type: v1alpha1.ConditionReady, Status: metav1.ConditionTrue, Reason: v1alpha1.ReasonInForce, ObservedGeneration: 1, LastTransitionTime: metav1.NewTime(now),
	}}}
	e.Put(&g)
	for _, name := range definitionNames {
		d, err := broughtAlong(name)
		require.NoError(t, err)
		require.NoError(t, unstructured.SetNestedSlice(d.Object, []any{map[string]any{"type": "Established", "status": "True"}}, "status", "conditions"))
		e.Put(d)
	}
	e.Answer(e.answer)
	return e
}

// trust has the leader's configurations there, with a caBundle.
func (e *edge) trust(bundle []byte) {
	watched := []guardrail.Watched{}
	if set, err := guardrail.Compile(guardrail.Default(), guardrail.Options{}); err == nil {
		watched = set.Resources()
	}
	mutating := registration.Mutating(guardrail.DefaultExcludedNamespaces, registration.Mutated{Completes: true})
	validating := registration.Validating(append([]string{"calico-system"}, guardrail.DefaultExcludedNamespaces...), watched)
	owner := []metav1.OwnerReference{{APIVersion: "v1", Kind: "Namespace", Name: names.Namespace, UID: "u"}}
	for _, meta := range []*metav1.ObjectMeta{&mutating.ObjectMeta, &validating.ObjectMeta} {
		meta.OwnerReferences, meta.ManagedFields = owner, []metav1.ManagedFieldsEntry{{Manager: names.Name}}
	}
	for i := range mutating.Webhooks {
		mutating.Webhooks[i].ClientConfig.CABundle = bundle
	}
	for i := range validating.Webhooks {
		validating.Webhooks[i].ClientConfig.CABundle = bundle
	}
	e.Put(mutating)
	e.Put(validating)
}

func (e *edge) answer(w http.ResponseWriter, r *http.Request) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	w.Header().Set("Content-Type", runtime.ContentTypeJSON)
	switch {
	case strings.HasSuffix(r.URL.Path, "/proxy/metrics"):
		w.Header().Set("Content-Type", "text/plain; version=0.0.4")
		_, _ = io.WriteString(w, e.metrics)
	case r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/subjectaccessreviews"):
		review := &authorizationv1.SubjectAccessReview{}
		_ = json.NewDecoder(r.Body).Decode(review)
		a := review.Spec.ResourceAttributes
		asked := right{verb: a.Verb, group: a.Group, resource: a.Resource, name: a.Name, namespace: a.Namespace}
		if a.Subresource != "" {
			asked.resource += "/" + a.Subresource
		}
		review.Status.Allowed = review.Spec.User == "system:serviceaccount:taffrail-system:taffrail" && e.may(asked)
		review.TypeMeta = metav1.TypeMeta{APIVersion: "authorization.k8s.io/v1", Kind: "SubjectAccessReview"}
		_ = json.NewEncoder(w).Encode(review)
	case r.Method == http.MethodPost && r.URL.Query().Get("dryRun") == metav1.DryRunAll && e.refusal != nil:
		apitest.Refuse(w, e.refusal)
	default:
		return false
	}
	return true
}

// installation is it as doctor sees it.
func (e *edge) installation(t *testing.T) *Installation {
	t.Helper()
	i, err := New(e.Config(), "v1.0.0", false)
	require.NoError(t, err)
	i.Now = func() time.Time { return now }
	return i
}

// examined is what doctor says of it, by check.
func (e *edge) examined(t *testing.T) map[string]Result {
	t.Helper()
	byName := map[string]Result{}
	for _, result := range Examine(t.Context(), e.installation(t)).Results {
		byName[result.Check] = result
	}
	return byName
}

func TestADoctorOfAHealthyInstallation(t *testing.T) {
	for name, result := range healthy(t).examined(t) {
		assert.Empty(t, result.NotDone, name)
		for _, f := range result.Findings {
			assert.Equal(t, Note, f.Level, "%s: %+v", name, f)
		}
	}
}

// What is wrong, and which check says it in which words. The API server says the rest of it.
func TestADoctorOfABrokenInstallation(t *testing.T) {
	namespace := func() *corev1.Namespace {
		return &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: names.Namespace}}
	}
	object := metav1.ObjectMeta{Namespace: names.Namespace, Name: names.Name}
	validating := func(e *edge, change func(*admissionregistrationv1.ValidatingWebhookConfiguration)) {
		c := &admissionregistrationv1.ValidatingWebhookConfiguration{ObjectMeta: metav1.ObjectMeta{Name: names.Name}}
		e.Load(c)
		change(c)
		e.Put(c)
	}
	lease := func(e *edge, change func(*coordinationv1.LeaseSpec)) {
		l := &coordinationv1.Lease{ObjectMeta: metav1.ObjectMeta{Namespace: names.Namespace, Name: names.Lease}}
		e.Load(l)
		change(&l.Spec)
		e.Put(l)
	}
	definition := func(change func(map[string]any)) func(*edge) {
		return func(e *edge) {
			d, err := broughtAlong(names.GuardrailDefinition)
			require.NoError(t, err)
			change(d.Object)
			e.Put(d)
		}
	}
	conditions := func(d map[string]any, all ...any) { d["status"] = map[string]any{"conditions": all} }
	ca := func(end time.Time) []byte {
		c, _ := signed(t, nil, nil, end)
		return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})
	}
	cannot := func(words string) func(*edge) {
		return func(e *edge) { e.refusal = apierrors.NewInternalError(errors.New(failedCalling + words)) }
	}
	for name, test := range map[string]struct {
		broken func(*edge)
		check  Check
		says   string
	}{
		"the Namespace is being deleted": {func(e *edge) {
			n := namespace()
			n.DeletionTimestamp = new(metav1.NewTime(now))
			e.Put(n)
		}, installed, "it is being deleted"},
		"the Namespace is gone":  {func(e *edge) { e.Remove(namespace()) }, installed, "it is not there"},
		"the Service is gone":    {func(e *edge) { e.Remove(&corev1.Service{ObjectMeta: object}) }, installed, "it is not there"},
		"the Deployment is gone": {func(e *edge) { e.Remove(&appsv1.Deployment{ObjectMeta: object}) }, installed, "it is not there"},
		"nothing has the API server ask": {func(e *edge) {
			e.Remove(&admissionregistrationv1.ValidatingWebhookConfiguration{ObjectMeta: metav1.ObjectMeta{Name: names.Name}})
		}, installed, "the API server does not ask Taffrail"},
		"a definition's names are taken": {definition(func(d map[string]any) {
			conditions(d, map[string]any{"type": "NamesAccepted", "status": "False", "message": "\"gr\" is already in use"})
		}), installed, `it is not established: "gr" is already in use`},
		"a definition is new": {definition(func(map[string]any) {}), installed, "it is not established: its status says nothing"},
		"a definition is old": {definition(older), definitions, "it lacks, or has otherwise, .v1alpha1.openAPIV3Schema.properties.spec.properties.validators"},
		"GitOps writes it too": {func(e *edge) {
			validating(e, func(c *admissionregistrationv1.ValidatingWebhookConfiguration) {
				c.ManagedFields = append(c.ManagedFields, metav1.ManagedFieldsEntry{Manager: "argocd"})
			})
		}, configurations, `"argocd" writes it too`},
		"nobody owns it": {func(e *edge) {
			validating(e, func(c *admissionregistrationv1.ValidatingWebhookConfiguration) { c.OwnerReferences = nil })
		}, configurations, "no Namespace owns it"},
		"the leader leaves it alone": {func(e *edge) {
			validating(e, func(c *admissionregistrationv1.ValidatingWebhookConfiguration) {
				c.Annotations = map[string]string{registration.Unmanaged: ""}
			})
		}, configurations, "the leader leaves it alone"},
		"the leader is silent": {func(e *edge) {
			lease(e, func(l *coordinationv1.LeaseSpec) { l.RenewTime = new(metav1.NewMicroTime(now.Add(-time.Hour))) })
		}, leaderElection, "has not been heard of since 2026-11-20T11:00:00Z"},
		"the leader was never heard":   {func(e *edge) { lease(e, func(l *coordinationv1.LeaseSpec) { l.RenewTime = nil }) }, leaderElection, "has not been heard of since ever"},
		"nobody leads":                 {func(e *edge) { lease(e, func(l *coordinationv1.LeaseSpec) { l.HolderIdentity = new("") }) }, leaderElection, "no replica leads"},
		"the authority has expired":    {func(e *edge) { e.trust(ca(now.Add(-time.Minute))) }, certificate, "the certificate expired 2026-11-20T11:59:00Z"},
		"another authority is trusted": {func(e *edge) { e.trust(ca(now.Add(365 * 24 * time.Hour))) }, certificate, "its caBundle does not vouch for the certificate Secret taffrail-system/taffrail-ca"},
		"a replica's certificate ends": {func(e *edge) { e.metrics = "taffrail_certificate_expiry_timestamp_seconds{certificate=\"serving\"} 1" }, certificate, "the certificate expired 1970-01-01T00:00:01Z"},
		"the Service has no endpoints": {func(e *edge) {
			e.Remove(&discoveryv1.EndpointSlice{ObjectMeta: metav1.ObjectMeta{Namespace: names.Namespace, Name: "taffrail-1"}})
		}, endpoints, "no replica is ready"},
		"and the API server says so": {cannot(`no endpoints available for service "taffrail"`), reachability, "the Service has no endpoints"},
		"TLS fails":                  {cannot("tls: failed to verify certificate: x509: certificate has expired"), reachability, "TLS: it does not trust the serving certificate"},
		"a firewall is between":      {cannot("context deadline exceeded"), reachability, "no answer within the timeout"},
		"a mistake is let in":        {func(e *edge) { e.refusal = nil }, reachability, "it let a Guardrail with a mistake in"},
		"a right is missing": {func(e *edge) {
			e.may = func(r right) bool { return r.resource != "guardrails/status" && !slices.Contains(forbidden, r) }
		}, permissions, "it may not patch guardrails/status.taffrail.dev"},
		"a right to one object is": {func(e *edge) {
			e.may = func(r right) bool { return r.name != names.Lease && !slices.Contains(forbidden, r) }
		}, permissions, `it may not get leases.coordination.k8s.io "taffrail-leader" in taffrail-system`},
		"it may do anything": {func(e *edge) { e.may = func(right) bool { return true } }, permissions, "it may get secrets, which it never needs"},
	} {
		t.Run(name, func(t *testing.T) {
			e := healthy(t)
			test.broken(e)
			result := examine(t.Context(), e.installation(t), test.check)
			var says []string
			for _, f := range result.Findings {
				says = append(says, f.What)
				assert.NotEmpty(t, f.Where)
				assert.NotEmpty(t, f.Do)
			}
			assert.Contains(t, strings.Join(says, "\n"), test.says)
		})
	}
}

// older is a definition before there were validators.
func older(d map[string]any) {
	versions, _, _ := unstructured.NestedSlice(d, "spec", "versions")
	unstructured.RemoveNestedField(versions[0].(map[string]any), "schema", "openAPIV3Schema", "properties", "spec", "properties", "validators")
	_ = unstructured.SetNestedSlice(d, versions, "spec", "versions")
}

// Where doctor may not look, it says which right it lacks, and finds nothing.
func TestADoctorWithoutRights(t *testing.T) {
	e := healthy(t)
	e.Answer(func(w http.ResponseWriter, r *http.Request) bool {
		if !strings.Contains(r.URL.Path, "/v1/") && !strings.Contains(r.URL.Path, "/v1alpha1/") {
			return false // what anybody may read: which resources there are
		}
		apitest.Refuse(w, apierrors.NewForbidden(schema.GroupResource{Resource: r.Method + " " + r.URL.Path}, "", errors.New(`User "nobody" cannot`)))
		return true
	})
	for name, result := range e.examined(t) {
		assert.Empty(t, result.Findings, name)
		if name == "versions" || name == "certificate" {
			continue // they look at several things
		}
		assert.Equal(t, Skipped, result.Outcome, name)
		require.NotEmpty(t, result.NotDone, name)
		assert.Contains(t, result.NotDone[0], `is forbidden: User "nobody" cannot`, name)
	}
}

// Most people may not proxy to Pods.
func TestADoctorThatMayNotReadMetrics(t *testing.T) {
	e := healthy(t)
	e.Answer(func(w http.ResponseWriter, r *http.Request) bool {
		if !strings.HasSuffix(r.URL.Path, "/proxy/metrics") {
			return e.answer(w, r)
		}
		apitest.Refuse(w, apierrors.NewForbidden(schema.GroupResource{Resource: "pods"}, "taffrail-a", errors.New(`User "u" cannot get resource "pods/proxy"`)))
		return true
	})
	assert.Contains(t, strings.Join(examine(t.Context(), e.installation(t), certificate).NotDone, "\n"), `cannot get resource "pods/proxy"`)
}

func TestADoctorOfAnAPIServerThatDoesNotAnswer(t *testing.T) {
	server := apitest.New(t)
	server.Close()
	_, err := New(server.Config(), "v1.0.0", false)
	require.ErrorContains(t, err, "ask the API server 127.0.0.1:6443 for its version: ")
	require.ErrorContains(t, err, "connection refused")
}

// One check that hangs must not hide the others, and all end.
func TestADoctorOfAnAPIServerThatHangs(t *testing.T) {
	apitest.Bubble(t, func(t *testing.T) {
		e := healthy(t)
		e.Answer(func(w http.ResponseWriter, r *http.Request) bool {
			if strings.HasSuffix(r.URL.Path, "/guardrails") && r.Method == http.MethodGet {
				<-r.Context().Done()
				return true
			}
			return e.answer(w, r)
		})
		began := time.Now()
		byName := e.examined(t)
		assert.GreaterOrEqual(t, time.Since(began), checkTimeout)
		assert.Contains(t, strings.Join(byName["guardrails"].NotDone, "\n"), "context deadline exceeded")
		assert.Equal(t, OK, byName["leader"].Outcome, "the one after it")
	})
}

func TestAReportForPrograms(t *testing.T) {
	var out strings.Builder
	report := Report{[]Result{{Check: "leader", Summary: "s", Outcome: Outcome(Warn), Findings: []Finding{{Warn, "what", "where", "do"}}}}}
	require.NoError(t, report.WriteJSON(&out))
	assert.JSONEq(t, `{"checks":[{"check":"leader","summary":"s","outcome":"warn","findings":[{"level":"warn","what":"what","where":"where","do":"do"}]}]}`, out.String())
}
