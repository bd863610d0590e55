package sender

import (
	"sync"
	"time"
)

// maxSenders bounds how many senders are remembered, with 100 bytes each. Those
// that come after them share what one has.
const maxSenders = 1024

// Rate is so many a second, and so many at once.
type Rate struct{ PerSecond, Burst float64 }

// Limiter allows each sender its Rate, and all together theirs.
type Limiter struct {
	Each, All Rate
	// Now is the clock; nil: time.Now.
	Now func() time.Time

	mu          sync.Mutex
	senders     map[string]*bucket
	others, all bucket
	forgotten   time.Time // when it was last looked who can be forgotten
}

// Allow answers whether a sender may do it once more.
func (l *Limiter) Allow(sender string) bool {
	now := time.Now()
	if l.Now != nil {
		now = l.Now()
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	own := l.of(sender, now)
	// Whoever has used up their own share takes nothing of what all have.
	if own.left(l.Each, now) < 1 || l.all.left(l.All, now) < 1 {
		return false
	}
	own.used++
	l.all.used++
	return true
}

// of is the bucket of a sender.
func (l *Limiter) of(sender string, now time.Time) *bucket {
	if b := l.senders[sender]; b != nil {
		return b
	}
	if len(l.senders) >= maxSenders {
		l.forget(now)
	}
	if len(l.senders) >= maxSenders {
		return &l.others
	}
	if l.senders == nil {
		l.senders = map[string]*bucket{}
	}
	b := &bucket{}
	l.senders[sender] = b
	return b
}

// forget forgets who has been quiet for so long that all is allowed again. Once a
// second: a flood of addresses must not cost a look at all of them each time.
func (l *Limiter) forget(now time.Time) {
	if now.Sub(l.forgotten) < time.Second {
		return
	}
	l.forgotten = now
	for sender, b := range l.senders {
		if b.left(l.Each, now) >= l.Each.Burst {
			delete(l.senders, sender)
		}
	}
}

// bucket is what has been used of a Rate. Its zero value is ready.
type bucket struct {
	used float64
	at   time.Time
}

// left is how often it may still be done now.
func (b *bucket) left(r Rate, now time.Time) float64 {
	if passed := now.Sub(b.at).Seconds(); passed > 0 {
		b.used = max(0, b.used-passed*r.PerSecond)
		b.at = now
	}
	return r.Burst - b.used
}
