package webhook

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"
	"sync"
	"time"

	"github.com/go-logr/logr"
	admissionv1 "k8s.io/api/admission/v1"
	corev1 "k8s.io/api/core/v1"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/guardrail"
	"taffrail.dev/taffrail/internal/printable"
	"taffrail.dev/taffrail/internal/sender"
	"taffrail.dev/taffrail/internal/tracing"
	"taffrail.dev/taffrail/internal/workload"
)

// Handler answers AdmissionReviews with the guardrails in force.
type Handler struct {
	// Set is the current set; it is asked once a review.
	Set     func() *guardrail.Set
	Metrics *Metrics
	Log     logr.Logger
	// BreakGlassGroup is a group of users whose requests are never refused; none when empty.
	BreakGlassGroup string
	// Senders, unless nil, tells why whoever is at the other end of a connection
	// may not send reviews. With nil, everybody may.
	Senders func(*tls.ConnectionState) error
	// Refused, unless nil, is told of every refusal that is no dry run, and by
	// whom it was sent. It must not wait, and keep nothing of the review.
	Refused func(sender string, d *guardrail.Decision)
	// Confirm, unless nil, finds out whether what broke the glass is in the cluster, and only then
	// it counts as such: without Senders, anybody can send a review that names the group. It
	// answers false when it will not, and must not wait.
	Confirm func(Claim, func(error)) bool
	// Holds, unless nil, answers the NamespaceKit that a Namespace must have got before Pods are let
	// in, or nothing.
	Holds func(ctx context.Context, namespace string) (kit string)
	// Record, unless nil, is told of every review that was answered, and to which of the webhooks
	// (mutate, validate) it was sent. It must not wait, and keep nothing of the review.
	Record func(webhook string, review []byte)
	// Tracer, unless nil, makes spans of the reviews that whoever sends them samples.
	Tracer *tracing.Tracer

	lines lines

	once    sync.Once
	account *account
}

// shared is what both webhooks take of the process.
func (h *Handler) shared() *account {
	h.once.Do(func() { h.account = newAccount() })
	return h.account
}

// hook is one of the two webhooks.
type hook struct {
	name     string
	evaluate func(context.Context, *workload.Review, *guardrail.Times) verdict
	// looksInto tells whether more than the metadata of the objects is looked at.
	looksInto func(*workload.Review) bool
	// failed answers what could not be evaluated.
	failed  func(error) verdict
	account *account
	// unrecorded says that another call has been recorded with the object.
	unrecorded bool
}

// Mutate answers with a patch that completes Pods. It never refuses a review that it can read: a
// Pod without a default is mended later, a Pod that cannot be created is an outage.
func (h *Handler) Mutate() http.Handler {
	return h.reviews(h.mutating((*guardrail.Set).MutateTimed))
}

// MutateOnce answers with what the mutations do that are not evaluated again.
func (h *Handler) MutateOnce() http.Handler {
	hook := h.mutating((*guardrail.Set).MutateOnce)
	hook.unrecorded = true
	return h.reviews(hook)
}

// MutateWhole answers with what both calls do together: for reviews that were recorded.
func (h *Handler) MutateWhole() http.Handler {
	return h.reviews(h.mutating(func(set *guardrail.Set, ctx context.Context, r *workload.Review, _ *guardrail.Times) guardrail.Mutation {
		return set.Mutate(ctx, r)
	}))
}

// mutation is what a Set does to an object.
type mutation func(*guardrail.Set, context.Context, *workload.Review, *guardrail.Times) guardrail.Mutation

func (h *Handler) mutating(by mutation) *hook {
	evaluate := func(ctx context.Context, review *workload.Review, times *guardrail.Times) verdict {
		return h.mutate(by(h.Set(), ctx, review, times))
	}
	return &hook{name: "mutate", evaluate: evaluate, looksInto: h.mutates, failed: func(err error) verdict {
		return verdict{response: skipped(err), result: resultError, err: err}
	}, account: h.shared()}
}

