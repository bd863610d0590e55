package webhook

import (
	"context"
	"errors"
	"net/http"
	"runtime"
	"strings"
	"time"

	admissionv1 "k8s.io/api/admission/v1"

	"taffrail.dev/taffrail/internal/names"
	"taffrail.dev/taffrail/internal/sender"
	"taffrail.dev/taffrail/internal/turn"
	"taffrail.dev/taffrail/internal/workload"
)

// The memory that reviews may take together, in bytes. With what the process takes at rest and with
// its connections it stays below the limit of the Deployment, 128 MiB.
const (
	bodiesMemory = 16 << 20 // bodies of large reviews: two of the largest
	smallMemory  = 8 << 20  // what is built of small reviews: 40 ordinary ones at a time
	largeMemory  = 40 << 20 // what is built of large reviews: one of the largest
)

// account is what reviews in work take of the process. Who takes from several
// pools takes in the order here, or two could wait for each other.
type account struct {
	bodies *turn.Pool
	small  *turn.Pool
	large  *turn.Pool
	// turns are of large reviews that are decoded and evaluated at the same time:
	// small ones always have a processor left.
	turns *turn.Pool
}

func newAccount() *account {
	return &account{
		bodies: turn.NewPool(bodiesMemory), small: turn.NewestFirst(smallMemory), large: turn.NewPool(largeMemory),
		turns: turn.NewPool(max(1, runtime.GOMAXPROCS(0)-1)),
	}
}

// visit is what a request takes of the account, until it has been answered.
type visit struct {
	*account
	ctx    context.Context
	sender string
	// deadline is when the API server stops waiting for the answer.
	deadline time.Time
	traced   *traced
	// plain tells that nobody has looked into the review.
	plain                                      bool
	heldBodies, heldSmall, heldLarge, heldTurn int
}

// errBusy says that a review did not get its turn in time.
var errBusy = errors.New("taffrail is busy with other requests; try again")

func (a *account) visit(req *http.Request, now time.Time) visit {
	return visit{account: a, ctx: req.Context(), sender: sender.Of(req.RemoteAddr), deadline: now.Add(patience(req.URL.RawQuery))}
}

// margin is how long before its deadline a review is answered that has not had
// its turn: the answer takes its time too.
const margin = 250 * time.Millisecond

// take takes from a pool, and waits for it until shortly before the deadline.
func (v *visit) take(pool *turn.Pool, amount int) error {
	if pool.TryTake(v.sender, amount) {
		return nil
	}
	ctx, cancel := context.WithDeadline(v.ctx, v.deadline.Add(-margin))
	defer cancel()
	if err := pool.Take(ctx, v.sender, amount); err != nil {
		return errBusy
	}
	return nil
}

// enter takes what a review takes.
func (v *visit) enter(b *buffer) error {
	b.onTape = b.tape.Read(b.body)
	size, err := sizeUp(b)
	if err != nil {
		return err
	}
	if err := v.takeFor(size); err != nil {
		return err
	}
	if size.nodes > 0 {
		b.onTape = b.tape.ReadLarge(b.body, size.nodes)
	}
	return nil
}

func (v *visit) takeFor(s size) error {
	v.plain = s.plain
	if s.small {
		amount := min(s.memory, smallMemory)
		if err := v.take(v.small, amount); err != nil {
			return err
		}
		v.heldSmall = amount
		return nil
	}
	amount := min(s.memory, largeMemory)
	if err := v.take(v.large, amount); err != nil {
		return err
	}
	v.heldLarge = amount
	if err := v.take(v.turns, 1); err != nil {
		return err
	}
	v.heldTurn = 1
	return nil
}

// decode decodes the objects of a request. One that nobody has looked into may have more containers
// than a small review: it enters once more, with the large ones, and holds nothing that is decoded
// while it waits.
//
// Of a large object that no check looks into, a copy in memory would be all that it costs: its
// metadata is enough.
func (v *visit) decode(request *admissionv1.AdmissionRequest, b *buffer, hook *hook) (*workload.Review, error) {
	object, old := b.objects()
	if len(b.body) > smallBytes {
		if review := workload.Glance(request, object, old); review != nil && !hook.looksInto(review) {
			return review, nil
		}
	}
	review, err := workload.Read(request, object, old)
	if err != nil {
		return nil, &unreadableError{err}
	}
	if !v.plain || review.Pod == nil || review.Pod.Len() <= smallContainers {
		return review, nil
	}
	v.evaluated(0)
	size, err := lookInto(b)
	if err == nil {
		err = v.takeFor(size)
	}
	if err != nil {
		return nil, err
	}
	return workload.Read(request, object, old)
}

// evaluated gives back what the review took, but for its answer: whoever reads that
// slowly must not take what others need. Only an answer that is large is counted,
// with the large reviews; it is false when there is no place for it.
func (v *visit) evaluated(answer int) bool {
	give(v.small, v.sender, &v.heldSmall, 0)
	give(v.turns, v.sender, &v.heldTurn, 0)
	give(v.bodies, v.sender, &v.heldBodies, 0)
	if answer <= smallBytes {
		give(v.large, v.sender, &v.heldLarge, 0)
		return true
	}
	give(v.large, v.sender, &v.heldLarge, answer)
	if more := answer - v.heldLarge; more > 0 {
		if !v.large.TryTake(v.sender, more) {
			return false
		}
		v.heldLarge = answer
	}
	return true
}

// leave gives everything back.
func (v *visit) leave() {
	v.evaluated(0)
}

// give gives back what is held of a pool beyond what is kept.
func give(pool *turn.Pool, sender string, held *int, keep int) {
	if *held > keep {
		pool.Give(sender, *held-keep)
		*held = keep
	}
}

// maxPatience bounds what a sender may ask for: that is the default of Kubernetes,
// and longer than anybody should wait for us.
const maxPatience = 10 * time.Second

// patience is how long the API server waits for the answer: it says so in the
// query. It is not parsed as a whole, which would allocate.
func patience(query string) time.Duration {
	for parameter := range strings.SplitSeq(query, "&") {
		if text, found := strings.CutPrefix(parameter, "timeout="); found {
			if timeout, err := time.ParseDuration(text); err == nil && timeout > 0 {
				return min(timeout, maxPatience)
			}
		}
	}
	return names.TimeoutSeconds * time.Second
}
