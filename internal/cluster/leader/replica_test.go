package leader

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-logr/logr/funcr"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/utils/ptr"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/guardrail"
	"taffrail.dev/taffrail/internal/cluster"
	"taffrail.dev/taffrail/internal/cluster/apitest"
	"taffrail.dev/taffrail/internal/cluster/confirm"
	"taffrail.dev/taffrail/internal/cluster/events"
	"taffrail.dev/taffrail/internal/names"
)

// Tests run in a bubble, so that being patient costs nothing.
const (
	patience = time.Hour
	tick     = 100 * time.Millisecond
)

// installed starts an API server with Taffrail's Namespace and some objects.
func installed(t *testing.T, objects ...runtime.Object) *apitest.Server {
	t.Helper()
	return apitest.New(t, append(objects, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: names.Namespace, UID: "ours"}})...)
}

// replica is one that takes part in elections, and follows the Guardrails, as `taffrail serve` does.
type replica struct {
	*Leader
	stop func() // ends it, and waits

	mu    sync.Mutex
	set   *guardrail.Set
	lines []string
}

// agent is the User-Agent of a replica's requests, by which a test tells whose they are.
func agent(name string) func(*Options) {
	return func(o *Options) { o.Config.UserAgent = name }
}

func start(t *testing.T, server *apitest.Server, change ...func(*Options)) *replica {
	t.Helper()
	r := &replica{}
	o := Options{
		Config: server.Config(), Namespace: names.Namespace,
		Log:      funcr.New(func(_, line string) { r.say(line) }, funcr.Options{}),
		Webhooks: Webhooks{Managed: true, CABundle: func() []byte { return []byte("ours") }, ExcludedNamespaces: guardrail.DefaultExcludedNamespaces},
	}
	for _, change := range change {
		change(&o)
	}
	namespaces, err := cluster.NewNamespaces(o.Config)
	require.NoError(t, err)
	o.Webhooks.Owner = func(ctx context.Context) (*metav1.PartialObjectMetadata, error) {
		return namespaces.Get(ctx, names.Namespace)
	}
	questions, err := confirm.New(o.Config, o.Log)
	require.NoError(t, err)
	o.Events, err = events.New(o.Config, questions, o.Log)
	require.NoError(t, err)
	guardrails, err := cluster.NewGuardrails(o.Config)
	require.NoError(t, err)
	r.Leader, err = New(o)
	require.NoError(t, err)

	ctx, end := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { assert.NoError(t, r.Run(ctx)) })
	running.Go(func() { assert.NoError(t, o.Events.Run(ctx)) })
	running.Go(func() {
		compiler := guardrail.NewCompiler(guardrail.Options{})
		assert.NoError(t, guardrails.Start(ctx, func(objects guardrail.Objects) {
			set, report := compiler.Compile(objects)
			r.mu.Lock()
			r.set = set
			r.mu.Unlock()
			r.Guardrails(guardrails.Objects, report, set)
		}))
	})
	r.stop = func() { end(); running.Wait() }
	t.Cleanup(r.stop)
	return r
}

func (r *replica) say(line string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lines = append(r.lines, line)
}

// said are the lines of its log with a text.
func (r *replica) said(text string) (lines []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(r.lines), func(line string) bool { return !strings.Contains(line, text) })
}

// complaints are the errors in its log.
func (r *replica) complaints() []string { return r.said(`"error"=`) }

// latestTag is a Guardrail with one check.
func latestTag() *v1alpha1.Guardrail {
	return &v1alpha1.Guardrail{
		ObjectMeta: metav1.ObjectMeta{Name: "baseline"},
		Spec:       v1alpha1.GuardrailSpec{Validators: []v1alpha1.Validator{{Name: "image-latest-tag"}}},
	}
}

func validatingConfiguration() *admissionregistrationv1.ValidatingWebhookConfiguration {
	return &admissionregistrationv1.ValidatingWebhookConfiguration{ObjectMeta: metav1.ObjectMeta{Name: names.Name}}
}

func mutatingConfiguration() *admissionregistrationv1.MutatingWebhookConfiguration {
	return &admissionregistrationv1.MutatingWebhookConfiguration{ObjectMeta: metav1.ObjectMeta{Name: names.Name}}
}

// validating waits for the configuration to be there, and answers it.
func validating(t *testing.T, server *apitest.Server) *admissionregistrationv1.ValidatingWebhookConfiguration {
	t.Helper()
	c := validatingConfiguration()
	require.Eventually(t, func() bool { return server.Load(c) && server.Load(mutatingConfiguration()) }, patience, tick)
	return c
}

// ready waits for a condition of the Guardrail to be there, and answers it.
func ready(t *testing.T, server *apitest.Server) metav1.Condition {
	t.Helper()
	g := latestTag()
	require.Eventually(t, func() bool { return server.Load(g) && len(g.Status.Conditions) > 0 }, patience, tick)
	require.Len(t, g.Status.Conditions, 1)
	return g.Status.Conditions[0]
}

// theEvent waits for the one that there will be.
func theEvent(t *testing.T, server *apitest.Server) corev1.Event {
	t.Helper()
	client, err := cluster.NewClients(server.Config()).Events()
	require.NoError(t, err)
	var all *corev1.EventList
	require.Eventually(t, func() bool {
		all, err = client.Events("").List(t.Context(), metav1.ListOptions{})
		return assert.NoError(t, err) && len(all.Items) > 0
	}, patience, tick)
	require.Len(t, all.Items, 1)
	return all.Items[0]
}

// holder is who holds the Lease.
func holder(server *apitest.Server) string {
	lease := &coordinationv1.Lease{ObjectMeta: metav1.ObjectMeta{Namespace: names.Namespace, Name: names.Lease}}
	server.Load(lease)
	return ptr.Deref(lease.Spec.HolderIdentity, "")
}

// refuse answers requests that match with a failure.
func refuse(failure *apierrors.StatusError, match func(*http.Request) bool) func(http.ResponseWriter, *http.Request) bool {
	return func(w http.ResponseWriter, r *http.Request) bool {
		if !match(r) {
			return false
		}
		apitest.Refuse(w, failure)
		return true
	}
}

// request matches those with a method, on a path with that in it.
func request(method, path string) func(*http.Request) bool {
	return func(r *http.Request) bool { return r.Method == method && strings.Contains(r.URL.Path, path) }
}

func forbidden(what, verb string) *apierrors.StatusError {
	return apierrors.NewForbidden(schema.GroupResource{Resource: what}, names.Name,
		errors.New(`User "system:serviceaccount:taffrail-system:taffrail" cannot `+verb+` resource "`+what+`"`))
}
