package validators

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	admissionv1 "k8s.io/api/admission/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

// What an update takes away from a role is not refused for what is left, and
// neither is what it moves; what it adds is.
func TestRolesBefore(t *testing.T) {
	const (
		all   = `{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}`
		read  = `{"apiGroups": [""], "resources": ["secrets"], "verbs": ["get", "list"]}`
		get   = `{"apiGroups": [""], "resources": ["secrets", "pods"], "verbs": ["get"]}`
		watch = `{"apiGroups": [""], "resources": ["secrets"], "verbs": ["get", "watch"]}`
		named = `{"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"], "resourceNames": ["db"]}`
		pods  = `{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}`
	)
	for _, test := range []struct {
		old, now string
		isNew    bool
	}{
		{read, read, false},
		{read, pods + "," + read, false},
		{all, read, false},
		{all, get, false},
		{read, watch, true},
		{read, get, false}, // of other resources the check has nothing to say
		{read, all, true},
		{named, read, true},
		{pods, read, true},
	} {
		role := func(rules string) []byte {
			return []byte(`{"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": {"name": "web"}, "rules": [` + rules + `]}`)
		}
		r := reviewOf(t, role(test.now), func(request *admissionv1.AdmissionRequest) {
			request.Operation, request.OldObject = admissionv1.Update, runtime.RawExtension{Raw: role(test.old)}
		}, nil)
		validate, err := construct(t, "rbac-read-secrets", "{}")
		require.NoError(t, err)
		found := validate(r)
		require.NotEmpty(t, found)
		assert.Equal(t, test.isNew, slices.Contains(Kept(validate(r.Old()), found), false), "%s to %s", test.old, test.now)
	}
}
