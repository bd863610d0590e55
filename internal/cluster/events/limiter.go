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
	mu  sync.Mutex
	at  map[types.UID]time.Time
	now func() time.Time // nil: time.Now
}

// told answers whether an owner has been told a moment ago.
func (l *limiter) told(owner types.UID) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	at, known := l.at[owner]
	return known && l.time().Sub(at) < pause
}

// due answers whether an owner is to be told now, which it is once in a while. It
// is asked of owners that the API server has, and of no others: with made-up ones
// it would soon remember as many as it can.
func (l *limiter) due(owner types.UID) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.time()
	if at, known := l.at[owner]; known && now.Sub(at) < pause {
		return false
	}
	if len(l.at) >= maxOwners {
		for uid, at := range l.at {
			if now.Sub(at) >= pause {
				delete(l.at, uid)
			}
		}
		if len(l.at) >= maxOwners {
			return false
		}
	}
	if l.at == nil {
		l.at = map[types.UID]time.Time{}
	}
	l.at[owner] = now
	return true
}

func (l *limiter) time() time.Time {
	if l.now != nil {
		return l.now()
	}
	return time.Now()
}
