//go:build linux

package load

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// A worker sends workloads on one connection.
type worker struct {
	connection *connection
	calls      []call
	took       *hdrhistogram.Histogram // microseconds, of whole workloads
	refused    int64                   // workloads of which a review was not allowed
	failures   map[string]int64        // answers that are no AdmissionReview, by what they are
	broken     error                   // why the connection can do no more
}

// call is a review, and where it is sent.
type call struct {
	path   string
	review []byte
}

func newWorker(c *connection, calls []call) *worker {
	w := &worker{connection: c, calls: calls}
	w.reset()
	return w
}

// The histogram holds from a microsecond to a minute, to three digits.
func (w *worker) reset() {
	w.took = hdrhistogram.New(1, time.Minute.Microseconds(), 3)
	w.refused, w.failures, w.broken = 0, map[string]int64{}, nil
}

func (w *worker) run(ctx context.Context, next func(context.Context) (time.Time, bool)) {
	for w.broken == nil {
		began, more := next(ctx)
		if !more {
			return
		}
		if w.workload() {
			w.broken = w.took.RecordValue(max(1, time.Since(began).Microseconds()))
		}
	}
}

// workload sends the calls of one workload, and says whether all were answered.
func (w *worker) workload() bool {
	refused := false
	for _, c := range w.calls {
		status, answer, err := w.connection.exchange(c)
		switch {
		case err != nil:
			w.broken = err
			return false
		case status != 200:
			w.failures[fmt.Sprintf("HTTP %d", status)]++
			return false
		case bytes.Contains(answer, []byte(`"allowed":false`)):
			refused = true
		case !bytes.Contains(answer, []byte(`"allowed":true`)):
			w.failures["no verdict"]++
			return false
		}
	}
	if refused {
		w.refused++
	}
	return true
}
