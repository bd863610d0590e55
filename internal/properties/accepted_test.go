package properties

import (
	"encoding/json"
	"io/fs"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	jsonpatch "gopkg.in/evanphx/json-patch.v4"
	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	kjson "sigs.k8s.io/json"
	"sigs.k8s.io/yaml"

	"taffrail.dev/taffrail/internal/dice"
	"taffrail.dev/taffrail/internal/workload"
	"taffrail.dev/taffrail/mutators"
)

// FuzzAccepted holds that a Pod that the API server creates is created after our
// defaults, too. Kubernetes' own code says so: the Pod goes through the API
// server's defaults, ours, the API server's again, and its validation.
func FuzzAccepted(f *testing.F) {
	server := startAPIServer(f)
	defaults := []func(*workload.Review){everyDefault(f, lessParameters), everyDefault(f, mostParameters)}
	for seed := range uint64(200) {
		f.Add(dice.Bytes(seed, 200))
	}
	f.Fuzz(func(t *testing.T, input []byte) {
		before := server.create(t, dice.New(input).Pod())
		if len(before.Errors) > 0 {
			return
		}
		completed := complete(t, before.Pod, defaults[len(input)%len(defaults)])
		after := server.create(t, completed)
		require.Empty(t, after.Errors, "%s\n%s", before.Pod, completed)
	})
}

// TestDiceAreAccepted shows that the API server takes many of the Pods, and that
// our defaults change most of those.
func TestDiceAreAccepted(t *testing.T) {
	server, defaults := startAPIServer(t), everyDefault(t, mostParameters)
	accepted, changed := 0, 0
	for seed := range uint64(200) {
		pod := server.create(t, dice.New(dice.Bytes(seed, 200)).Pod())
		if len(pod.Errors) > 0 {
			continue
		}
		accepted++
		if len(complete(t, pod.Pod, defaults)) != len(pod.Pod) {
			changed++
		}
	}
	assert.Greater(t, accepted, 100)
	assert.Greater(t, changed, accepted*3/4)
}

// TestTheAPIServerRefuses shows that what is asked is an API server.
func TestTheAPIServerRefuses(t *testing.T) {
	server := startAPIServer(t)
	refused := server.create(t, []byte(`{"apiVersion":"v1","kind":"Pod","metadata":{"name":"web"},"spec":{"containers":[{"name":"web","image":"nginx",`+
		`"resources":{"requests":{"cpu":"2"},"limits":{"cpu":"1"}}}]}}`))
	assert.Equal(t, []string{`spec.containers[0].resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1`}, refused.Errors)
}

// complete is what a Pod becomes by defaults, as the API server applies the patch.
func complete(t *testing.T, pod []byte, defaults func(*workload.Review)) []byte {
	t.Helper()
	r, err := workload.NewReview(&admissionv1.AdmissionRequest{
		Operation: admissionv1.Create,
		Kind:      metav1.GroupVersionKind{Version: "v1", Kind: "Pod"},
		Resource:  metav1.GroupVersionResource{Version: "v1", Resource: "pods"},
		Object:    runtime.RawExtension{Raw: pod},
	})
	require.NoError(t, err)
	require.True(t, r.Record())
	defaults(r)
	if len(r.Pod.Patch()) == 0 {
		return pod
	}
	encoded, err := workload.EncodePatch(r.Pod.Patch())
	require.NoError(t, err)
	patch, err := jsonpatch.DecodePatch(encoded)
	require.NoError(t, err)
	patched, err := patch.Apply(pod)
	require.NoError(t, err)
	return patched
}

// everyDefault runs all defaults, each with the parameters of one of its fixtures.
func everyDefault(tb testing.TB, choose func(a, b string) bool) func(*workload.Review) {
	tb.Helper()
	var first, last []mutators.Mutate
	for _, m := range mutators.All() {
		mutate, err := m.New(func(into any) error {
			strict, err := kjson.UnmarshalStrict(parametersOf(tb, m.Name, choose), into)
			assert.Empty(tb, strict)
			return err
		})
		require.NoError(tb, err, m.Name)
		if m.Last {
			last = append(last, mutate)
		} else {
			first = append(first, mutate)
		}
	}
	return func(r *workload.Review) {
		for _, mutate := range slices.Concat(first, last) {
			mutate(r)
		}
	}
}

func lessParameters(a, b string) bool { return len(a) < len(b) }
func mostParameters(a, b string) bool { return len(a) > len(b) }

func parametersOf(tb testing.TB, name string, choose func(a, b string) bool) []byte {
	tb.Helper()
	files, err := fs.Glob(mutators.Fixtures, path.Join("testdata", name, "*.yaml"))
	require.NoError(tb, err)
	chosen := ""
	for _, file := range files {
		text, err := fs.ReadFile(mutators.Fixtures, file)
		require.NoError(tb, err)
		for line := range strings.Lines(string(text)) {
			if params, found := strings.CutPrefix(line, "# params: "); found && (chosen == "" || choose(params, chosen)) {
				chosen = params
			}
		}
	}
	if chosen == "" {
		return []byte("{}")
	}
	raw, err := yaml.YAMLToJSON([]byte(chosen))
	require.NoError(tb, err)
	require.True(tb, json.Valid(raw))
	return raw
}
