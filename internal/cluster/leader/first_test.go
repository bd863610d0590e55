package leader

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/go-logr/logr"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	coordinationv1 "k8s.io/api/coordination/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/guardrail"
	"taffrail.dev/taffrail/internal/cluster/apitest"
	"taffrail.dev/taffrail/internal/names"
)

// installation is an API server with the leader's Lease and Guardrails, by name.
type installation struct {
	lease      coordinationv1.Lease
	guardrails []string
	fails      string // the method of a request that fails, once, and the name of what it would make
	overtaken  func() // the elector writes the Lease between our reading and our writing, once
}

func (i *installation) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	refuse := func(err *apierrors.StatusError) {
		status := err.Status()
		status.TypeMeta = metav1.TypeMeta{Kind: "Status", APIVersion: "v1"}
		w.WriteHeader(int(status.Code))
		_ = json.NewEncoder(w).Encode(status)
	}
	var g v1alpha1.Guardrail
	if r.Method == http.MethodPost {
		_ = json.NewDecoder(r.Body).Decode(&g)
	}
	if i.fails != "" && i.fails == strings.TrimSpace(r.Method+" "+g.Name) {
		i.fails = ""
		refuse(apierrors.NewForbidden(schema.GroupResource{}, "", nil))
		return
	}
	switch r.Method {
	case http.MethodPost:
		if slices.Contains(i.guardrails, g.Name) {
			refuse(apierrors.NewAlreadyExists(schema.GroupResource{Resource: "guardrails"}, g.Name))
			return
		}
		i.guardrails = append(i.guardrails, g.Name)
		_ = json.NewEncoder(w).Encode(g)
	case http.MethodPut:
		if i.overtaken != nil {
			i.overtaken()
			i.overtaken = nil
		}
		var lease coordinationv1.Lease
		_ = json.NewDecoder(r.Body).Decode(&lease)
		if lease.ResourceVersion != i.lease.ResourceVersion {
			refuse(apierrors.NewConflict(schema.GroupResource{Resource: "leases"}, lease.Name, nil))
			return
		}
		i.lease = lease
		_ = json.NewEncoder(w).Encode(i.lease)
	default:
		_ = json.NewEncoder(w).Encode(i.lease)
	}
}

// leader is one that has just been elected there.
func (i *installation) leader(t *testing.T, first ...string) *Leader {
	t.Helper()
	i.lease.Name = names.Lease
	server := apitest.New(t)
	server.Answer(func(w http.ResponseWriter, r *http.Request) bool { i.ServeHTTP(w, r); return true })
	var guardrails []v1alpha1.Guardrail
	for _, name := range first {
		guardrails = append(guardrails, v1alpha1.Guardrail{ObjectMeta: metav1.ObjectMeta{Name: name}})
	}
	l, err := New(Options{Config: server.Config(), Namespace: "taffrail-system", First: guardrails, Log: logr.Discard()})
	require.NoError(t, err)
	return l
}

// known is what the cache of Guardrails holds.
func (i *installation) known() state {
	var objects guardrail.Objects
	for _, name := range i.guardrails {
		objects.Guardrails = append(objects.Guardrails, v1alpha1.Guardrail{ObjectMeta: metav1.ObjectMeta{Name: name}})
	}
	return state{known: true, objects: func() guardrail.Objects { return objects }}
}

func TestTheFirstGuardrailsAreMadeOnceInTheLifeOfAnInstallation(t *testing.T) {
	i := &installation{}
	l := i.leader(t, "one", "two")
	l.makeFirst(t.Context(), i.known())
	assert.Equal(t, []string{"one", "two"}, i.guardrails)
	assert.NotEmpty(t, i.lease.Annotations[FirstGuardrails])

	// Somebody deletes them all, in an emergency.
	i.guardrails = nil
	l.makeFirst(t.Context(), i.known())
	assert.Empty(t, i.guardrails, "by the same leader")
	i.leader(t, "one", "two").makeFirst(t.Context(), i.known())
	assert.Empty(t, i.guardrails, "by the next one")
}

func TestNoFirstGuardrailsWhereThereAreSome(t *testing.T) {
	i := &installation{guardrails: []string{"theirs"}}
	i.leader(t, "one").makeFirst(t.Context(), i.known())
	assert.Equal(t, []string{"theirs"}, i.guardrails)

	i.guardrails = nil
	i.leader(t, "one").makeFirst(t.Context(), i.known())
	assert.Empty(t, i.guardrails, "nor once theirs are deleted")
}

func TestTheFirstGuardrailsAreTriedAgainUntilAllAreThere(t *testing.T) {
	for name, test := range map[string]struct {
		fails  string
		before []string
	}{
		"the Lease cannot be read": {fails: "GET"},
		"none can be made":         {fails: "POST one"},
		// There is a Guardrail then, which is no reason to be content.
		"the second cannot be made":     {fails: "POST two", before: []string{"one"}},
		"the Lease cannot be annotated": {fails: "PUT", before: []string{"one", "two"}},
	} {
		t.Run(name, func(t *testing.T) {
			i := &installation{fails: test.fails}
			l := i.leader(t, "one", "two")
			l.makeFirst(t.Context(), i.known())
			assert.Equal(t, test.before, i.guardrails)
			assert.Empty(t, i.lease.Annotations)
			l.makeFirst(t.Context(), i.known())
			assert.Equal(t, []string{"one", "two"}, i.guardrails)
			assert.NotEmpty(t, i.lease.Annotations)
		})
	}
}

// The elector renews the Lease all the while.
func TestTheLeaseKeepsWhatTheElectorWrites(t *testing.T) {
	i := &installation{}
	i.overtaken = func() {
		i.lease.ResourceVersion, i.lease.Spec.HolderIdentity = "2", new("us, again")
	}
	i.leader(t, "one").makeFirst(t.Context(), i.known())
	assert.NotEmpty(t, i.lease.Annotations[FirstGuardrails])
	assert.Equal(t, "us, again", *i.lease.Spec.HolderIdentity)
}
