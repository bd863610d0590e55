package guardrail_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	admissionv1 "k8s.io/api/admission/v1"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/yaml"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/guardrail"
	"taffrail.dev/taffrail/internal/patching"
	"taffrail.dev/taffrail/internal/workload"
)

// mutationFixture is a file of testdata/mutations: what becomes of an object. The same files are held
// against an API server's own MutatingAdmissionPolicies (e2e).
type mutationFixture struct {
	Mutation v1alpha1.Mutation    `json:"mutation"`
	Object   json.RawMessage      `json:"object"`
	Patch    []workload.Operation `json:"patch"`
}

func readMutation(tb testing.TB, file string) (f mutationFixture) {
	tb.Helper()
	text, err := os.ReadFile(file)
	require.NoError(tb, err)
	require.NoError(tb, yaml.UnmarshalStrict(text, &f))
	return f
}

func mutating(tb testing.TB, mutations ...v1alpha1.Mutation) *guardrail.Set {
	tb.Helper()
	set, err := guardrail.Compile(guardrail.Objects{Guardrails: []v1alpha1.Guardrail{{
		ObjectMeta: metav1.ObjectMeta{Name: "own"}, Spec: v1alpha1.GuardrailSpec{Mutations: mutations},
	}}}, guardrail.Options{})
	require.NoError(tb, err)
	return set
}

// created is the review of the creation of an object in the namespace default.
func created(tb testing.TB, object []byte) *workload.Review {
	tb.Helper()
	review, err := creation(object)
	require.NoError(tb, err)
	return review
}

func creation(object []byte) (*workload.Review, error) {
	content := &unstructured.Unstructured{}
	if err := json.Unmarshal(object, &content.Object); err != nil {
		return nil, err
	}
	kind := content.GroupVersionKind()
	resource, known := workload.ResourceFor(kind)
	if !known {
		resource = kind.GroupVersion().WithResource(strings.ToLower(kind.Kind) + "s")
	}
	return workload.NewReview(&admissionv1.AdmissionRequest{
		UID: "1", Operation: admissionv1.Create, Namespace: "default", Name: content.GetName(),
		Kind: metav1.GroupVersionKind(kind), Resource: metav1.GroupVersionResource(resource),
		Object: runtime.RawExtension{Raw: object},
	})
}

func TestMutations(t *testing.T) {
	files, err := filepath.Glob("testdata/mutations/*.yaml")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".yaml"), func(t *testing.T) {
			fixture := readMutation(t, file)
			set := mutating(t, fixture.Mutation)
			review := created(t, fixture.Object)
			m := set.Mutate(t.Context(), review)
			require.Empty(t, m.Errors)
			want, err := json.Marshal(fixture.Patch)
			require.NoError(t, err)
			got, err := workload.EncodePatch(m.Patch)
			require.NoError(t, err)
			assert.JSONEq(t, string(want), strings.ReplaceAll(string(got), "null", "[]"))

			patched, err := patching.JSONPatchRaw(fixture.Object, got)
			require.NoError(t, err)
			again := set.Mutate(t.Context(), created(t, patched))
			assert.Empty(t, again.Patch, "a second time changes something")
			assert.Empty(t, again.Errors)
		})
	}
}

