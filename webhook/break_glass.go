package webhook

import (
	"maps"
	"slices"
	"strconv"

	admissionv1 "k8s.io/api/admission/v1"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/guardrail"
	"taffrail.dev/taffrail/internal/printable"
)

// breakGlass lets pass what was refused, whatever the reason, when who sent it may break the glass:
// a finding, an object that cannot be decoded, a guardrail or a check that fails, a Namespace that
// cannot be looked up, a review over its budget. In an emergency the guardrail may be what is
// broken. Whoever sent it is told, and so are the audit log and the metric. All other verdicts
// stay.
func (h *Handler) breakGlass(request *admissionv1.AdmissionRequest, v verdict) verdict {
	user := &request.UserInfo
	if v.response.Allowed || h.BreakGlassGroup == "" || !slices.Contains(user.Groups, h.BreakGlassGroup) {
		return v
	}
	response := allowed()
	response.AuditAnnotations = maps.Clone(v.response.AuditAnnotations)
	if response.AuditAnnotations == nil {
		response.AuditAnnotations = map[string]string{}
	}
	response.AuditAnnotations["break-glass"] = printable.Text(user.Username)
	denied := guardrail.With(v.findings, v1alpha1.Deny)
	response.Warnings = append([]string{warning("break-glass: taffrail would have refused this" + whyRefused(v, len(denied)+v.more.denied))},
		warnings(append(denied, v.warned...), v.more.denied+v.more.warned)...)
	v.response, v.result, v.refused = response, resultBreakGlass, nil
	if h.Confirm != nil {
		v.claim = claimOf(request)
	}
	return v
}

func whyRefused(v verdict, denied int) string {
	switch {
	case denied == 1:
		return " for 1 finding"
	case denied > 1:
		return " for " + strconv.Itoa(denied) + " findings"
	default:
		return ": " + printable.Text(v.response.Result.Message)
	}
}
