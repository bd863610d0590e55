package webhook_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"taffrail.dev/taffrail/e2e/load/reviews"
)

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
