package events

import (
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"
)

// pause is how long an owner is left alone once it has been told: a controller
// tries again many times a minute.
const pause = time.Minute

// maxOwners bounds how many owners are remembered.
const maxOwners = 1024

// limiter remembers who has been told. Its zero value is ready.
type limiter struct {
	mu   sync.Mutex
	told map[types.UID]time.Time
	now  func() time.Time // nil: time.Now
}

// due answers whether an owner is to be told now, which it is once in a while.
func (l *limiter) due(owner types.UID) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	if l.now != nil {
		now = l.now()
	}
	if now.Sub(l.told[owner]) < pause {
		return false
	}
	if len(l.told) >= maxOwners {
		for uid, at := range l.told {
			if now.Sub(at) >= pause {
				delete(l.told, uid)
			}
		}
		if len(l.told) >= maxOwners {
			return false
		}
	}
	if l.told == nil {
		l.told = map[types.UID]time.Time{}
	}
	l.told[owner] = now
	return true
}