// Validate answers with a refusal, with warnings, or with nothing.
func (h *Handler) Validate() http.Handler {
	return h.reviews(&hook{name: "validate", evaluate: h.validate, looksInto: h.looksInto, failed: func(err error) verdict {
		return verdict{response: failed(err), result: resultError, err: err}
	}, account: h.shared()})
}

// verdict is an answer, and what metrics and the log say of it.
type verdict struct {
	response *admissionv1.AdmissionResponse
	name     string // of the object, or what its name will begin with
	result   string
	findings []*guardrail.Finding
	// warned is what a refusal would have warned of, had it passed; more counts the findings that
	// were not kept.
	warned  []*guardrail.Finding
	more    struct{ denied, warned int }
	refused *guardrail.Decision // what Handler.Refused is told, if anything
	claim   *Claim              // what is to be confirmed, if anything
	told    []string            // findings for the log, in place of findings
	trace   string              // the trace that a review is part of that is sampled
	err     error
}

func (h *Handler) reviews(hook *hook) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		start := time.Now()
		if !h.maySend(w, req, hook.name) {
			return
		}
		buffer := buffers.Get().(*buffer)
		defer buffer.release()
		visit := hook.account.visit(req, start)
		defer visit.leave()
		h.trace(req, hook.name, &visit, start)
		request, v, err := h.review(w, req, hook, buffer, &visit)
		if err != nil {
			h.logRejected("refused a request that is no AdmissionReview", hook.name, req, err)
			h.Metrics.rejected(hook.name)
			visit.traced.rejected(time.Since(start))
			http.Error(w, printable.Text(err.Error()), statusOf(err))
			return
		}
		v = h.breakGlass(request, v)
		v.response.UID = request.UID
		buffer.encode(v.response)
		if !visit.evaluated(len(buffer.answer)) {
			v = h.breakGlass(request, hook.failed(errBusy))
			v.response.UID = request.UID
			buffer.encode(v.response)
		}
		took := time.Since(start)
		v.trace = visit.traced.id()
		visit.traced.end(request, &v, took)
		h.tell(hook.name, req.RemoteAddr, request, v, took)
		if h.Record != nil && !hook.unrecorded {
			h.Record(hook.name, buffer.body)
		}
		buffer.settled()
		write(w, buffer.answer)
	})
}

// tell tells of a review whoever wants to know. Nothing of the object is held from
// then on: the answer may be read slowly.
func (h *Handler) tell(webhook, remote string, request *admissionv1.AdmissionRequest, v verdict, took time.Duration) {
	if v.claim != nil {
		h.confirm(webhook, remote, request, v, took)
		return
	}
	h.record(webhook, remote, request, v, took)
	if v.refused != nil && h.Refused != nil {
		h.Refused(sender.Of(remote), v.refused)
	}
}

// record is what is left of a review once it has been answered.
func (h *Handler) record(webhook, remote string, request *admissionv1.AdmissionRequest, v verdict, took time.Duration) {
	if v.result == resultBreakGlass {
		h.Metrics.BreakGlass.Inc()
	}
	h.Metrics.reviewed(webhook, request, v.result, v.trace, took)
	h.logReview(webhook, remote, request, v, took)
}

// review reads a review and answers it. The error is that of a request that is no
// review; all else has an answer.
func (h *Handler) review(
	w http.ResponseWriter, req *http.Request, hook *hook, buffer *buffer, visit *visit,
) (*admissionv1.AdmissionRequest, verdict, error) {
	if err := readBody(w, req, buffer, visit); err != nil {
		return unread(buffer, hook, err)
	}
	if err := visit.enter(buffer); err != nil {
		return unread(buffer, hook, err)
	}
	request, err := decodeReview(buffer)
	if err != nil {
		return nil, verdict{}, err
	}
	return request, h.answer(req.Context(), request, hook, buffer, visit), nil
}

