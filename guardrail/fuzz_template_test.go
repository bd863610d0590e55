package guardrail

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	jsonpatch "gopkg.in/evanphx/json-patch.v4"
	admissionv1 "k8s.io/api/admission/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/internal/dice"
	"taffrail.dev/taffrail/internal/workload"
	"taffrail.dev/taffrail/validators"
)

// makers are who makes the Pods of a template.
var makers = map[string]string{"CronJob": "Job", "Deployment": "ReplicaSet"}

// FuzzTemplate holds that what is found in a template is what will be found in
// its Pods, which their controller makes of it and our own defaults complete:
// the same findings, below the template's place.
func FuzzTemplate(f *testing.F) {
	var sets []*Set
	for _, spec := range []v1alpha1.GuardrailSpec{wholeCatalogue(f), Default().Guardrails[0].Spec} {
		sets = append(sets, named(f, []v1alpha1.GuardrailSpec{withChecksOfPods(spec)}, "g"))
	}
	for seed := range uint64(200) {
		f.Add(dice.Bytes(seed, 200))
	}
	f.Fuzz(func(t *testing.T, input []byte) {
		set, d := sets[len(input)%len(sets)], dice.Wild(input)
		kind := holders[d.Roll(len(holders))]
		template := d.Template()
		if kind == podKind || bytes.Contains(template.Metadata, []byte("ownerReferences")) {
			return
		}
		object, err := reviewOf(kind, template.In(kind), nil)
		if err != nil {
			return
		}
		inTemplate := decided(t, set, object)

		made := madeBy(kind, template).In(podKind)
		r, err := reviewOf(podKind, made, nil)
		require.NoError(t, err)
		if !r.Record() {
			return // with null for a container, which the API server refuses
		}
		if r.Pod.WasAdmitted() {
			return // what the API server's plugins do to a Pod before that, such as its token, is not done here
		}
		completed := patchedBy(t, set, r, made)
		r, err = reviewOf(podKind, completed, nil)
		require.NoError(t, err)
		inPod := decided(t, set, r)

		require.Equal(t, verdict(inPod.Findings), below(object.Pod.Path, inTemplate.Findings), "%s\n%s", template.In(kind), completed)
	})
}

// withChecksOfPods leaves out the checks that do not look at the creation of
// Pods, or at their templates alone.
func withChecksOfPods(whole v1alpha1.GuardrailSpec) v1alpha1.GuardrailSpec {
	whole.Validators = slices.DeleteFunc(whole.Validators, func(v v1alpha1.Validator) bool {
		i := slices.IndexFunc(validators.All(), func(known validators.Validator) bool { return known.Name == v.Name })
		return !looksAtPodsAndTemplates(validators.All()[i].Resources)
	})
	return whole
}

func looksAtPodsAndTemplates(resources []validators.Resource) bool {
	looks := 0
	for _, kind := range holders {
		resource, _ := workload.ResourceFor(kind)
		if slices.ContainsFunc(resources, func(r validators.Resource) bool {
			return r.GroupVersionResource == resource && slices.Contains(r.Operations, admissionv1.Create)
		}) {
			looks++
		}
	}
	return looks == len(holders)
}

// madeBy is what a controller makes of a template.
func madeBy(kind schema.GroupVersionKind, template dice.Template) dice.Template {
	maker := kind.Kind
	if next, found := makers[maker]; found {
		maker = next
	}
	if kind.Kind == "PodTemplate" || len(template.Metadata) == 0 || template.Metadata[0] != '{' {
		return template // nothing makes Pods of it
	}
	owner := `{"ownerReferences":[{"apiVersion":"apps/v1","kind":"` + maker + `","name":"web","uid":"1","controller":true}]`
	if string(template.Metadata) != "{}" {
		owner += ","
	}
	template.Metadata = append([]byte(owner), template.Metadata[1:]...)
	return template
}

func patchedBy(t *testing.T, set *Set, r *workload.Review, object []byte) []byte {
	t.Helper()
	m := set.Mutate(context.Background(), r)
	require.Empty(t, m.Errors)
	if len(m.Patch) == 0 {
		return object
	}
	encoded, err := workload.EncodePatch(m.Patch)
	require.NoError(t, err)
	patch, err := jsonpatch.DecodePatch(encoded)
	require.NoError(t, err)
	patched, err := patch.Apply(object)
	require.NoError(t, err)
	require.True(t, json.Valid(patched))
	return patched
}

// below are the findings below a place, as if that were the whole object.
func below(at *workload.Path, findings []*Finding) []string {
	var some []*Finding
	for _, f := range findings {
		if strings.HasPrefix(f.Path.String(), at.String()+".") {
			some = append(some, f)
		}
	}
	texts := verdict(some)
	for i := range texts {
		texts[i] = strings.Replace(texts[i], " "+at.String()+".", " ", 1)
	}
	slices.Sort(texts)
	return texts
}
