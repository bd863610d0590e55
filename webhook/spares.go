package webhook

import (
	"math/bits"
	"slices"
	"sync"
	"time"
)

// spareFor is how long a body of a large review is kept for the next one: floods are dense.
const spareFor = 5 * time.Second

// spareBodies are those of large reviews that have been answered. In a flood, bodies that each
// review takes anew become garbage faster than it is collected: 100 reviews of 2 MiB at a time took
// 200 MiB. All that are kept and in use are of a few sizes, and those that are kept take no more
// than bodiesMemory.
type spareBodies struct {
	mu   sync.Mutex
	free [][]byte
	size int
	idle *time.Timer
}

var spares spareBodies

// bodySize is what is taken for a body of so many bytes.
func bodySize(bytes int) int { return min(1<<bits.Len(uint(bytes)), maxReviewBytes+1) } //nolint:gosec // it is not negative

// take is an empty body with room for bodySize(bytes).
func (s *spareBodies) take(bytes int) []byte {
	size := bodySize(bytes)
	s.mu.Lock()
	defer s.mu.Unlock()
	if i := slices.IndexFunc(s.free, func(b []byte) bool { return cap(b) == size }); i >= 0 {
		body := s.free[i]
		s.free, s.size = slices.Delete(s.free, i, i+1), s.size-size
		return body
	}
	s.keep(bodiesMemory - size)
	return make([]byte, 0, size)
}

func (s *spareBodies) put(body []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.free, s.size = append(s.free, body[:0]), s.size+cap(body)
	s.keep(bodiesMemory)
	if s.idle == nil {
		s.idle = time.AfterFunc(spareFor, func() {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.keep(0)
			s.idle = nil
		})
		return
	}
	s.idle.Reset(spareFor)
}

// keep keeps so many bytes, of those that were put last.
func (s *spareBodies) keep(most int) {
	for s.size > most {
		s.size -= cap(s.free[0])
		s.free = slices.Delete(s.free, 0, 1)
	}
}
