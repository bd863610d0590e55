package furnish

import (
	"time"

	"k8s.io/apimachinery/pkg/runtime/schema"
)

// How long to wait before an object is written again that somebody else has changed or deleted. The
// first time there is no wait. From then on two writers would go on as fast as the API server
// answers, so the wait doubles. What is deleted comes back sooner than what is changed: a
// NetworkPolicy that is gone opens a Namespace.
const (
	firstWait   = 500 * time.Millisecond
	longWait    = 10 * time.Minute
	longAbsence = 30 * time.Second
	// peace is how long nobody has to have written for the next change to be mended at once.
	peace = 30 * time.Minute
	// quarrel is the wait from which on it is told as a conflict.
	quarrel = 2 * time.Second
)

// object is one that a kit makes.
type object struct {
	kind            schema.GroupVersionKind
	namespace, name string
}

// contest remembers how often an object was mended.
type contest struct {
	hash string // as which
	by   string // who has changed it last, as far as is known
	wait time.Duration
	last time.Time
}

// contestOver is that over an object which is wanted in one form; in another it begins anew, as what
// we ourselves want to be different waits for nobody.
func (f *Furnisher) contestOver(o object, hash string) *contest {
	f.mu.Lock()
	defer f.mu.Unlock()
	c := f.contests[o]
	if c == nil || c.hash != "" && c.hash != hash {
		c = &contest{}
		f.contests[o] = c
	}
	c.hash = hash
	return c
}

// deleted is told of each object that is gone.
func (f *Furnisher) deleted(o object) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.contests[o] == nil {
		f.contests[o] = &contest{}
	}
}

// due tells how long to wait; zero is now.
func (c *contest) due(now time.Time, longest time.Duration) time.Duration {
	if now.Sub(c.last) >= peace {
		c.wait = 0
	}
	return max(min(c.wait, longest)-now.Sub(c.last), 0)
}

// mended notes that the object was written again, or that it was tried.
func (c *contest) mended(now time.Time, by string) {
	c.last, c.by, c.wait = now, by, min(max(2*c.wait, firstWait), longWait)
}

// isQuarrel tells whether it was mended so often that people are to know.
func (c *contest) isQuarrel() bool { return c.wait >= quarrel }

// forgetContests forgets those that are over.
func (f *Furnisher) forgetContests() {
	f.mu.Lock()
	defer f.mu.Unlock()
	now := f.now()
	for o, c := range f.contests {
		if now.Sub(c.last) >= peace {
			delete(f.contests, o)
		}
	}
}
