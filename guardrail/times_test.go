package guardrail

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"taffrail.dev/taffrail/mutators"
	"taffrail.dev/taffrail/validators"
)

func TestTimesKeepTheSlowest(t *testing.T) {
	var times Times
	g := &guardrail{name: "production"}
	times.by(g)
	start := time.Now().Add(-time.Hour)
	for name, took := range map[string]time.Duration{"a": 10, "b": 50, "c": 30, "d": 40, "e": 20} {
		times.took(g, name, start.Add(-took*time.Minute))
	}
	var names []string
	for _, c := range times.Slowest() {
		assert.Equal(t, "production", c.Guardrail)
		assert.Greater(t, c.Time, time.Hour)
		names = append(names, c.Name)
	}
	assert.Equal(t, []string{"b", "d", "c"}, names)
	assert.Equal(t, []string{"production"}, times.Guardrails)
}

func TestTimesThatNobodyAsksForAreNotMeasured(t *testing.T) {
	var times *Times
	g := &guardrail{name: "production"}
	assert.Zero(t, testing.AllocsPerRun(10, func() {
		times.by(g)
		assert.True(t, times.start().IsZero())
		times.took(g, "a", time.Time{})
	}))
	assert.Empty(t, new(Times).Slowest())
}

// Both a check and a default are named, and only those that ran: of a Deployment no default does.
func TestTimesNameWhatRan(t *testing.T) {
	set, err := Compile(Default(), Options{})
	require.NoError(t, err)
	var validated, mutated Times
	_, err = set.ValidateTimed(t.Context(), created(t, webPod(), "pods"), &validated)
	require.NoError(t, err)
	m := set.MutateTimed(t.Context(), created(t, webPod(), "pods"), &mutated)
	require.NotEmpty(t, m.Applied)

	for name, test := range map[string]struct {
		times *Times
		known []string
	}{
		"checks":   {&validated, validators.Names()},
		"defaults": {&mutated, mutators.Names()},
	} {
		assert.Equal(t, []string{"default"}, test.times.Guardrails, name)
		require.Len(t, test.times.Slowest(), slowest, name)
		for _, c := range test.times.Slowest() {
			assert.Contains(t, test.known, c.Name, name)
			assert.Positive(t, c.Time, name)
		}
	}
}
