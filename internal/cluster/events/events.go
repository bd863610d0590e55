// Package events tells people in `kubectl describe` what Taffrail has done to what they look at: to
// a Guardrail, that it is in force or why not, and to a Deployment, why its Pods are refused.
//
// Whoever reaches the port can send a review. So an owner is told only when the
// API server has it: of that kind, name and uid, in that Namespace.
//
// Nobody waits for it: what there is to tell goes into a queue, and is dropped when that is full.
// An Event is a courtesy; the answer to the review, the status and the log say the same.
package events

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/go-logr/logr"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	corev1client "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/rest"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/internal/cluster"
	"taffrail.dev/taffrail/internal/cluster/confirm"
	"taffrail.dev/taffrail/internal/printable"
)

// Reasons of Events.
const (
	Loaded     = "Loaded"     // a Guardrail is in force
	Refused    = "Refused"    // a Guardrail is not in force
	PodRefused = "PodRefused" // who owns a Pod does not get it
	Overruled  = "Overruled"  // somebody else's change of a webhook configuration is put back
)

// component is who says it, in `kubectl describe`.
const component = "taffrail"

// queued bounds what waits to be told.
const queued = 256

// tellTimeout bounds the requests that one Event takes.
const tellTimeout = 5 * time.Second

// maxMessage is how much an Event may say, in bytes: the limit of events.k8s.io.
const maxMessage = 1024

// The API server must not feel it when many Pods are refused at once.
const requestsPerSecond, requestsAtOnce = 5, 20

// Recorder writes Events, one after the other.
type Recorder struct {
	events corev1client.EventsGetter
	ask    func(confirm.Question) bool
	log    logr.Logger
	queue  chan event
	owners limiter
}

// event is something to tell, of an object in a Namespace or of one in none.
type event struct {
	about   corev1.ObjectReference
	kind    string // corev1.EventTypeNormal or Warning
	reason  string
	message string
}

// New prepares a Recorder, which has owners confirmed by questions. Nothing is
// asked of the API server before Run.
func New(config *rest.Config, questions *confirm.Questions, log logr.Logger) (*Recorder, error) {
	events, err := cluster.NewClients(config).Limited(requestsPerSecond, requestsAtOnce).Events()
	if err != nil {
		return nil, err
	}
	return &Recorder{events: events, ask: questions.Ask, log: log, queue: make(chan event, queued)}, nil
}

// Run tells what there is to tell until the context ends.
func (r *Recorder) Run(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case e := <-r.queue:
			if err := r.tell(ctx, e); err != nil && ctx.Err() == nil {
				r.log.Error(err, "writing an Event", "reason", e.reason,
					"kind", e.about.Kind, "namespace", e.about.Namespace, "name", e.about.Name)
			}
		}
	}
}

// Guardrail tells that a Guardrail is in force, or of the mistakes in it.
func (r *Recorder) Guardrail(g *v1alpha1.Guardrail, message string, mistakes error) {
	e := event{
		about: corev1.ObjectReference{
			APIVersion: v1alpha1.GroupVersion.String(), Kind: "Guardrail", Name: g.Name, UID: g.UID,
		},
		kind: corev1.EventTypeNormal, reason: Loaded, message: message,
	}
	if mistakes != nil {
		e.kind, e.reason, e.message = corev1.EventTypeWarning, Refused, mistakes.Error()
	}
	r.enqueue(e)
}

// Namespace tells whoever looks at a Namespace what became of it.
func (r *Recorder) Namespace(n *metav1.PartialObjectMetadata, kind, reason, message string) {
	r.enqueue(event{
		about: corev1.ObjectReference{APIVersion: "v1", Kind: "Namespace", Name: n.Name, UID: n.UID},
		kind:  kind, reason: reason, message: message,
	})
}

// Overruled tells that what a field manager writes into a webhook configuration is put back.
func (r *Recorder) Overruled(kind string, configuration *metav1.ObjectMeta, manager string) {
	r.enqueue(event{
		about: corev1.ObjectReference{
			APIVersion: admissionregistrationv1.SchemeGroupVersion.String(), Kind: kind, Name: configuration.Name, UID: configuration.UID,
		},
		kind: corev1.EventTypeWarning, reason: Overruled,
		message: fmt.Sprintf("%q changes this configuration, and Taffrail puts it back, at growing intervals: have it leave the configuration alone; `taffrail doctor` says how", manager),
	})
}

func (r *Recorder) enqueue(e event) {
	select {
	case r.queue <- e:
	default:
		r.log.V(1).Info("too much to tell; dropped an Event", "reason", e.reason, "name", e.about.Name)
	}
}

func (r *Recorder) tell(ctx context.Context, e event) error {
	ctx, cancel := context.WithTimeout(ctx, tellTimeout)
	defer cancel()
	// Events of what lives in no Namespace are in this one.
	namespace := e.about.Namespace
	if namespace == "" {
		namespace = metav1.NamespaceDefault
	}
	now := metav1.Now()
	_, err := r.events.Events(namespace).Create(ctx, &corev1.Event{
		ObjectMeta:          metav1.ObjectMeta{GenerateName: component + "-", Namespace: namespace},
		InvolvedObject:      e.about,
		Type:                e.kind,
		Reason:              e.reason,
		Message:             oneLine(e.message),
		Source:              corev1.EventSource{Component: component},
		ReportingController: component,
		FirstTimestamp:      now, LastTimestamp: now, Count: 1,
	}, metav1.CreateOptions{})
	return err
}

// oneLine makes a text fit for a column of kubectl.
func oneLine(text string) string {
	text = printable.Text(strings.ReplaceAll(text, "\n", "; "))
	if len(text) > maxMessage {
		return strings.ToValidUTF8(text[:maxMessage-len("…")], "") + "…"
	}
	return text
}