// answer never panics: whoever finds an object that makes us panic must not be
// able to get it past us.
func (h *Handler) answer(
	ctx context.Context, request *admissionv1.AdmissionRequest, hook *hook, buffer *buffer, visit *visit,
) (v verdict) {
	defer func() {
		if p := recover(); p != nil {
			v = hook.failed(fmt.Errorf("internal error: %v\n%s", p, debug.Stack()))
		}
	}()
	if err := ctx.Err(); err != nil {
		return hook.failed(fmt.Errorf("whoever sent the review waits no longer: %w", err))
	}
	if isOwnStatus(request) {
		return verdict{response: allowed(), result: resultAllowed, name: request.Name}
	}
	if isOurs(request) {
		if v, refused := checkOurs(ctx, h.Set(), request); refused {
			return v
		}
	}
	review, err := visit.decode(request, buffer, hook)
	if err != nil {
		return hook.failed(err)
	}
	v = hook.evaluate(ctx, review, visit.traced.measures())
	v.name = review.DisplayName()
	if isOurs(request) {
		v.response.Warnings = append(v.response.Warnings, advice(h.Set(), request)...)
	}
	return v
}

func (h *Handler) mutate(m guardrail.Mutation) verdict {
	v := verdict{response: allowed(), result: resultAllowed}
	for _, err := range m.Errors {
		v.result, v.err = resultError, err
		left := h.leftOut(err)
		if len(v.response.Warnings) == maxWarnings {
			continue
		}
		v.response.Warnings = append(v.response.Warnings, warning("taffrail left a "+left+" out: "+firstLine(err)))
	}
	if len(m.Patch) == 0 {
		return v
	}
	patch, err := workload.EncodePatch(m.Patch)
	if err != nil {
		return verdict{response: skipped(err), result: resultError, err: err}
	}
	patchType := admissionv1.PatchTypeJSONPatch
	v.response.Patch, v.response.PatchType = patch, &patchType
	v.response.AuditAnnotations = mutatedBy(m.Own)
	if v.err == nil {
		v.result = resultPatched
	}
	h.Metrics.mutated(m.Applied)
	return v
}

// leftOut counts what was left out, and is the word for it.
func (h *Handler) leftOut(err error) string {
	if failed, is := errors.AsType[*guardrail.FailedMutation](err); is {
		h.Metrics.failed.WithLabelValues(failed.Guardrail, failed.Mutation).Inc()
		return "mutation"
	}
	return "default"
}

func (h *Handler) validate(ctx context.Context, review *workload.Review, times *guardrail.Times) verdict {
	if h.Holds != nil && isNewPod(review) {
		if kit := h.Holds(ctx, review.Namespace); kit != "" {
			return heldBack(review, kit)
		}
	}
	decision, err := h.Set().ValidateTimed(ctx, review, times)
	if err != nil {
		return verdict{response: failed(err), result: resultError, err: err}
	}
	h.Metrics.found(decision)
	v := verdict{response: respond(&decision), result: resultAllowed, findings: decision.Findings}
	switch {
	case !v.response.Allowed:
		v.result, v.warned = resultDenied, decision.Warnings()
		v.more.denied, v.more.warned = decision.RestOf(v1alpha1.Deny), decision.RestOf(v1alpha1.Warn)
		if !review.DryRun {
			kept := decision // a copy: those that are not refused cost no memory
			v.refused = &kept
		}
	case len(v.response.Warnings) > 0:
		v.result = resultWarned
	}
	for _, err := range decision.Errors {
		v.err = err
	}
	return v
}

func (h *Handler) looksInto(r *workload.Review) bool { return h.Set().LooksInto(r) }

// mutates tells whether a default, all of which are for Pods, or a mutation is for an object.
func (h *Handler) mutates(r *workload.Review) bool {
	return r.Kind == corev1.SchemeGroupVersion.WithKind("Pod") || h.Set().Mutates(r)
}
