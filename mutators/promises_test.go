package mutators

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	jsonpatch "gopkg.in/evanphx/json-patch.v4"
	admissionv1 "k8s.io/api/admission/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"taffrail.dev/taffrail/workload"
)

type completed struct {
	patch []workload.Operation
	pod   []byte
}

// complete lets defaults complete a Pod as the webhook and the API server do,
// and holds the outcome against what every default promises.
func complete(tb testing.TB, pod []byte, defaults ...Mutate) completed {
	tb.Helper()
	r, err := review(pod)
	require.NoError(tb, err)
	if !r.Record() {
		return completed{pod: pod}
	}
	run(r, defaults)
	done := completed{patch: r.Pod.Patch(), pod: pod}
	if len(done.patch) > 0 {
		done.pod = apply(tb, pod, done.patch)
	}

	after, err := review(done.pod)
	require.NoError(tb, err, "%s", done.pod)
	require.True(tb, equality.Semantic.DeepEqual(r.Object, after.Object),
		"the Pod that validators see is the one that the API server makes of the patch: %s", done.pod)
	requireKept(tb, "", parse(tb, pod), parse(tb, done.pod))
	before, err := review(pod)
	require.NoError(tb, err)
	requireNoContradiction(tb, before.Pod, after.Pod)

	require.True(tb, after.Record())
	run(after, defaults)
	require.Empty(tb, after.Pod.Patch(), "a second run has nothing to do")
	return done
}

func review(pod []byte) (*workload.Review, error) {
	return workload.NewReview(&admissionv1.AdmissionRequest{
		Operation: admissionv1.Create,
		Kind:      metav1.GroupVersionKind{Version: "v1", Kind: "Pod"},
		Resource:  metav1.GroupVersionResource{Version: "v1", Resource: "pods"},
		Object:    runtime.RawExtension{Raw: pod},
	})
}

func run(r *workload.Review, defaults []Mutate) {
	for _, mutate := range defaults {
		mutate(r)
	}
}

// apply uses the library that the API server uses.
func apply(tb testing.TB, doc []byte, operations []workload.Operation) []byte {
	tb.Helper()
	encoded, err := workload.EncodePatch(operations)
	require.NoError(tb, err)
	patch, err := jsonpatch.DecodePatch(encoded)
	require.NoError(tb, err)
	patched, err := patch.Apply(doc)
	require.NoError(tb, err, "%s does not apply to %s", encoded, doc)
	return patched
}

func parse(tb testing.TB, doc []byte) any {
	tb.Helper()
	var value any
	decoder := json.NewDecoder(bytes.NewReader(doc))
	decoder.UseNumber()
	require.NoError(tb, decoder.Decode(&value))
	return value
}

// requireKept finds every value of a document in another, in the same place:
// what was set is not changed, and what nobody knows is not lost.
func requireKept(tb testing.TB, at string, before, after any) {
	tb.Helper()
	switch before := before.(type) {
	case nil: // absent and null are the same to the API server
	case map[string]any:
		require.IsType(tb, before, after, at)
		for name, value := range before {
			if value != nil {
				require.Contains(tb, after, name, at)
				requireKept(tb, at+"/"+name, value, after.(map[string]any)[name])
			}
		}
	case []any:
		require.IsType(tb, before, after, at)
		require.GreaterOrEqual(tb, len(after.([]any)), len(before), at)
		for i, value := range before {
			requireKept(tb, fmt.Sprintf("%s/%d", at, i), value, after.([]any)[i])
		}
	default:
		require.Equal(tb, before, after, at)
	}
}

// requireNoContradiction finds nothing in the completed Pod, beside what the
// user set, that the API server or the kubelet refuses.
func requireNoContradiction(tb testing.TB, before, after *workload.Pod) {
	tb.Helper()
	was := byPath(before)
	for path, c := range byPath(after) {
		b := was[path]
		if sc := c.SecurityContext; sc != nil && sc.AllowPrivilegeEscalation != nil && !*sc.AllowPrivilegeEscalation &&
			(b.SecurityContext == nil || b.SecurityContext.AllowPrivilegeEscalation == nil) {
			require.False(tb, sc.Privileged != nil && *sc.Privileged, path)
			require.False(tb, sc.Capabilities != nil && slices.Contains(sc.Capabilities.Add, "CAP_SYS_ADMIN"), path)
		}
		if nonRoot, uid := c.EffectiveRunAsNonRoot(), c.EffectiveRunAsUser(); b.EffectiveRunAsNonRoot() == nil && nonRoot != nil && *nonRoot {
			require.False(tb, uid != nil && *uid == 0, path)
		}
		for name, request := range c.Resources.Requests {
			if _, set := b.Resources.Requests[name]; !set {
				require.NotContains(tb, c.Resources.Limits, name, "%s: %s", path, request.String())
			}
		}
	}
}

func byPath(pod *workload.Pod) map[string]workload.Container {
	containers := map[string]workload.Container{}
	for c := range pod.Containers() {
		containers[c.Path().String()] = c
	}
	return containers
}

// withUnknownFields puts a field that k8s.io/api does not know into every
// object of a document.
func withUnknownFields(tb testing.TB, doc []byte) []byte {
	tb.Helper()
	value := parse(tb, doc)
	var visit func(any)
	visit = func(value any) {
		switch value := value.(type) {
		case map[string]any:
			for _, child := range value {
				visit(child)
			}
			value["future"] = "1"
		case []any:
			for _, child := range value {
				visit(child)
			}
		}
	}
	visit(value)
	doc, err := json.Marshal(value)
	require.NoError(tb, err)
	return doc
}
