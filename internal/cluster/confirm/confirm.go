// Package confirm asks the API server whether what a review speaks of is there.
// A review proves nothing: whoever reaches the port can send one. So what is to be
// written down because of a review is confirmed first, by name, Namespace and UID.
package confirm

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/go-logr/logr"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/rest"

	"taffrail.dev/taffrail/internal/cluster"
	"taffrail.dev/taffrail/internal/sender"
)

// asked bounds the questions that wait for an answer.
const asked = 256

// askTimeout bounds one request.
const askTimeout = 5 * time.Second

// The API server must not feel it when somebody floods us with reviews.
const requestsPerSecond, requestsAtOnce = 5, 20

// perSender is what one sender may ask: an API server whose Deployments are refused asks once a
// minute for each. More is a flood, which must not take the turn of the others.
var perSender = sender.Rate{PerSecond: 2, Burst: 64}

// together is what all may ask: more than is asked for in the same time, so that
// it is the bound of what waits that counts.
var together = sender.Rate{PerSecond: 2 * requestsPerSecond, Burst: 2 * asked}

// again is after what time an object is looked for once more that is on its way:
// it is there after its review has been answered.
const again, times = time.Second, 3

// complaint is how often it is told that a right is missing.
const complaint = time.Minute

// Question is whether an object is there.
type Question struct {
	// Sender is who sent the review that speaks of it.
	Sender string
	Object Object
	// Coming says that it is there only after the review has been answered.
	Coming bool
	// Answered gets what the API server has, or the error that says why the
	// object is not confirmed. It must not wait.
	Answered func(*metav1.PartialObjectMetadata, error)

	asked int
}

// Questions are asked one after the other.
type Questions struct {
	objects    metadata.Interface
	log        logr.Logger
	limit      sender.Limiter
	waiting    chan struct{} // one for each question without an answer
	queue      chan Question
	complained map[schema.GroupVersionResource]time.Time
}

// New prepares Questions. Nothing is asked of the API server before Run.
func New(config *rest.Config, log logr.Logger) (*Questions, error) {
	objects, err := cluster.NewClients(config).Limited(requestsPerSecond, requestsAtOnce).Metadata()
	if err != nil {
		return nil, err
	}
	return &Questions{
		objects: objects, log: log, limit: sender.Limiter{Each: perSender, All: together},
		waiting: make(chan struct{}, asked), queue: make(chan Question, asked),
		complained: map[schema.GroupVersionResource]time.Time{},
	}, nil
}

// Ask has a question answered later. It does not wait, and answers false where the
// question is not one that is asked: of what cannot be looked up, or one too many.
func (q *Questions) Ask(question Question) bool {
	if question.Object.check() != nil || !q.limit.Allow(question.Sender) {
		return false
	}
	select {
	case q.waiting <- struct{}{}:
		q.queue <- question // which never blocks: it holds as many as may wait
		return true
	default:
		return false
	}
}

// Run answers questions until the context ends.
func (q *Questions) Run(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case question := <-q.queue:
			found, err := q.find(ctx, question.Object)
			if question.asked++; question.Coming && apierrors.IsNotFound(err) && question.asked < times {
				time.AfterFunc(again, func() { q.queue <- question })
				continue
			}
			<-q.waiting
			question.Answered(found, err)
		}
	}
}

func (q *Questions) find(ctx context.Context, o Object) (*metav1.PartialObjectMetadata, error) {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	found, err := q.objects.Resource(o.Resource).Namespace(o.Namespace).Get(ctx, o.Name, metav1.GetOptions{})
	switch {
	case err != nil:
		err = fmt.Errorf("look for %s: %w", o, err)
		if apierrors.IsForbidden(err) {
			q.complain(o.Resource, err)
		}
		return nil, err
	case found.UID != o.UID:
		return nil, fmt.Errorf("look for %s: %w", o, errAnother)
	}
	return found, nil
}

var errAnother = errors.New("what has this name has another uid")

// complain tells that a right is missing, and not at each question.
func (q *Questions) complain(resource schema.GroupVersionResource, err error) {
	if now := time.Now(); now.Sub(q.complained[resource]) >= complaint {
		q.complained[resource] = now
		q.log.Error(err, "what reviews speak of is not confirmed: apply the ClusterRole taffrail again")
	}
}
