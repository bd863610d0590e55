package cluster_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/client-go/rest"

	"taffrail.dev/taffrail/internal/cluster"
)

// What an API server says of a failed request must reach whoever asked: the leader creates what is
// not found, and reads again what is in conflict.
func TestAClientTellsFailuresApart(t *testing.T) {
	for _, failure := range []struct {
		reason string
		code   int
		is     func(error) bool
	}{
		{"NotFound", http.StatusNotFound, apierrors.IsNotFound},
		{"Conflict", http.StatusConflict, apierrors.IsConflict},
		{"AlreadyExists", http.StatusConflict, apierrors.IsAlreadyExists},
		{"Forbidden", http.StatusForbidden, apierrors.IsForbidden},
	} {
		t.Run(failure.reason, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "application/json")
				w.WriteHeader(failure.code)
				_, _ = w.Write([]byte(`{"kind":"Status","apiVersion":"v1","status":"Failure","message":"as it is","reason":"` + failure.reason + `"}`))
			}))
			t.Cleanup(server.Close)
			clients := cluster.NewClients(&rest.Config{Host: server.URL})
			for name, newClient := range map[string]func() (rest.Interface, error){
				"unversioned": clients.Unversioned, "Taffrail": clients.Taffrail, "core": clients.Core,
			} {
				client, err := newClient()
				require.NoError(t, err)
				err = client.Get().AbsPath("/apis/any").Do(t.Context()).Error()
				assert.True(t, failure.is(err), "%s: %v", name, err)
				assert.ErrorContains(t, err, "as it is", name)
			}
		})
	}
}
