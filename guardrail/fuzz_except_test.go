package guardrail

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/internal/workload"
	"taffrail.dev/taffrail/validators"
)

// FuzzExcept holds that the images that are excepted from all checks of Pods hide what is found of
// the containers that run them and, where all of a Pod do, of the Pod, and nothing else.
func FuzzExcept(f *testing.F) {
	const image = "docker.io/acme/web:1.0"
	whole := wholeCatalogue(f)
	set := named(f, []v1alpha1.GuardrailSpec{whole}, "whole")
	excepting := whole
	excepting.Validators = slices.Clone(whole.Validators)
	for i := range excepting.Validators {
		if v, _ := validators.Find(excepting.Validators[i].Name); v.OfPods() {
			excepting.Validators[i].Except = &v1alpha1.Except{Images: []string{image}}
		}
	}
	with := named(f, []v1alpha1.GuardrailSpec{excepting}, "whole")
	addObjects(f)
	f.Fuzz(func(t *testing.T, input []byte) {
		r := anObject(input)
		if r == nil {
			return
		}
		want := slices.DeleteFunc(decided(t, set, r).Findings, func(f *Finding) bool {
			v, _ := validators.Find(f.Validator)
			if !v.OfPods() || r.Pod == nil {
				return false
			}
			return f.Container.Container != nil && f.Container.Image == image || f.Container.Container == nil && allRun(r.Pod, image)
		})
		// What was excepted before an update is new after it.
		got := decided(t, with, anObject(input)).Findings
		require.Equal(t, whatIsFound(want), whatIsFound(got))
	})
}

// allRun tells whether all containers of a Pod run an image.
func allRun(pod *workload.Pod, image string) bool {
	for c := range pod.AllContainers() {
		if c.Image != image {
			return false
		}
	}
	return pod.Len() > 0
}

func whatIsFound(findings []*Finding) (all []string) {
	for _, f := range findings {
		all = append(all, found(f))
	}
	return all
}
