package webhook

import (
	"context"
	"crypto/tls"
	"fmt"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/go-logr/logr"
	admissionv1 "k8s.io/api/admission/v1"

	"taffrail.dev/taffrail/guardrail"
	"taffrail.dev/taffrail/internal/sender"
	"taffrail.dev/taffrail/workload"
)

// Handler answers AdmissionReviews with the guardrails in force.
type Handler struct {
	// Set is the current set; it is asked once a review.
	Set     func() *guardrail.Set
	Metrics *Metrics
	Log     logr.Logger
	// BreakGlassGroup is a group of users whose requests are never refused; none
	// when empty.
	BreakGlassGroup string
	// Senders, unless nil, tells why whoever is at the other end of a connection
	// may not send reviews. With nil, everybody may.
	Senders func(*tls.ConnectionState) error
	// Refused, unless nil, is told of every refusal that is no dry run, and by
	// whom it was sent, after it has been answered. It must not wait, and keep
	// nothing of the review.
	Refused func(sender string, d *guardrail.Decision)
	// Confirm, unless nil, finds out whether what broke the glass is in the
	// cluster, and only then it counts as such: without Senders, anybody can send
	// a review that names the group. It answers false when it will not, and must
	// not wait.
	Confirm func(Claim, func(error)) bool

	lines lines
}

// Mutate answers with a patch that completes Pods. It never refuses a review
// that it can read: a Pod without a default is mended later, a Pod that cannot
// be created is an outage.
func (h *Handler) Mutate() http.Handler {
	return h.reviews("mutate", h.mutate, func(err error) verdict {
		return verdict{response: skipped(err), result: resultError, err: err}
	})
}

// Validate answers with a refusal, with warnings, or with nothing.
func (h *Handler) Validate() http.Handler {
	return h.reviews("validate", h.validate, func(err error) verdict {
		return verdict{response: failed(err), result: resultError, err: err}
	})
}

// verdict is an answer, and what metrics and the log say of it.
type verdict struct {
	response *admissionv1.AdmissionResponse
	name     string // of the object, or what its name will begin with
	result   string
	findings []*guardrail.Finding
	warned   []*guardrail.Finding // what a refusal would have warned of, had it passed
	refused  *guardrail.Decision  // what Handler.Refused is told, if anything
	claim    *Claim               // what is to be confirmed, if anything
	err      error
}

func (h *Handler) reviews(
	webhook string,
	judge func(context.Context, *workload.Review) verdict,
	onError func(error) verdict,
) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		start := time.Now()
		if !h.maySend(w, req, webhook) {
			return
		}
		buffer := buffers.Get().(*buffer)
		defer buffer.release()
		request, err := readReview(w, req, buffer)
		if err != nil {
			h.logRejected("refused a request that is no AdmissionReview", webhook, req, err)
			h.Metrics.rejected(webhook)
			http.Error(w, err.Error(), statusOf(err))
			return
		}
		v := h.breakGlass(request, h.answer(req.Context(), request, judge, onError))
		v.response.UID = request.UID
		writeReview(w, v.response, buffer)
		if v.claim != nil {
			h.confirm(webhook, req.RemoteAddr, request, v, time.Since(start))
			return
		}
		h.record(webhook, req.RemoteAddr, request, v, time.Since(start))
		if v.refused != nil && h.Refused != nil {
			h.Refused(sender.Of(req.RemoteAddr), v.refused)
		}
	})
}

// record is what is left of a review once it has been answered.
func (h *Handler) record(webhook, remote string, request *admissionv1.AdmissionRequest, v verdict, took time.Duration) {
	if v.result == resultBreakGlass {
		h.Metrics.BreakGlass.Inc()
	}
	h.Metrics.reviewed(webhook, request, v, took)
	h.logReview(webhook, remote, request, v, took)
}

// answer never panics: whoever finds an object that makes us panic must not be
// able to get it past us.
func (h *Handler) answer(
	ctx context.Context,
	request *admissionv1.AdmissionRequest,
	judge func(context.Context, *workload.Review) verdict,
	onError func(error) verdict,
) (v verdict) {
	defer func() {
		if p := recover(); p != nil {
			v = onError(fmt.Errorf("internal error: %v\n%s", p, debug.Stack()))
		}
	}()
	if err := ctx.Err(); err != nil {
		return onError(fmt.Errorf("whoever sent the review waits no longer: %w", err))
	}
	if isOwnStatus(request) {
		return verdict{response: allowed(), result: resultAllowed, name: request.Name}
	}
	if isOurs(request) {
		if v, refused := checkOurs(ctx, h.Set(), request); refused {
			return v
		}
	}
	review, err := workload.NewReview(request)
	if err != nil {
		return onError(&unreadableError{err})
	}
	v = judge(ctx, review)
	v.name = review.DisplayName()
	return v
}

func (h *Handler) mutate(ctx context.Context, review *workload.Review) verdict {
	m := h.Set().Mutate(ctx, review)
	v := verdict{response: allowed(), result: resultAllowed}
	for _, err := range m.Errors {
		v.result, v.err = resultError, err
		v.response.Warnings = append(v.response.Warnings, warning("taffrail left a default out: "+firstLine(err)))
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
	if v.err == nil {
		v.result = resultPatched
	}
	h.Metrics.mutated(m.Applied)
	return v
}

func (h *Handler) validate(ctx context.Context, review *workload.Review) verdict {
	decision, err := h.Set().Validate(ctx, review)
	if err != nil {
		return verdict{response: failed(err), result: resultError, err: err}
	}
	h.Metrics.found(decision)
	v := verdict{response: respond(&decision), result: resultAllowed, findings: decision.Findings}
	switch {
	case !v.response.Allowed:
		v.result, v.warned = resultDenied, decision.Warnings()
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
