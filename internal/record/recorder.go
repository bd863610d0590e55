package record

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-logr/logr"
)

const (
	// maxReview is the largest review that is recorded, in bytes. Larger ones carry definitions and
	// lists, and would take the memory of those that wait to be answered.
	maxReview = 1 << 20
	// maxWaiting bounds the reviews that wait to be written, in bytes: with the one that is being
	// redacted recording takes some 6 MiB of the 128 MiB of the Deployment.
	maxWaiting = 4 << 20
	// maxLines bounds how many wait.
	maxLines = 256
	// tellEvery is how often at most it is told what was not recorded.
	tellEvery = time.Minute
)

// Options are where and how much is recorded.
type Options struct {
	Dir string
	// MaxBytes bounds all files together.
	MaxBytes int64
	// Rate bounds the reviews of each webhook, a second.
	Rate int
	// Annotations are those whose values are taken out, besides those that repeat the whole object.
	Annotations []string
	Log         logr.Logger
}

// Recorder records reviews. Who hands it one never waits: what it cannot take is left out, and
// counted.
type Recorder struct {
	rate     int
	log      logr.Logger
	redactor *Redactor
	files    *files

	queue   chan sent
	waiting atomic.Int64 // bytes in the queue
	left    leftOut

	mu    sync.Mutex
	taken map[string]second
}

// sent is a review as it was sent to a webhook.
type sent struct {
	webhook string
	review  []byte
}

// second counts reviews in one second.
type second struct {
	begins int64
	taken  int
}

// Open makes a Recorder, and the directory if there is none.
func Open(o Options) (*Recorder, error) {
	files, err := openFiles(o.Dir, o.MaxBytes)
	if err != nil {
		return nil, err
	}
	return &Recorder{
		rate: o.Rate, log: o.Log, redactor: NewRedactor(o.Annotations...), files: files,
		queue: make(chan sent, maxLines), taken: map[string]second{},
	}, nil
}

// Take takes a copy of a review, if there is room for it.
func (r *Recorder) Take(webhook string, review []byte) {
	switch size := int64(len(review)); {
	case size > maxReview:
		r.left.large.Add(1)
	case !r.allow(webhook, time.Now().Unix()):
		r.left.rate.Add(1)
	case r.waiting.Add(size) > maxWaiting:
		r.waiting.Add(-size)
		r.left.busy.Add(1)
	default:
		select {
		case r.queue <- sent{webhook, slices.Clone(review)}:
		default:
			r.waiting.Add(-size)
			r.left.busy.Add(1)
		}
	}
}

// allow counts a review within the rate of its webhook.
func (r *Recorder) allow(webhook string, now int64) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.taken[webhook]
	if s.begins != now {
		s = second{begins: now}
	}
	if s.taken == r.rate {
		return false
	}
	s.taken++
	r.taken[webhook] = s
	return true
}

// Run redacts and writes what was taken, until the context ends and the queue is empty.
func (r *Recorder) Run(ctx context.Context) error {
	defer r.files.close()
	tell := time.NewTicker(tellEvery)
	defer tell.Stop()
	for {
		select {
		case s := <-r.queue:
			r.write(s)
		case <-tell.C:
			r.left.tell(r.log)
		case <-ctx.Done():
			r.drain()
			r.left.tell(r.log)
			return nil
		}
	}
}

func (r *Recorder) drain() {
	for {
		select {
		case s := <-r.queue:
			r.write(s)
		default:
			return
		}
	}
}

func (r *Recorder) write(s sent) {
	defer r.waiting.Add(-int64(len(s.review)))
	line, err := r.redactor.Redact(s.review)
	if err != nil {
		r.left.unreadable.Add(1)
		return
	}
	if err := r.files.write(s.webhook, append(line, '\n')); err != nil {
		r.left.unwritten.Add(1)
		r.left.err = err
		if time.Since(r.left.told) > tellEvery { // a full disk is told at once
			r.left.tell(r.log)
		}
	}
}

// leftOut counts what was not recorded, by the reason.
type leftOut struct {
	rate, busy, large, unreadable, unwritten atomic.Int64

	// These are of the goroutine that writes.
	err  error // of the last that was not written
	told time.Time
}

// tell writes one line about what was left out since the last.
func (l *leftOut) tell(log logr.Logger) {
	l.told = time.Now()
	var fields []any
	for _, c := range []struct {
		why   string
		count *atomic.Int64
	}{
		{"overRate", &l.rate}, {"tooManyAtOnce", &l.busy}, {"tooLarge", &l.large}, {"unreadable", &l.unreadable}, {"unwritten", &l.unwritten},
	} {
		if n := c.count.Swap(0); n > 0 {
			fields = append(fields, c.why, n)
		}
	}
	if l.err != nil {
		log.Error(l.err, "reviews are not recorded (--record); they are answered as ever", fields...)
		l.err = nil
		return
	}
	if fields != nil {
		log.Info("left reviews out of the record (--record); they are answered as ever", fields...)
	}
}
