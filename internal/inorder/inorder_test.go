package inorder

import (
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestEachTakesValuesInTheirOrder(t *testing.T) {
	for _, n := range []int{0, 1, 2, 1000} {
		var workers atomic.Int32
		var got []int
		Each(n, func() func(int) int {
			workers.Add(1)
			return func(i int) int {
				if i%7 == 0 {
					runtime.Gosched() // the others overtake
				}
				return i * i
			}
		}, func(value int) { got = append(got, value) })
		want := make([]int, 0, n)
		for i := range n {
			want = append(want, i*i)
		}
		assert.Equal(t, want, append([]int{}, got...))
		assert.LessOrEqual(t, int(workers.Load()), runtime.GOMAXPROCS(0))
	}
}

// Values that wait for one before them are held in memory: while nobody takes any, few are computed.
func TestFewValuesWait(t *testing.T) {
	const n = 10_000
	var computed atomic.Int32
	few := int32(16 * runtime.GOMAXPROCS(0)) //nolint:gosec // no machine has more processors
	Each(n, func() func(int) int {
		return func(i int) int {
			computed.Add(1)
			return i
		}
	}, func(i int) {
		if i > 0 {
			return
		}
		require.Eventually(t, func() bool { return computed.Load() >= few }, time.Minute, time.Millisecond)
		assert.Never(t, func() bool { return computed.Load() > few }, 50*time.Millisecond, time.Millisecond)
	})
	assert.Equal(t, int32(n), computed.Load())
}
