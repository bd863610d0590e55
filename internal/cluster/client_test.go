package cluster_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"github.com/go-logr/logr/funcr"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"taffrail.dev/taffrail/internal/cluster"
	"taffrail.dev/taffrail/internal/cluster/apitest"
)

// uses are a request of each client that there is.
var uses = map[string]func(context.Context, cluster.Clients) error{
	"Guardrails": func(ctx context.Context, c cluster.Clients) error { return get(ctx, c.Taffrail) },
	"Pods":       func(ctx context.Context, c cluster.Clients) error { return get(ctx, c.Core) },
	"webhook configurations": func(ctx context.Context, c cluster.Clients) error {
		return get(ctx, c.Unversioned)
	},
	"metadata": func(ctx context.Context, c cluster.Clients) error {
		metadata, err := c.Metadata()
		if err == nil {
			_, err = metadata.Resource(corev1.SchemeGroupVersion.WithResource("namespaces")).Get(ctx, "shop", metav1.GetOptions{})
		}
		return err
	},
	"Lease": func(ctx context.Context, c cluster.Clients) error {
		leases, err := c.Leases()
		if err == nil {
			_, err = leases.Leases("taffrail-system").Get(ctx, "taffrail-leader", metav1.GetOptions{})
		}
		return err
	},
	"Events": func(ctx context.Context, c cluster.Clients) error {
		events, err := c.Events()
		if err == nil {
			_, err = events.Events("shop").Create(ctx, &corev1.Event{}, metav1.CreateOptions{})
		}
		return err
	},
	"Secrets": func(ctx context.Context, c cluster.Clients) error {
		secrets, err := c.Secrets("taffrail-system")
		if err == nil {
			_, err = secrets.Get(ctx, "taffrail-ca", metav1.GetOptions{})
		}
		return err
	},
}

// discover is a request of one more, which client-go has leave out the API server's words.
func discover(clients cluster.Clients) error {
	discovery, err := clients.Discovery()
	if err == nil {
		_, err = discovery.ServerVersion()
	}
	return err
}

func get(ctx context.Context, newClient func() (rest.Interface, error)) error {
	client, err := newClient()
	if err != nil {
		return err
	}
	return client.Get().AbsPath("/apis/any").Do(ctx).Error()
}

// What an API server says of a failed request must reach whoever asked: the leader creates what is
// not found, and reads again what is in conflict.
func TestAClientTellsFailuresApart(t *testing.T) {
	things := schema.GroupResource{Group: "any", Resource: "things"}
	for name, failure := range map[string]struct {
		answer *apierrors.StatusError
		is     func(error) bool
	}{
		"not found":      {apierrors.NewNotFound(things, "as-it-is"), apierrors.IsNotFound},
		"a conflict":     {apierrors.NewConflict(things, "as-it-is", errors.New("modified")), apierrors.IsConflict},
		"already there":  {apierrors.NewAlreadyExists(things, "as-it-is"), apierrors.IsAlreadyExists},
		"forbidden":      {apierrors.NewForbidden(things, "as-it-is", errors.New(`User "u" cannot get`)), apierrors.IsForbidden},
		"gone":           {apierrors.NewResourceExpired("as-it-is"), apierrors.IsResourceExpired},
		"not understood": {apierrors.NewBadRequest("as-it-is"), apierrors.IsBadRequest},
		"broken":         {apierrors.NewInternalError(errors.New("as-it-is")), apierrors.IsInternalError},
	} {
		t.Run(name, func(t *testing.T) {
			server := apitest.New(t)
			server.Answer(func(w http.ResponseWriter, _ *http.Request) bool {
				apitest.Refuse(w, failure.answer)
				return true
			})
			for of, use := range uses {
				err := use(t.Context(), cluster.NewClients(server.Config()))
				assert.True(t, failure.is(err), "%s: %v", of, err)
				assert.ErrorContains(t, err, "as-it-is", of)
			}
		})
	}
}

func TestAClientSaysThatNobodyAnswers(t *testing.T) {
	server := apitest.New(t)
	server.Close()
	for of, use := range uses {
		require.ErrorContains(t, use(t.Context(), cluster.NewClients(server.Config())), "connection refused", of)
	}
	require.ErrorContains(t, discover(cluster.NewClients(server.Config())), "connection refused")
}

// An address that is none is found before anything is asked.
func TestAClientOfNoAddress(t *testing.T) {
	clients := cluster.NewClients(&rest.Config{Host: "http://a b"})
	for of, use := range uses {
		require.ErrorContains(t, use(t.Context(), clients), "make a client for ", of)
		require.ErrorContains(t, use(t.Context(), clients), of)
	}
	require.ErrorContains(t, discover(clients), "make a client for the API server")
	_, err := clients.Objects(scheme.Scheme)
	require.ErrorContains(t, err, "make a client for the API server")
	for of, prepare := range map[string]func(*rest.Config) error{
		"Guardrails": func(c *rest.Config) error { _, err := cluster.NewGuardrails(c); return err },
		"metadata":   func(c *rest.Config) error { _, err := cluster.NewNamespaces(c); return err },
		"Pods":       func(c *rest.Config) error { _, err := cluster.NewPods(c); return err },
	} {
		assert.ErrorContains(t, prepare(&rest.Config{Host: "http://a b"}), of)
	}
}

// What is written because of reviews must not take the turn of the leader.
func TestALimitedClientWaitsAndTheOthersDoNot(t *testing.T) {
	server := apitest.New(t, namespace("shop", "blue"))
	limited := cluster.NewClients(server.Config()).Limited(0.001, 2)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	first, err := limited.Taffrail()
	require.NoError(t, err)
	ask := func(client rest.Interface) error {
		return client.Get().AbsPath("/api/v1/namespaces/shop").Do(ctx).Error()
	}
	for range 2 {
		require.NotErrorIs(t, ask(first), context.DeadlineExceeded)
	}
	began := time.Now()
	require.ErrorContains(t, ask(first), "would exceed context deadline")
	assert.Less(t, time.Since(began), patience, "it waits for nothing that cannot come")
	require.Len(t, server.Requests(http.MethodGet), 2)

	second, err := limited.Taffrail()
	require.NoError(t, err)
	require.NotErrorIs(t, ask(second), context.DeadlineExceeded)
	assert.Len(t, server.Requests(http.MethodGet), 3, "each has a limit of its own")
}

// A dry run of doctor's goes through other webhooks, whose warnings are nothing that doctor says.
func TestWarningsAboutWhatACommandSendsAreNotShown(t *testing.T) {
	server := apitest.New(t, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "shop"}})
	server.Answer(func(w http.ResponseWriter, _ *http.Request) bool {
		w.Header().Set("Warning", `299 - "not by us"`)
		return false
	})
	var said []string
	ctx := logr.NewContext(t.Context(), funcr.New(func(_, line string) { said = append(said, line) }, funcr.Options{}))
	objects, err := cluster.NewClients(server.Config()).Objects(scheme.Scheme)
	require.NoError(t, err)
	shop := &corev1.Namespace{}
	require.NoError(t, objects.Get(ctx, client.ObjectKey{Name: "shop"}, shop))
	assert.Equal(t, "shop", shop.Name)
	assert.Empty(t, said)
}
