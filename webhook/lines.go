package webhook

import (
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-logr/logr"

	"taffrail.dev/taffrail/internal/sender"
)

// What is logged because of what is sent. An API server refuses and warns a few times a second, of
// a busy cluster some dozens; whatever is no review it does not send at all. All together have four
// times as much as one, so that one which floods leaves the others their lines.
var (
	reviewLines   = sender.Rate{PerSecond: 25, Burst: 250}
	rejectedLines = sender.Rate{PerSecond: 1, Burst: 10}
)

// suppressedAfter is how long it takes at the most until it is told how many lines were left out.
const suppressedAfter = 10 * time.Second

// about is what a line is about.
type about int

const (
	ofReviews about = iota
	ofRejected
)

// lines bounds the log: whoever reaches the port must not fill it. Its zero value is ready.
type lines struct {
	once       sync.Once
	limits     [2]sender.Limiter
	suppressed atomic.Int64
	telling    atomic.Bool
}

// allow answers whether a line is written because of what came from a remote address.
func (l *lines) allow(to logr.Logger, remote string, what about) bool {
	from := sender.Of(remote)
	l.once.Do(func() {
		for what, each := range []sender.Rate{ofReviews: reviewLines, ofRejected: rejectedLines} {
			l.limits[what].Each, l.limits[what].All = each, sender.Rate{PerSecond: 4 * each.PerSecond, Burst: 4 * each.Burst}
		}
	})
	if l.limits[what].Allow(from) {
		return true
	}
	l.suppressed.Add(1)
	if l.telling.CompareAndSwap(false, true) {
		time.AfterFunc(suppressedAfter, func() {
			l.telling.Store(false)
			if lines := l.suppressed.Swap(0); lines > 0 {
				to.Info("left lines out of this log: too many at once", "lines", lines, "sender", from)
			}
		})
	}
	return false
}

// short cuts a text.
func short(text string, most int) string {
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "…"
}
