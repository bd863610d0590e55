package guardrail

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	admissionv1 "k8s.io/api/admission/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/internal/workload"
)

// FuzzOrder holds that neither the names of guardrails, which are their order,
// nor the order in which they come changes what is found or what a Pod becomes;
// and that with the same names every answer is the same, to the letter.
func FuzzOrder(f *testing.F) {
	specs := inThree(wholeCatalogue(f))
	set := named(f, specs, "a", "b", "c")
	var others []*Set
	for _, names := range [][]string{{"a", "c", "b"}, {"b", "a", "c"}, {"b", "c", "a"}, {"c", "a", "b"}, {"c", "b", "a"}} {
		others = append(others, named(f, specs, names...))
	}
	turned := slices.Clone(specs)
	slices.Reverse(turned)
	same := named(f, turned, "c", "b", "a")
	addObjects(f)
	f.Fuzz(func(t *testing.T, input []byte) {
		r := anObject(input)
		if r == nil {
			return
		}
		want := decided(t, set, r)
		require.Equal(t, said(&want), said(new(decided(t, same, anObject(input)))))
		other := decided(t, others[len(input)%len(others)], anObject(input))
		require.Equal(t, withoutPlaces(verdict(want.Findings)), withoutPlaces(verdict(other.Findings)))
		if r.Kind == podKind && r.Operation == admissionv1.Create {
			require.Equal(t, completedBy(t, set, r), completedBy(t, others[len(input)%len(others)], anObject(input)))
		}
	})
}

// withoutPlaces leaves out which environment variable of a container it is, for the same reason as
// completedBy sorts them.
func withoutPlaces(texts []string) []string {
	for i := range texts {
		texts[i] = placeOfEnv.ReplaceAllString(texts[i], ".env[]")
	}
	slices.Sort(texts)
	return texts
}

var placeOfEnv = regexp.MustCompile(`\.env\[\d+\]`)

// completedBy is what a Pod becomes by the defaults of a set. Environment variables
// are sorted: several defaults append them, and in what order says nothing.
func completedBy(t *testing.T, set *Set, r *workload.Review) *corev1.PodSpec {
	t.Helper()
	completed, err := reviewOf(podKind, patchedBy(t, set, r, r.Request().Object.Raw), nil)
	require.NoError(t, err)
	for c := range completed.Pod.Containers() {
		slices.SortStableFunc(c.Env, func(a, b corev1.EnvVar) int { return strings.Compare(a.Name, b.Name) })
	}
	return completed.Pod.Spec
}

var podKind = corev1.SchemeGroupVersion.WithKind("Pod")

// inThree deals the checks and defaults of a guardrail to three.
func inThree(whole v1alpha1.GuardrailSpec) []v1alpha1.GuardrailSpec {
	three := make([]v1alpha1.GuardrailSpec, 3)
	for i, m := range whole.Mutators {
		three[i%3].Mutators = append(three[i%3].Mutators, m)
	}
	for i, v := range whole.Validators {
		three[i%3].Validators = append(three[i%3].Validators, v)
	}
	return three
}

func named(tb testing.TB, specs []v1alpha1.GuardrailSpec, names ...string) *Set {
	tb.Helper()
	var objects Objects
	for i, spec := range specs {
		objects.Guardrails = append(objects.Guardrails, v1alpha1.Guardrail{ObjectMeta: metav1.ObjectMeta{Name: names[i]}, Spec: spec})
	}
	set, err := Compile(objects, Options{AllFindings: true})
	require.NoError(tb, err)
	return set
}

// said is all that people read of a decision, in its order.
func said(d *Decision) (texts []string) {
	for _, f := range d.Findings {
		texts = append(texts, f.Guardrail+" "+string(f.Action)+" "+f.String())
	}
	if d.Denied() {
		texts = append(texts, d.Denial())
	}
	return texts
}
