package guardrail

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"taffrail.dev/taffrail/api/v1alpha1"
)

// FuzzExcept holds that the images that are excepted from all checks hide what is
// found of the containers that run them, and nothing else.
func FuzzExcept(f *testing.F) {
	const image = "docker.io/acme/web:1.0"
	whole := wholeCatalogue(f)
	set := named(f, []v1alpha1.GuardrailSpec{whole}, "whole")
	excepting := whole
	excepting.Validators = slices.Clone(whole.Validators)
	for i := range excepting.Validators {
		excepting.Validators[i].Except = &v1alpha1.Except{Images: []string{image}}
	}
	with := named(f, []v1alpha1.GuardrailSpec{excepting}, "whole")
	addObjects(f)
	f.Fuzz(func(t *testing.T, input []byte) {
		r := anObject(input)
		if r == nil {
			return
		}
		want := slices.DeleteFunc(decided(t, set, r).Findings, func(f *Finding) bool {
			return f.Container.Container != nil && f.Container.Image == image
		})
		// What was excepted before an update is new after it.
		got := decided(t, with, anObject(input)).Findings
		require.Equal(t, whatIsFound(want), whatIsFound(got))
	})
}

func whatIsFound(findings []*Finding) (all []string) {
	for _, f := range findings {
		all = append(all, found(f))
	}
	return all
}
