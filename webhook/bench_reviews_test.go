package webhook_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"taffrail.dev/taffrail/e2e/load/enforced"
	"taffrail.dev/taffrail/e2e/load/reviews"
)

// Each set of guardrails can be measured, and what it says of the Pod that all measure is known.
func TestTheGuardrailsThatAreMeasured(t *testing.T) {
	workloads, err := reviews.Read("testdata")
	require.NoError(t, err)
	i := slices.IndexFunc(workloads, func(w reviews.Workload) bool { return w.Name == "pod-5KB" })
	review := string(workloads[i].Calls[1].Review)
	allowed := map[string]bool{"none": true, "default": true, "cel-10": true, "restricted": false, "everything": false}
	for _, set := range enforced.Names {
		text, err := enforced.Text("..", set)
		require.NoError(t, err)
		assert.Equal(t, allowed[set], answer(t, post(with(t, text).Validate(), review)).Allowed, set)
	}
	// Of many guardrails those for the Pod's Namespace hold for it.
	mutated := func(matching int) bool {
		return len(answer(t, post(with(t, enforced.Many(20, matching)).Mutate(), review)).Patch) > 0
	}
	assert.True(t, mutated(10))
	assert.False(t, mutated(0))
}

// What is measured is what its name says.
func TestTheReviewsThatAreMeasured(t *testing.T) {
	workloads, err := reviews.Read("testdata")
	require.NoError(t, err)
	for _, test := range []struct {
		name           string
		size, findings int
	}{
		{"pod-1.5KB", 1500, 0},
		{"pod-5KB", 5000, 0},
		{"pod-30KB", 30_000, 0},
		{"pod-100KB", 100_000, 0},
		{"deployment", 5000, 0},
		{"update", 10_000, 0},
		{"configmap-500KB", 500_000, 0},
		{"pod-admitted", 9000, 0},
		{"pod-refused-25", 9000, 25},
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, w := range workloads {
				if w.Name != test.name {
					continue
				}
				call := w.Calls[len(w.Calls)-1]
				require.Equal(t, reviews.Validate, call.Path)
				const rest = 800 // of a review beside its objects
				assert.InDelta(t, test.size, len(call.Review)-rest, float64(test.size)/5)
				response := answer(t, post(newHandler(t).Validate(), string(call.Review)))
				require.Equal(t, test.findings == 0, response.Allowed)
				if test.findings > 0 {
					assert.Len(t, response.Result.Details.Causes, test.findings)
				}
				return
			}
			assert.Fail(t, "not there")
		})
	}
}
