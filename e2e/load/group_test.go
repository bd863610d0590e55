//go:build linux

package load

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestARatioIsOfTheSameRound(t *testing.T) {
	sample := func(server string, round int, cpu float64) Sample {
		return Sample{Server: server, Workload: "pod", Connections: 1, Round: round, Result: Result{CPU: cpu}}
	}
	// In the second round the machine was busy, which doubled both.
	groups := Groups([]Sample{
		sample("floor", 0, 10), sample("own", 0, 20), sample("own", 1, 44), sample("floor", 1, 20), sample("floor", 2, 10), sample("own", 2, 21),
	})
	require.Len(t, groups, 2)
	assert.Equal(t, "floor", groups[0][0].Server)
	assert.InDelta(t, 10, groups[0].Median(CPU), 1e-9)
	assert.InDelta(t, 2.1, groups[1].Ratio(groups[0], CPU), 1e-9)
}
