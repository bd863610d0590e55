package registration

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/guardrail"
	"taffrail.dev/taffrail/internal/workload"
	"taffrail.dev/taffrail/mutators"
	"taffrail.dev/taffrail/validators"
)

// What a match condition that is derived from the set keeps away has the same answer as before: it
// is allowed, and nothing is said of it. That holds for every fixture under every set.
func TestWhatIsKeptAwayIsNothingToFind(t *testing.T) {
	all := append(samples(t, validators.Fixtures), samples(t, mutators.Fixtures)...)
	kept := map[string]int{}
	for name, set := range setsToTry(t) {
		configuration := Validating(nil, set.Resources())
		if !keepsAway(configuration) {
			continue
		}
		webhooks := entries(configuration, MayFind)
		for i := range all {
			if keptAway(t, name, set, webhooks, &all[i]) {
				kept[name]++
			}
		}
	}
	assert.NotEmpty(t, kept["default.yaml"])
	assert.NotEmpty(t, kept["every condition"])
	assert.Empty(t, kept["every condition, with match conditions of its own"], "a failure of these is a finding")
}

// keepsAway tells whether a configuration has a condition that is derived from the set.
func keepsAway(configuration *admissionregistrationv1.ValidatingWebhookConfiguration) bool {
	return slices.ContainsFunc(configuration.Webhooks, func(w admissionregistrationv1.ValidatingWebhook) bool {
		return slices.ContainsFunc(w.MatchConditions, func(c admissionregistrationv1.MatchCondition) bool { return c.Name == MayFind })
	})
}

// keptAway holds that what no entry takes has nothing to find in it, and tells whether it is so.
func keptAway(t *testing.T, name string, set *guardrail.Set, webhooks []entry, s *sample) bool {
	t.Helper()
	naming := slices.DeleteFunc(slices.Clone(webhooks), func(e entry) bool { return !e.named(&s.request) })
	if len(naming) == 0 {
		return false
	}
	review, err := workload.NewReview(&s.request)
	if err != nil {
		return false // an API server sends nothing of the kind
	}
	for i := range naming {
		takes, err := naming[i].takes(review, &s.request)
		require.NoError(t, err, "%s, %s: a condition that fails is a refusal", name, s.name)
		if takes {
			return false
		}
	}
	d, err := set.Validate(context.Background(), review)
	require.NoError(t, err)
	for _, f := range append(slices.Clone(d.Findings), d.Exempted...) {
		t.Errorf("%s keeps %s away, in which is found: %s", name, s.name, f)
	}
	assert.Empty(t, d.Errors)
	return true
}

// setsToTry are each check alone, with every combination of parameters that its fixtures have, all
// checks with a condition together, and the guardrails that Taffrail brings.
func setsToTry(t *testing.T) map[string]*guardrail.Set {
	t.Helper()
	sets := map[string]*guardrail.Set{}
	together := conditional(t)
	for _, s := range samples(t, validators.Fixtures) {
		v := v1alpha1.Validator{Name: s.of}
		if s.params != nil {
			v.Params = &runtime.RawExtension{Raw: s.params}
		}
		sets[s.of+" "+string(s.params)] = setOf(t, v1alpha1.GuardrailSpec{Validators: []v1alpha1.Validator{v}})
	}
	sets["every condition"] = setOf(t, v1alpha1.GuardrailSpec{Validators: together})
	sets["every condition, with match conditions of its own"] = setOf(t, v1alpha1.GuardrailSpec{Validators: together, Match: &v1alpha1.Match{
		MatchConditions: []admissionregistrationv1.MatchCondition{{Name: "team", Expression: "object.metadata.labels.team == 'shop'"}},
	}})
	for _, file := range append(ofFiles(t, "../../deploy/guardrails/*.yaml"), "../../guardrail/default.yaml") {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		objects, err := guardrail.Parse(file, text)
		require.NoError(t, err)
		sets[filepath.Base(file)] = compiled(t, objects)
	}
	return sets
}

func setOf(t testing.TB, spec v1alpha1.GuardrailSpec) *guardrail.Set {
	t.Helper()
	return compiled(t, guardrail.Objects{Guardrails: []v1alpha1.Guardrail{{ObjectMeta: metav1.ObjectMeta{Name: "g"}, Spec: spec}}})
}

func compiled(t testing.TB, objects guardrail.Objects) *guardrail.Set {
	t.Helper()
	set, err := guardrail.Compile(objects, guardrail.Options{})
	require.NoError(t, err)
	return set
}

func everyCondition(t testing.TB) *guardrail.Set {
	t.Helper()
	return setOf(t, v1alpha1.GuardrailSpec{Validators: conditional(t)})
}

// conditional are the checks that say where they may find something, with the parameters of a fixture.
func conditional(t testing.TB) (all []v1alpha1.Validator) {
	t.Helper()
	for _, s := range samples(t, validators.Fixtures) {
		is, _ := validators.Find(s.of)
		if slices.ContainsFunc(all, func(v v1alpha1.Validator) bool { return v.Name == s.of }) ||
			!slices.ContainsFunc(is.Resources, func(r validators.Resource) bool { return r.Only != "" }) {
			continue
		}
		v := v1alpha1.Validator{Name: s.of}
		if s.params != nil {
			v.Params = &runtime.RawExtension{Raw: s.params}
		}
		all = append(all, v)
	}
	require.NotEmpty(t, all)
	return all
}
