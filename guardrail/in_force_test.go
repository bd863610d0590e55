package guardrail

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/internal/sets"
)

func TestASetTellsWhatIsInForce(t *testing.T) {
	objects, err := Parse("guardrails", []byte(`
apiVersion: taffrail.dev/v1alpha1
kind: Guardrail
metadata: {name: ours}
spec:
  mutators: [{name: default-host-users}]
  validators:
  - {name: image-latest-tag, enforceFrom: "2027-01-15"}
  - {name: dangling-service, action: Warn}
  rules:
  - name: own
    action: Audit
    resources: [{apiGroups: [""], apiVersions: [v1], resources: [services], operations: [CREATE]}]
    expression: "true"
    message: must be ours
`))
	require.NoError(t, err)
	set, err := Compile(objects, Options{})
	require.NoError(t, err)
	all := set.InForce()
	require.Len(t, all, 1)
	assert.Equal(t, "ours", all[0].Name)
	assert.True(t, all[0].Completes)
	assert.Equal(t, []InForceValidator{
		{Name: "dangling-service", Action: v1alpha1.Warn, Needs: sets.Services | sets.Workloads | sets.Ports, Kinds: []schema.GroupKind{{Kind: "Service"}}},
		{Name: "image-latest-tag", Action: v1alpha1.Deny, EnforceFrom: time.Date(2027, 1, 15, 0, 0, 0, 0, time.UTC)},
		{Name: "own", Action: v1alpha1.Audit, Rule: true},
	}, all[0].Validators)
	assert.Equal(t, set.Resources(), all[0].Resources)
}
