package leader

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"taffrail.dev/taffrail/internal/cluster/apitest"
	"taffrail.dev/taffrail/internal/names"
	"taffrail.dev/taffrail/internal/registration"
)

func beingDeleted(context.Context) (*metav1.PartialObjectMetadata, error) {
	return &metav1.PartialObjectMetadata{ObjectMeta: metav1.ObjectMeta{
		Name: "taffrail-system", UID: "ours", DeletionTimestamp: &metav1.Time{Time: time.Now()},
	}}, nil
}

const own = `{"metadata":{"uid":"u","resourceVersion":"7","ownerReferences":[{"kind":"Namespace","name":"taffrail-system","uid":"ours"}]}}`

func TestConfigurationsAreTakenAwayWithTheirNamespace(t *testing.T) {
	for name, test := range map[string]struct {
		configuration string
		taken         bool
	}{
		"our own":                  {own, true},
		"of a Namespace before it": {`{"metadata":{"uid":"u","ownerReferences":[{"kind":"Namespace","name":"taffrail-system","uid":"former"}]}}`, false},
		"nobody's":                 {`{"metadata":{"uid":"u"}}`, false},
		"unmanaged":                {`{"metadata":{"uid":"u","annotations":{"taffrail.dev/unmanaged":""},"ownerReferences":[{"uid":"ours"}]}}`, false},
	} {
		t.Run(name, func(t *testing.T) {
			a := &apiServer{configurations: map[string]string{"validatingwebhookconfigurations": test.configuration}}
			l := leading(t, a, Webhooks{CABundle: func() []byte { return []byte("new") }})
			l.options.Webhooks.Owner = beingDeleted
			l.keepConfigurations(t.Context(), state{known: true})
			if !test.taken {
				assert.Empty(t, a.written)
				return
			}
			assert.Equal(t, []string{`DELETE validatingwebhookconfigurations ` +
				`{"kind":"DeleteOptions","apiVersion":"v1","preconditions":{"uid":"u","resourceVersion":"7"}}`}, a.written)
		})
	}
}

// With the Lease gone, or the rights to it, nobody can become the leader any more.
func TestAReplicaTakesThemAwayWithoutLeading(t *testing.T) {
	apitest.Bubble(t, func(t *testing.T) {
		a := &apiServer{configurations: map[string]string{"mutatingwebhookconfigurations": own, "validatingwebhookconfigurations": own}}
		l := leading(t, a, Webhooks{})
		asked := 0
		l.options.Webhooks.Owner = func(ctx context.Context) (*metav1.PartialObjectMetadata, error) {
			if asked++; asked == 1 {
				return nil, errors.New("the API server is away")
			}
			return beingDeleted(ctx)
		}
		l.NamespaceDeleted()
		l.NamespaceDeleted() // each change of it is told
		l.endWithNamespace(t.Context())
		assert.Equal(t, 2, asked, "tried again")
		assert.Len(t, a.written, 2)
	})
}

// One of the same name may have been made meanwhile, and be in force.
func TestThoseOfANewNamespaceStay(t *testing.T) {
	a := &apiServer{configurations: map[string]string{"validatingwebhookconfigurations": own}}
	l := leading(t, a, Webhooks{})
	l.options.Webhooks.Owner = func(ctx context.Context) (*metav1.PartialObjectMetadata, error) {
		namespace, err := beingDeleted(ctx)
		namespace.DeletionTimestamp = nil
		return namespace, err
	}
	l.NamespaceDeleted()
	l.endWithNamespace(t.Context())
	assert.Empty(t, a.written)
}

// Between what is read and what is deleted, somebody may make it their own.
func TestWhatSomebodyMakesTheirOwnIsNotTakenAway(t *testing.T) {
	apitest.Bubble(t, func(t *testing.T) {
		namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{
			Name: names.Namespace, UID: "ours", Finalizers: []string{"kubernetes"}, DeletionTimestamp: new(metav1.Now()),
		}}
		c := validatingConfiguration()
		c.OwnerReferences = []metav1.OwnerReference{{APIVersion: "v1", Kind: "Namespace", Name: names.Namespace, UID: "ours"}}
		server := apitest.New(t, namespace, c)
		server.Answer(func(_ http.ResponseWriter, r *http.Request) bool {
			if r.Method == http.MethodDelete {
				server.Answer(nil)
				theirs := c.DeepCopy()
				theirs.Annotations = map[string]string{registration.Unmanaged: "true"}
				server.Put(theirs)
			}
			return false
		})
		r := start(t, server)
		r.NamespaceDeleted()
		require.Eventually(t, func() bool { return len(r.complaints()) > 0 }, patience, tick)
		assert.Contains(t, r.complaints()[0], "deleting it: ")
		require.Never(t, func() bool { return !server.Load(c) }, 2*resync, time.Second)
	})
}

// Its Namespace is deleted: what it owns goes first, or the API server would refuse everything.
func TestTheConfigurationsOfARunningInstallationGoWithTheirNamespace(t *testing.T) {
	for name, leads := range map[string]bool{"by the leader": true, "by who may not lead any more": false} {
		t.Run(name, func(t *testing.T) {
			apitest.Bubble(t, func(t *testing.T) {
				server := installed(t, latestTag())
				r := start(t, server)
				validating(t, server)
				if !leads {
					r.stop()
					server.Answer(refuse(forbidden("leases", "get"), func(r *http.Request) bool { return strings.Contains(r.URL.Path, "/leases") }))
					r = start(t, server)
				}
				namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: names.Namespace}}
				require.True(t, server.Load(namespace))
				namespace.DeletionTimestamp = new(metav1.Now())
				server.Put(namespace)
				r.NamespaceDeleted()
				require.Eventually(t, func() bool { return !server.Load(validatingConfiguration()) && !server.Load(mutatingConfiguration()) }, patience, tick)
				require.Never(t, func() bool { return server.Load(validatingConfiguration()) }, 2*resync, time.Second, "it is not made again")
				assert.Empty(t, r.complaints())
			})
		})
	}
}
