package validators

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"taffrail.dev/taffrail/internal/workload"
)

// TestTokensOfKnownServiceAccounts: among manifests, what the service account says of its token
// counts for Pods that say nothing, and so do the rights that it is given.
func TestTokensOfKnownServiceAccounts(t *testing.T) {
	for _, test := range []struct {
		name    string
		account *workload.ServiceAccount
		params  string
		found   bool
	}{
		{"nothing is known of it", nil, "{}", true},
		{"it says nothing", &workload.ServiceAccount{}, "{}", true},
		{"it says false", &workload.ServiceAccount{Automount: new(false)}, "{}", false},
		{"it says false where true is forbidden", &workload.ServiceAccount{Automount: new(false)}, "{forbidTrue: true}", false},
		{"it says true", &workload.ServiceAccount{Automount: new(true)}, "{}", false},
		{"it says true where that is forbidden", &workload.ServiceAccount{Automount: new(true)}, "{forbidTrue: true}", true},
		{"it has rights", &workload.ServiceAccount{Bound: true}, "{}", false},
		{"it has rights where true is forbidden", &workload.ServiceAccount{Bound: true}, "{forbidTrue: true}", true},
	} {
		t.Run(test.name, func(t *testing.T) {
			validate, err := construct(t, "automount-service-account-token", test.params)
			require.NoError(t, err)
			for _, file := range []string{"fail-own-service-account.yaml", "fail-deployment.yaml"} {
				r := reviewOf(t, readObject(t, "testdata/automount-service-account-token/"+file), nil, nil)
				r.In(context.Background(), &workload.Cluster{ServiceAccount: func(namespace, name string) *workload.ServiceAccount {
					assert.Equal(t, "shop", namespace)
					assert.Contains(t, []string{"web", "default"}, name)
					return test.account
				}})
				assert.Equal(t, test.found, len(validate(r)) > 0, file)
			}
		})
	}
}
