package guardrail_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/guardrail"
)

// What is wrong with a mutation and no mistake is told to whoever applies it.
func TestADryRunTellsWhatAMutationDoes(t *testing.T) {
	for name, test := range map[string]struct {
		apply, patch string
		change       func(*v1alpha1.Mutation)
		want         []string
	}{
		"nothing that is wrong": {
			apply: `Object{metadata: Object.metadata{labels: {"a": "b"}}}`,
		},
		"what samples do not have": {
			apply: `Object{metadata: Object.metadata{labels: {"a": object.metadata.annotations["b"]}}}`,
		},
		"a field that is misspelt, read": {
			apply: `has(object.spec.nodName) ? Object{} : Object{metadata: Object.metadata{labels: {"a": "b"}}}`,
			change: func(m *v1alpha1.Mutation) {
				m.Resources[0].Resources = []string{"pods"}
			},
			want: []string{`spec.mutations[0].applyConfiguration.expression: 1:4: undefined field 'nodName' (Pod) (mutation own)`},
		},
		"a field that is misspelt, written": {
			apply: `Object{metadata: Object.metadata{lables: {"a": "b"}}}`,
			want: []string{
				`spec.mutations[0].applyConfiguration.expression: would be left out: the Object does not fit a ConfigMap: .metadata.lables: field not declared in schema (ConfigMap) (mutation own)`,
				`spec.mutations[0].applyConfiguration.expression: would be left out: the Object does not fit a Pod: .metadata.lables: field not declared in schema (Pod) (mutation own)`,
			},
		},
		"a list that is replaced as a whole": {
			apply: `Object{spec: Object.spec{tolerations: [Object.spec.tolerations{key: "a"}]}}`,
			change: func(m *v1alpha1.Mutation) {
				m.Resources[0].Resources = []string{"pods"}
			},
			want: []string{`spec.mutations[0].applyConfiguration.expression: would be left out: the Object must not set spec.tolerations, which is replaced as a whole: use jsonPatch (Pod) (mutation own)`},
		},
		"a field that there is not, in a patch": {
			patch: `[JSONPatch{op: "add", path: "/spec/nodName", value: "a"}]`,
			change: func(m *v1alpha1.Mutation) {
				m.Resources[0].Resources = []string{"pods"}
			},
			want: []string{`spec.mutations[0].jsonPatch.expression: makes an object that its kind does not know: strict decoding error: unknown field "spec.nodName" (Pod) (mutation own)`},
		},
		"a second run that is not empty": {
			patch: `[JSONPatch{op: "add", path: "/spec/containers/-", value: Object.spec.containers{name: "b", image: "c:1"}}]`,
			want: []string{
				`spec.mutations[0].jsonPatch.expression: a second run changes the object again, at /spec/containers/2: guard it with matchConditions, or set onlyWhenMissing (Pod) (mutation own)`,
			},
		},
		"a second run that is never": {
			patch: `[JSONPatch{op: "add", path: "/spec/containers/-", value: Object.spec.containers{name: "b", image: "c:1"}}]`,
			change: func(m *v1alpha1.Mutation) {
				m.ReinvocationPolicy, m.Resources[0].Operations = "Never", m.Resources[0].Operations[:1]
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			m := mutation("own", test.apply, test.patch)
			if test.change != nil {
				test.change(&m)
			}
			g := v1alpha1.Guardrail{
				TypeMeta:   metav1.TypeMeta{APIVersion: "taffrail.dev/v1alpha1", Kind: "Guardrail"},
				ObjectMeta: metav1.ObjectMeta{Name: "g"}, Spec: v1alpha1.GuardrailSpec{Mutations: []v1alpha1.Mutation{m}},
			}
			raw, err := json.Marshal(g)
			require.NoError(t, err)
			var want []string
			for _, text := range test.want {
				want = append(want, `Guardrail "g": `+text)
			}
			assert.Equal(t, want, (*guardrail.Set)(nil).Advice(raw))
			set := mutating(t, m)
			for i := range want {
				want[i] = strings.Replace(want[i], `"g"`, `"own"`, 1)
			}
			assert.Equal(t, want, set.Warnings())
		})
	}
}

// A mutation with mistakes is refused, in words that name it.
func TestMistakesInMutations(t *testing.T) {
	for name, test := range map[string]struct {
		apply, patch string
		change       func(*v1alpha1.Mutation)
		want         string
	}{
		"neither": {want: `spec.mutations[0].applyConfiguration: Required value: must be set, or jsonPatch (mutation own)`},
		"both": {
			apply: `Object{}`, patch: `[]`,
			want: `spec.mutations[0].jsonPatch: Forbidden: must not be set beside applyConfiguration: make two mutations of it (mutation own)`,
		},
		"another type": {
			apply: `"text"`,
			want:  `spec.mutations[0].applyConfiguration.expression: Invalid value: must be of type Object, is of type string (mutation own)`,
		},
		"params": {
			apply: `Object{metadata: Object.metadata{name: params.name}}`,
			want:  `spec.mutations[0].applyConfiguration.expression: Invalid value: 1:40: undeclared reference to 'params': Guardrails have neither params nor an authorizer (mutation own)`,
		},
		"a deletion": {
			apply:  `Object{}`,
			change: func(m *v1alpha1.Mutation) { m.Resources[0].Operations[0] = "DELETE" },
			want:   `spec.mutations[0].resources[0].operations[0]: Unsupported value: "DELETE": supported values: "CREATE", "UPDATE"`,
		},
		"Guardrails": {
			apply:  `Object{}`,
			change: func(m *v1alpha1.Mutation) { m.Resources[0].APIGroups = []string{"taffrail.dev"} },
			want:   `must not be Taffrail's own: what guards the cluster is as it was written`,
		},
		"a default's name": {
			apply:  `Object{}`,
			change: func(m *v1alpha1.Mutation) { m.Name = "disable-service-account-token" },
			want:   `spec.mutations[0].name: Invalid value: "disable-service-account-token": must not be the name of a default of the catalogue`,
		},
		"templates of what is no Pod": {
			apply:  `Object{}`,
			change: func(m *v1alpha1.Mutation) { m.PodTemplates = true },
			want:   `spec.mutations[0].podTemplates: Invalid value: true: must go with resources that are pods`,
		},
		"an unknown policy": {
			apply:  `Object{}`,
			change: func(m *v1alpha1.Mutation) { m.ReinvocationPolicy = "Always" },
			want:   `spec.mutations[0].reinvocationPolicy: Unsupported value: "Always": supported values: "IfNeeded", "Never"`,
		},
		"an expression that is too long": {
			apply: `Object{metadata: Object.metadata{labels: {"a": "` + strings.Repeat("x", 200_000) + `"}}}`,
			want:  "bytes of expressions",
		},
	} {
		t.Run(name, func(t *testing.T) {
			m := mutation("own", test.apply, test.patch)
			if test.change != nil {
				test.change(&m)
			}
			_, err := guardrail.Compile(guardrail.Objects{Guardrails: []v1alpha1.Guardrail{{
				ObjectMeta: metav1.ObjectMeta{Name: "g"}, Spec: v1alpha1.GuardrailSpec{Mutations: []v1alpha1.Mutation{m}},
			}}}, guardrail.Options{})
			assert.ErrorContains(t, err, test.want)
		})
	}
}
