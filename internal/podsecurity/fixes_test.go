package podsecurity

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	jsonpatch "gopkg.in/evanphx/json-patch.v4"
	"k8s.io/apimachinery/pkg/runtime/schema"
	psa "k8s.io/pod-security-admission/api"

	"taffrail.dev/taffrail/internal/workload"
)

// strictest is the standard with the most to fix.
var strictest = psa.LevelVersion{Level: psa.LevelRestricted, Version: psa.LatestVersion()}

// assertFixesFix holds that when all fixes are made there is nothing left but volumes.
func assertFixesFix(t *testing.T, kind schema.GroupVersionKind, object []byte) {
	t.Helper()
	standard := NewStandard(strictest, Selection{})
	windows := reviewOf(t, kind, object).Pod.IsWindows()
	for _, left := range fixAll(t, kind, object, standard) {
		if !windows { // where the API server refuses some fixes
			assert.Contains(t, left.Path.String(), "spec.volumes[")
		}
	}
}

// fixAll applies fixes until no violation has one, and returns what is left.
func fixAll(t *testing.T, kind schema.GroupVersionKind, object []byte, standard Standard) []Violation {
	t.Helper()
	violations := standard.Evaluate(reviewOf(t, kind, object))
	for range 200 {
		fixed := false
		for _, v := range violations {
			if v.Fix == nil {
				continue
			}
			object = apply(t, object, v.Fix)
			next := standard.Evaluate(reviewOf(t, kind, object))
			// An item that is in a list twice is found twice.
			assert.Less(t, count(next, v), count(violations, v), "the fix of %s leaves it", v.Path)
			violations, fixed = next, true
			break
		}
		if !fixed {
			return violations
		}
	}
	t.Error("fixing does not come to an end")
	return violations
}

func apply(t *testing.T, object []byte, fix []workload.Operation) []byte {
	t.Helper()
	document, err := workload.EncodePatch(fix)
	require.NoError(t, err)
	patch, err := jsonpatch.DecodePatch(document)
	require.NoError(t, err)
	patched, err := patch.Apply(object)
	require.NoError(t, err, "%s", document)
	return patched
}

// count is how many of the violations are like another one.
func count(violations []Violation, like Violation) (n int) {
	same := func(v Violation) string { return fmt.Sprint(v.Control, v.Path.Identity(), v.Value) }
	for _, v := range violations {
		if same(v) == same(like) {
			n++
		}
	}
	return n
}
