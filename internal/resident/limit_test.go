package resident_test

import (
	"math"
	"runtime/debug"
	"testing"

	"github.com/go-logr/logr"
	"github.com/stretchr/testify/assert"

	"taffrail.dev/taffrail/internal/resident"
)

// Who sets GOMEMLIMIT knows better than the container.
func TestGOMEMLIMITWins(t *testing.T) {
	before := debug.SetMemoryLimit(math.MaxInt64)
	t.Cleanup(func() { debug.SetMemoryLimit(before) })
	t.Setenv("GOMEMLIMIT", "7GiB")
	resident.FollowContainer(logr.Discard())
	assert.EqualValues(t, math.MaxInt64, debug.SetMemoryLimit(-1), "the program has set another limit")
}
