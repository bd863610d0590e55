package webhook

import (
	"errors"
	"net/http"
	"time"

	admissionv1 "k8s.io/api/admission/v1"

	"taffrail.dev/taffrail/guardrail"
)

// maxLogged bounds the findings in a log line.
const maxLogged = 5

// maxField and maxError bound what a log line repeats of a review, in bytes: a name
// or a user may be as long as the review.
const maxField, maxError = 256, 1024

// maxFault bounds what is told of a fault of ours: the stack of a panic fits.
const maxFault = 16 << 10

// logReview writes one line for a review. Those that let an object in and have nothing to say of it
// are for debugging only: they are almost all of them, and what all may write is bounded, so that a
// rollout of Pods that get their defaults would leave refusals out of the log. What defaults do is in
// the metrics, and in the API server's own audit log.
func (h *Handler) logReview(webhook, remote string, request *admissionv1.AdmissionRequest, v verdict, took time.Duration) {
	level := 0
	if v.result == resultAllowed || v.result == resultPatched {
		level = 1
	}
	log := h.Log.V(level)
	if !log.Enabled() || level == 0 && !h.lines.allow(h.Log, remote, ofReviews) {
		return
	}
	fields := append([]any{"webhook", webhook, "result", v.result}, of(request, v)...)
	fields = append(fields, "microseconds", took.Microseconds())
	if request.SubResource != "" {
		fields = append(fields, "subresource", short(request.SubResource, maxField))
	}
	if v.trace != "" {
		fields = append(fields, "trace", v.trace)
	}
	if found := append(v.told, texts(v.findings)...); len(found) > 0 {
		fields = append(fields, "findings", found)
	}
	if v.err != nil {
		err := v.err
		if text := err.Error(); len(text) > maxFault {
			err = errors.New(short(text, maxFault))
		}
		h.Log.Error(err, "review", fields...)
		return
	}
	log.Info("review", fields...)
}

// of is which request it was, as it says itself.
func of(request *admissionv1.AdmissionRequest, v verdict) []any {
	return []any{
		"operation", short(string(request.Operation), maxField), "kind", short(request.Kind.Kind, maxField),
		"namespace", short(request.Namespace, maxField), "name", short(v.name, maxField),
		"user", short(request.UserInfo.Username, maxField), "uid", short(string(request.UID), maxField),
	}
}

// logUnconfirmed tells of a review that says that it broke the glass.
func (h *Handler) logUnconfirmed(remote string, request *admissionv1.AdmissionRequest, v verdict, err error) {
	if h.lines.allow(h.Log, remote, ofReviews) {
		h.Log.Info("a review names the break-glass group, and what it let in is not confirmed",
			append(of(request, v), "remote", remote, "error", short(err.Error(), maxError))...)
	}
}

// logRejected tells of a request that is not answered with a review.
func (h *Handler) logRejected(message, webhook string, req *http.Request, err error) {
	if h.lines.allow(h.Log, req.RemoteAddr, ofRejected) {
		h.Log.Info(message, "webhook", webhook, "remote", req.RemoteAddr, "error", short(err.Error(), maxError))
	}
}

func texts(findings []*guardrail.Finding) []string {
	var lines []string
	for _, f := range findings[:min(len(findings), maxLogged)] {
		lines = append(lines, short(string(f.Action)+" "+f.String(), maxError))
	}
	return lines
}