// A mutation that goes wrong leaves the object as it was, and those after it go on.
func TestAMutationThatFailsChangesNothing(t *testing.T) {
	const pod = `{"apiVersion":"v1","kind":"Pod","metadata":{"name":"web"},"spec":{"containers":[{"name":"app","image":"x:1"}]}}`
	const large = `"0123456789012345".replace("", "0123456789012345".replace("", "0123456789012345".replace("", "0123456789012345".replace("", "0123456789012345"))))`
	for name, c := range map[string]struct{ apply, patch, want string }{
		"an expression that fails": {
			apply: `Object{metadata: Object.metadata{labels: {"a": object.metadata.labels.b}}}`,
			want:  "no such key: labels",
		},
		"another name": {
			apply: `Object{metadata: Object.metadata{name: "other"}}`,
			want:  "must not change metadata.name",
		},
		"another namespace": {
			patch: `[JSONPatch{op: "add", path: "/metadata/namespace", value: "kube-system"}]`,
			want:  "must not change metadata.namespace",
		},
		"another kind": {
			patch: `[JSONPatch{op: "replace", path: "/kind", value: "Secret"}]`,
			want:  "must not change kind",
		},
		"another type than the field has": {
			patch: `[JSONPatch{op: "add", path: "/spec/nodeName", value: 5}]`,
			want:  "what it makes of the object could not be stored",
		},
		"a value that no label has": {
			apply: `Object{metadata: Object.metadata{labels: {"a": "no value"}}}`,
			want:  `what it makes of the object is invalid: metadata.labels: Invalid value: "no value"`,
		},
		"more than can be stored": {
			apply: `Object{metadata: Object.metadata{annotations: {"a": ` + large + `, "b": ` + large + `, "c": ` + large + `}}}`,
			want:  "it has more than 3 MiB",
		},
		"a number for a label": {
			patch: `[JSONPatch{op: "add", path: "/metadata/labels", value: {"a": 5}}]`,
			want:  "what it makes of the object could not be stored",
		},
		"a path that is not there": {
			patch: `[JSONPatch{op: "remove", path: "/spec/tolerations/0"}]`,
			want:  "apply the JSON patch",
		},
		"an operation that does not exist": {
			patch: `[JSONPatch{op: "merge", path: "/spec", value: 1}]`,
			want:  "apply the JSON patch",
		},
		"no metadata any more": {
			patch: `[JSONPatch{op: "remove", path: "/metadata"}]`,
			want:  "must not change metadata.name",
		},
		"a list that is replaced as a whole": {
			apply: `Object{spec: Object.spec{tolerations: [Object.spec.tolerations{key: "a"}]}}`,
			want:  "spec.tolerations, which is replaced as a whole: use jsonPatch",
		},
		"types with other names than the fields": {
			apply: `Object{spec: Object.wrong{nodeName: "a"}}`,
			want:  "unexpected type name",
		},
	} {
		t.Run(name, func(t *testing.T) {
			m := mutating(t, mutation("bad", c.apply, c.patch), mutation("good", `Object{metadata: Object.metadata{labels: {"good": "yes"}}}`, "")).
				Mutate(t.Context(), created(t, []byte(pod)))
			require.Len(t, m.Errors, 1)
			require.ErrorContains(t, m.Errors[0], "guardrail own: mutation bad: ")
			require.ErrorContains(t, m.Errors[0], c.want)
			assert.Equal(t, []guardrail.Applied{{Guardrail: "own", Mutator: "good"}}, m.Applied)
			assert.Len(t, m.Patch, 1)
		})
	}
}

// What an expression costs counts for the whole review, as that of a rule does.
func TestAMutationThatCostsTooMuchEndsTheOthers(t *testing.T) {
	nested := "1"
	for _, name := range []string{"a", "b", "c", "d", "e"} {
		nested = "[1,2,3,4,5,6,7,8,9].map(" + name + ", " + nested + ")"
	}
	m := mutating(t,
		mutation("dear", `Object{metadata: Object.metadata{labels: {"a": string(`+nested+`.size())}}}`, ""),
		mutation("late", `Object{metadata: Object.metadata{labels: {"good": "yes"}}}`, ""),
	).Mutate(t.Context(), created(t, []byte(`{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"}}`)))
	require.Len(t, m.Errors, 2)
	require.ErrorContains(t, m.Errors[0], "mutation dear: the expression costs more than one evaluation may")
	require.ErrorContains(t, m.Errors[1], "mutation late: the rules of all guardrails have cost what they may for one review")
	assert.Empty(t, m.Patch)
}

// mutation is one of Pods and ConfigMaps.
func mutation(name, apply, patch string) v1alpha1.Mutation {
	m := v1alpha1.Mutation{Name: name, Resources: []admissionregistrationv1.RuleWithOperations{{
		Operations: []admissionregistrationv1.OperationType{"CREATE", "UPDATE"},
		Rule:       admissionregistrationv1.Rule{APIGroups: []string{""}, APIVersions: []string{"v1"}, Resources: []string{"pods", "configmaps"}},
	}}}
	if apply != "" {
		m.ApplyConfiguration = &admissionregistrationv1.ApplyConfiguration{Expression: apply}
	}
	if patch != "" {
		m.JSONPatch = &admissionregistrationv1.JSONPatch{Expression: patch}
	}
	return m
}

