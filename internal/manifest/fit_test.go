package manifest

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"

	"taffrail.dev/taffrail/internal/workload"
)

func TestFit(t *testing.T) {
	const raw = `{"apiVersion":"v1","kind":"Pod","spec":{"containers":[{"name":"a"}],"volumes":[{"hostPath":{}}]}}`
	spec := (*workload.Path)(nil).Child("spec")
	securityContext := spec.Child("containers").Item(0, "a").Child("securityContext")
	for name, test := range map[string]struct {
		operations, fitted []workload.Operation
	}{
		"nothing":             {},
		"what is there":       {[]workload.Operation{workload.Remove(spec.Child("volumes").Item(0, ""))}, []workload.Operation{workload.Remove(spec.Child("volumes").Item(0, ""))}},
		"a member":            {[]workload.Operation{workload.Add(securityContext, "x")}, []workload.Operation{workload.Add(securityContext, "x")}},
		"a missing parent":    {[]workload.Operation{workload.Add(securityContext.Child("a", "b"), 1)}, []workload.Operation{workload.Add(securityContext, map[string]any{"a": map[string]any{"b": 1}})}},
		"two of a parent":     {[]workload.Operation{workload.Add(securityContext.Child("a"), 1), workload.Add(securityContext.Child("b"), 2)}, []workload.Operation{workload.Add(securityContext, map[string]any{"a": 1}), workload.Add(securityContext.Child("b"), 2)}},
		"what is not written": {[]workload.Operation{workload.Remove(securityContext)}, nil},
		"a default":           {[]workload.Operation{workload.Replace(securityContext, "x")}, []workload.Operation{workload.Add(securityContext, "x")}},
		"a default in a list": {[]workload.Operation{workload.Replace(spec.Child("tolerations").Item(0, ""), "x")}, nil},
		"a default beside":    {[]workload.Operation{workload.Remove(securityContext), workload.Add(spec.Child("a"), 1)}, []workload.Operation{workload.Add(spec.Child("a"), 1)}},
		"a list, and an item more": {
			[]workload.Operation{workload.Add(spec.Child("tolerations"), []corev1.Toleration{{Key: "a"}}), {Op: "add", Path: "/spec/tolerations/-", Value: "b"}, workload.Replace(spec.Child("tolerations").Item(0, "").Child("key"), "c")},
			[]workload.Operation{workload.Add(spec.Child("tolerations"), []corev1.Toleration{{Key: "a"}}), {Op: "add", Path: "/spec/tolerations/-", Value: "b"}, workload.Replace(spec.Child("tolerations").Item(0, "").Child("key"), "c")},
		},
		"two that are gone": {
			[]workload.Operation{workload.Remove(spec.Child("volumes").Item(0, "")), workload.Remove(spec.Child("volumes").Item(0, ""))},
			[]workload.Operation{workload.Remove(spec.Child("volumes").Item(0, ""))},
		},
		"an item of a list of the defaults": {[]workload.Operation{{Op: "add", Path: "/spec/tolerations/-", Value: "b"}}, nil},
		"an item that is none":              {[]workload.Operation{workload.Add(spec.Child("containers").Item(1, "b").Child("x"), 1)}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			input := Read(strings.NewReader(raw), "-")
			require.Len(t, input.Objects, 1)
			assert.Equal(t, test.fitted, input.Objects[0].Fit(test.operations))
		})
	}
}
