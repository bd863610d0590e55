package replay

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"runtime"
	"strings"
	"sync"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	admissionv1 "k8s.io/api/admission/v1"
	kjson "sigs.k8s.io/json"

	"taffrail.dev/taffrail/guardrail"
	"taffrail.dev/taffrail/internal/admission"
	"taffrail.dev/taffrail/internal/record"
	"taffrail.dev/taffrail/internal/workload"
	"taffrail.dev/taffrail/webhook"
)

// The webhooks that a review may have been sent to.
const (
	Mutate   = "mutate"
	Validate = "validate"
)

// Options are what to evaluate with.
type Options struct {
	Objects guardrail.Objects
	// NamespaceLabels are those of all Namespaces. Nil, nothing is known of these but their name.
	NamespaceLabels map[string]string
	// Webhook is where the reviews were sent to. Empty, the name of a file says it, or else they were
	// sent to Mutate, where every object comes first.
	Webhook string
}

// Replay evaluates reviews.
type Replay struct {
	set              *guardrail.Set
	webhook          string
	mutate, validate http.Handler
	namespaces       *namespaces
}

// New compiles the guardrails. Its error is about them.
func New(o Options) (*Replay, error) {
	namespaces := newNamespaces(o.NamespaceLabels)
	set, err := guardrail.Compile(o.Objects, guardrail.Options{Cluster: workload.Cluster{Namespace: namespaces.get}})
	if err != nil {
		return nil, err
	}
	handler := &webhook.Handler{
		Set:     func() *guardrail.Set { return set },
		Metrics: webhook.NewMetrics(prometheus.NewRegistry()),
		Log:     logr.Discard(),
	}
	return &Replay{set, o.Webhook, handler.MutateWhole(), handler.Validate(), namespaces}, nil
}

// Run evaluates the reviews of a file, several at a time, and passes on each decision in its order.
// It ends early with the error that `then` has ended with.
func (r *Replay) Run(ctx context.Context, file string, from io.Reader, then func(*Decision) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	workers := runtime.GOMAXPROCS(0)
	// A review is held until those before it are told: there are only so many.
	pending := make(chan chan *Decision, 2*workers)
	var group sync.WaitGroup
	defer group.Wait()
	group.Go(func() {
		defer close(pending)
		r.each(ctx, file, from, pending)
	})
	for one := range pending {
		if err := then(<-one); err != nil {
			cancel()
			for range pending { // until the goroutine that reads has seen it
			}
			return err
		}
	}
	return ctx.Err()
}

// each reads reviews and has each evaluated.
func (r *Replay) each(ctx context.Context, file string, from io.Reader, pending chan<- chan *Decision) {
	at := where{file, r.sentTo(file)}
	turns := make(chan struct{}, runtime.GOMAXPROCS(0))
	reader, err := record.NewReader(from)
	if err != nil {
		one := make(chan *Decision, 1)
		one <- unreadable(file, err)
		pending <- one
		return
	}
	for ctx.Err() == nil {
		review, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return
		}
		one := make(chan *Decision, 1)
		select {
		case pending <- one:
		case <-ctx.Done():
			return
		}
		if err != nil {
			one <- unreadable(file, err)
			continue
		}
		turns <- struct{}{}
		go func() {
			defer func() { <-turns }()
			one <- r.decide(ctx, at, review)
		}()
	}
}

// sentTo is where the reviews of a file were sent to.
func (r *Replay) sentTo(file string) string {
	for _, webhook := range []string{r.webhook, record.WebhookOf(file)} {
		if webhook != "" {
			return webhook
		}
	}
	return Mutate
}

func unreadable(file string, err error) *Decision {
	d := &Decision{File: file, Error: err.Error()}
	if fault, is := errors.AsType[*record.LineError](err); is {
		d.Line, d.Error = fault.Line, fault.Text
	}
	return d
}

// where is where a review is from.
type where struct{ file, webhook string }

// decide does with a review what an API server does: what the mutating webhook has patched is sent to
// the validating one.
func (r *Replay) decide(ctx context.Context, from where, sent record.Review) *Decision {
	d := &Decision{File: from.file, Line: sent.Line}
	var review admissionv1.AdmissionReview
	var err error
	if from.webhook == Mutate {
		d.Mutate, d.mutated, err = send(ctx, r.mutate, sent.JSON)
	}
	body := sent.JSON
	if err == nil && d.mutated != nil && len(d.mutated.Patch) > 0 {
		body, err = patched(sent.JSON, d.mutated.Patch)
	}
	if err == nil {
		d.Validate, d.validated, err = send(ctx, r.validate, body)
	}
	if err == nil {
		err = kjson.UnmarshalCaseSensitivePreserveInts(body, &review)
	}
	if err != nil {
		return &Decision{File: from.file, Line: sent.Line, Error: explain(err)}
	}
	d.of(review.Request)
	d.decide()
	return d
}

// patched is the review with what the mutating webhook has made of its object.
func patched(body, patch []byte) ([]byte, error) {
	var review admissionv1.AdmissionReview
	if err := kjson.UnmarshalCaseSensitivePreserveInts(body, &review); err != nil {
		return nil, err
	}
	mutated, err := admission.Patched(review.Request, patch)
	if err != nil {
		return nil, err
	}
	review.Request = mutated.Request()
	return json.Marshal(&review)
}

// explain adds what to do to what is no review.
func explain(err error) string {
	text := err.Error()
	if strings.HasPrefix(text, "kind: must be AdmissionReview") {
		text += "; `taffrail check` takes manifests"
	}
	return text
}

// Notes are what one should know besides, a line each.
func (r *Replay) Notes() []string { return r.namespaces.assumed(r.set) }