// What the defaults set is there for mutations, and both are in one patch.
func TestMutationsComeAfterTheDefaults(t *testing.T) {
	set, err := guardrail.Compile(guardrail.Objects{Guardrails: []v1alpha1.Guardrail{{
		ObjectMeta: metav1.ObjectMeta{Name: "own"},
		Spec: v1alpha1.GuardrailSpec{
			Mutators: []v1alpha1.Mutator{{Name: "disable-service-account-token"}},
			Mutations: []v1alpha1.Mutation{mutation("after",
				`Object{metadata: Object.metadata{labels: {"token": string(object.spec.automountServiceAccountToken)}}}`, "")},
		},
	}}}, guardrail.Options{})
	require.NoError(t, err)
	m := set.Mutate(t.Context(), created(t, []byte(`{"apiVersion":"v1","kind":"Pod","metadata":{"name":"web"},"spec":{"containers":[{"name":"app","image":"x:1"}]}}`)))
	require.Empty(t, m.Errors)
	assert.Equal(t, []guardrail.Applied{{Guardrail: "own", Mutator: "disable-service-account-token"}, {Guardrail: "own", Mutator: "after"}}, m.Applied)
	assert.Equal(t, "/spec/automountServiceAccountToken", m.Patch[0].Path)
	assert.Equal(t, map[string]any{"token": "false"}, m.Patch[1].Value)
}

// A mutation sees what one after it has done, once.
func TestAMutationIsEvaluatedOnceMore(t *testing.T) {
	first := mutation("first", "", `"late" in object.data && !("first" in object.data) ? [JSONPatch{op: "add", path: "/data/first", value: "x"}] : []`)
	second := mutation("second", `Object{data: {"late": "x"}}`, "")
	m := mutating(t, first, second).Mutate(t.Context(), created(t, []byte(config)))
	require.Empty(t, m.Errors)
	assert.Len(t, m.Patch, 2)
}

const config = `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},"data":{"a":"b"}}`

// What must not be evaluated again has a call of its own, which is not repeated, after all others.
func TestAMutationThatIsNeverEvaluatedAgain(t *testing.T) {
	counts := func(name, of string) v1alpha1.Mutation {
		return mutation(name, `Object{data: {"`+of+`": object.data.?`+of+`.orValue("") + "I"}}`, "")
	}
	never := counts("never", "never")
	never.ReinvocationPolicy = admissionregistrationv1.NeverReinvocationPolicy
	set := mutating(t, never, counts("again", "again"))

	whole := set.Mutate(t.Context(), created(t, []byte(config)))
	require.Empty(t, whole.Errors)
	assert.Equal(t, []guardrail.Applied{{Guardrail: "own", Mutator: "again"}, {Guardrail: "own", Mutator: "never"}}, whole.Applied)
	assert.Equal(t, []workload.Operation{{Op: "add", Path: "/data/again", Value: "II"}, {Op: "add", Path: "/data/never", Value: "I"}}, whole.Patch)

	first := set.MutateTimed(t.Context(), created(t, []byte(config)), nil)
	assert.Equal(t, []workload.Operation{{Op: "add", Path: "/data/again", Value: "I"}}, first.Patch)
	last := set.MutateOnce(t.Context(), created(t, []byte(config)), nil)
	assert.Equal(t, []workload.Operation{{Op: "add", Path: "/data/never", Value: "I"}}, last.Patch)
}

func TestUnknownFieldsSurviveAMutation(t *testing.T) {
	m := mutating(t, mutation("label", `Object{metadata: Object.metadata{labels: {"a": "b"}}, spec: Object.spec{containers: [Object.spec.containers{name: "app", tty: true}]}}`, "")).
		Mutate(t.Context(), created(t, []byte(`{"apiVersion":"v1","kind":"Pod","metadata":{"name":"web","tomorrow":{"a":1.0}},"spec":{"newest":[1,2],"containers":[{"name":"app","image":"x:1","quantum":true}]}}`)))
	require.Empty(t, m.Errors)
	assert.Equal(t, []workload.Operation{
		{Op: "add", Path: "/metadata/labels", Value: map[string]any{"a": "b"}},
		{Op: "add", Path: "/spec/containers/0/tty", Value: true},
	}, m.Patch)
}
