package guardrail

import (
	"sync/atomic"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// expiringSoon is how long before its end every use of an Exemption is warned of.
const expiringSoon = 14 * 24 * time.Hour

// UseCounts is how long an Exemption counts as used after it has let something through.
const UseCounts = 30 * 24 * time.Hour

// lastUse is when an Exemption last let something through, in Unix seconds. It
// outlives the Set, which is a new one after each change.
type lastUse struct{ seconds atomic.Int64 }

// at takes note of a use. Of two at a time the later one counts.
func (u *lastUse) at(t time.Time) {
	for now, before := t.Unix(), u.seconds.Load(); now > before; before = u.seconds.Load() {
		if u.seconds.CompareAndSwap(before, now) {
			return
		}
	}
}

// learn takes note of a use that another replica has told of, or this one before
// it was started anew.
func (u *lastUse) learn(told *metav1.Time) {
	if told != nil {
		u.at(told.Time)
	}
}

func (u *lastUse) time() time.Time {
	if u == nil || u.seconds.Load() == 0 {
		return time.Time{}
	}
	return time.Unix(u.seconds.Load(), 0)
}

// ExemptionState is where an Exemption stands. Each is in one.
type ExemptionState string

// The states of Exemptions. One that expires soon may be in use or not.
const (
	ExemptionUsed     ExemptionState = "used"
	ExemptionUnused   ExemptionState = "unused"
	ExemptionExpiring ExemptionState = "expiring"
	ExemptionExpired  ExemptionState = "expired"
)

// Exemptions counts the Exemptions in each state, those with none included.
func (s *Set) Exemptions() map[ExemptionState]int {
	counts := map[ExemptionState]int{ExemptionUsed: 0, ExemptionUnused: 0, ExemptionExpiring: 0, ExemptionExpired: 0}
	now := s.now()
	for _, list := range s.exemptions {
		for _, e := range list {
			counts[e.state(now)]++
		}
	}
	return counts
}

func (e *exemption) state(now time.Time) ExemptionState {
	switch {
	case !now.Before(e.expires):
		return ExemptionExpired
	case !now.Before(e.expires.Add(-expiringSoon)):
		return ExemptionExpiring
	case now.Sub(e.used.time()) < UseCounts:
		return ExemptionUsed
	default:
		return ExemptionUnused
	}
}
