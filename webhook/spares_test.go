package webhook

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
)

// The body of one large review is that of the next, whatever its size in the class; what is kept
// is bounded, and goes when no more come.
func TestSpareBodiesAreBoundedAndGo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s spareBodies
		first := append(s.take(1_500_000), "abc"...)
		s.put(first)
		again := s.take(2_000_000)
		assert.Empty(t, again)
		assert.Same(t, &first[0], &again[:1][0])
		assert.Zero(t, kept(&s))

		for range 20 {
			s.put(make([]byte, 0, bodySize(2_000_000)))
			assert.LessOrEqual(t, kept(&s), bodiesMemory)
		}
		s.take(maxReviewBytes)
		assert.LessOrEqual(t, kept(&s), bodiesMemory-maxReviewBytes, "room is made for what is taken anew")
		time.Sleep(2 * spareFor)
		synctest.Wait()
		assert.Zero(t, kept(&s))
	})
}

// Every body has room for what was promised and a byte more, so that it is seen to be too long.
func TestBodySize(t *testing.T) {
	for _, bytes := range []int{smallBytes, 1 << 20, 1<<20 + 1, 5 << 20, maxReviewBytes} {
		assert.Greater(t, bodySize(bytes), bytes)
		assert.LessOrEqual(t, bodySize(bytes), maxReviewBytes+1)
	}
}

func kept(s *spareBodies) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.size
}
