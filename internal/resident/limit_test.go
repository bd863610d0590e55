package resident

import (
	"errors"
	"math"
	"runtime/debug"
	"sync/atomic"
	"testing"
	"time"

	"github.com/KimMachineGun/automemlimit/memlimit"
	"github.com/go-logr/logr"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTheCollectorGoesByTheContainer(t *testing.T) {
	tests := map[string]struct {
		limit   uint64
		err     error
		environ string
		want    int64
	}{
		"five eighths of the limit":        {limit: 128 << 20, want: 80 << 20},
		"more than there can be":           {limit: math.MaxUint64, want: math.MaxInt64},
		"no limit":                         {err: memlimit.ErrNoLimit, want: math.MaxInt64},
		"files that say nothing":           {err: errors.New("no such file"), want: math.MaxInt64},
		"who sets GOMEMLIMIT knows better": {limit: 128 << 20, environ: "7GiB", want: math.MaxInt64}, // Go has read it before
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			unlimited(t)
			if test.environ != "" {
				t.Setenv("GOMEMLIMIT", test.environ)
			}
			follow(t.Context(), func() (uint64, error) { return test.limit, test.err }, time.Hour, logr.Discard())
			assert.Equal(t, test.want, debug.SetMemoryLimit(-1))
		})
	}
}

// A Pod that is resized in place keeps its process.
func TestTheCollectorFollowsALimitThatChanges(t *testing.T) {
	unlimited(t)
	var limit atomic.Uint64
	limit.Store(256 << 20)
	follow(t.Context(), func() (uint64, error) { return limit.Load(), nil }, time.Millisecond, logr.Discard())
	require.EqualValues(t, 160<<20, debug.SetMemoryLimit(-1))
	limit.Store(64 << 20)
	require.Eventually(t, func() bool { return debug.SetMemoryLimit(-1) == 40<<20 }, 10*time.Second, time.Millisecond)
}

// unlimited sets the limit of this process back when the test ends.
func unlimited(t *testing.T) {
	t.Helper()
	before := debug.SetMemoryLimit(math.MaxInt64)
	t.Cleanup(func() { debug.SetMemoryLimit(before) })
}
