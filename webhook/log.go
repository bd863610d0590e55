package webhook

import (
	"time"

	admissionv1 "k8s.io/api/admission/v1"

	"taffrail.dev/taffrail/guardrail"
)

// maxLogged bounds the findings in a log line.
const maxLogged = 5

// logReview writes one line for a review. Those in which nothing happened are
// for debugging only: they are almost all of them.
func (h *Handler) logReview(webhook string, request *admissionv1.AdmissionRequest, v verdict, took time.Duration) {
	level := 0
	if v.result == resultAllowed {
		level = 1
	}
	log := h.Log.V(level)
	if !log.Enabled() {
		return
	}
	fields := []any{
		"webhook", webhook, "result", v.result, "operation", request.Operation, "kind", request.Kind.Kind,
		"namespace", request.Namespace, "name", v.name, "user", request.UserInfo.Username,
		"uid", request.UID, "microseconds", took.Microseconds(),
	}
	if request.SubResource != "" {
		fields = append(fields, "subresource", request.SubResource)
	}
	if len(v.findings) > 0 {
		fields = append(fields, "findings", texts(v.findings))
	}
	if v.err != nil {
		h.Log.Error(v.err, "review", fields...)
		return
	}
	log.Info("review", fields...)
}

func texts(findings []*guardrail.Finding) []string {
	var lines []string
	for _, f := range findings[:min(len(findings), maxLogged)] {
		lines = append(lines, string(f.Action)+" "+f.String())
	}
	return lines
}
