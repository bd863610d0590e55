package leader

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
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
