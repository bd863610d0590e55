package webhook

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/guardrail"
	"taffrail.dev/taffrail/internal/printable"
)

// maxWarning is the length that a warning should have at most, in bytes, where there are many: past
// 4 KiB of them the API server cuts each to this, and then drops those that still do not fit.
const maxWarning = 256

// maxWarnings bounds the warnings of an answer.
const maxWarnings = 15

// maxCauses bounds the causes of a refusal and the lines of an audit annotation:
// an object of 3 MiB may break a check ten thousand times.
const maxCauses = 100

// maxWhole is how much warnings may take together without being cut. There are
// other webhooks, who have something to say too.
const maxWhole = 2048

func allowed() *admissionv1.AdmissionResponse { return &admissionv1.AdmissionResponse{Allowed: true} }

// skipped lets a request pass that could not be completed.
func skipped(err error) *admissionv1.AdmissionResponse {
	response := allowed()
	response.Warnings = []string{warning("taffrail set no defaults: " + firstLine(err))}
	return response
}

// unreadableError is a fault of the object, not of Taffrail.
type unreadableError struct{ error }

func (e *unreadableError) Unwrap() error { return e.error }

// failed refuses a request that could not be evaluated.
func failed(err error) *admissionv1.AdmissionResponse {
	status := &metav1.Status{
		Status: metav1.StatusFailure, Code: http.StatusInternalServerError, Reason: metav1.StatusReasonInternalError,
		Message: "taffrail could not evaluate the object, so it is refused: " + firstLine(err),
	}
	if unreadable := new(unreadableError); errors.As(err, &unreadable) {
		status.Code, status.Reason = http.StatusBadRequest, metav1.StatusReasonBadRequest
	}
	over := (*overBudgetError)(nil)
	switch {
	case errors.As(err, &over):
		status.Code, status.Reason = http.StatusRequestEntityTooLarge, metav1.StatusReasonRequestEntityTooLarge
	case errors.Is(err, errBusy):
		status.Code, status.Reason = http.StatusTooManyRequests, metav1.StatusReasonTooManyRequests
	}
	return &admissionv1.AdmissionResponse{Result: status}
}

// respond says what follows from a decision.
func respond(d *guardrail.Decision) *admissionv1.AdmissionResponse {
	response := allowed()
	response.Warnings = warnings(d.Warnings(), d.RestOf(v1alpha1.Warn))
	response.AuditAnnotations = annotations(d)
	if d.Denied() {
		response.Allowed = false
		response.Result = denial(d)
	}
	return response
}

func denial(d *guardrail.Decision) *metav1.Status {
	details := &metav1.StatusDetails{
		Name: d.Review.DisplayName(), Group: d.Review.Resource.Group, Kind: d.Review.Kind.Kind,
	}
	denied := d.With(v1alpha1.Deny)
	for _, f := range guardrail.First(denied, maxCauses) {
		details.Causes = append(details.Causes, metav1.StatusCause{
			Type: metav1.CauseType(f.Type), Message: f.Cause(), Field: f.Path.String(),
		})
	}
	if more := len(denied) - len(details.Causes) + d.RestOf(v1alpha1.Deny); more > 0 {
		details.Causes = append(details.Causes, metav1.StatusCause{Message: fmt.Sprintf("and %d more", more)})
	}
	return &metav1.Status{
		Status: metav1.StatusFailure, Code: http.StatusForbidden, Reason: metav1.StatusReasonForbidden,
		Message: d.Denial(), Details: details,
	}
}

// warnings are what findings say, cut where all together would be too long, and how
// many more there are.
func warnings(findings []*guardrail.Finding, rest int) []string {
	if len(findings) == 0 {
		return nil
	}
	lines := guardrail.Lines(findings)
	texts := make([]string, 0, min(len(lines), maxWarnings)+1)
	size := 0
	for i, line := range guardrail.FirstLines(lines, maxWarnings) {
		texts = append(texts, oneLine(line.Text))
		size += len(texts[i])
	}
	if more := len(lines) - len(texts) + rest; more > 0 {
		texts = append(texts, fmt.Sprintf("and %d more", more))
	}
	if size > maxWhole {
		for i := range texts {
			texts[i] = cut(texts[i])
		}
	}
	return texts
}

// warning makes a text fit for a warning header: one line, not too long.
func warning(text string) string { return cut(oneLine(text)) }

func oneLine(text string) string {
	if strings.ContainsAny(text, "\n\r\t") {
		text = strings.Join(strings.Fields(text), " ")
	}
	return printable.Text(text)
}

func cut(text string) string {
	if len(text) > maxWarning {
		return strings.ToValidUTF8(text[:maxWarning-len("…")], "") + "…"
	}
	return text
}

// annotationKeys are the audit annotations that there are; the API server puts
// the webhook's name in front of them.
var annotationKeys = [...]string{"denied", "warned", "audited", "exempted", "break-glass", "mutated"}

// annotations tell the audit log what was found: one annotation for each thing
// that followed, a finding a line.
func annotations(d *guardrail.Decision) map[string]string {
	if len(d.Findings) == 0 && len(d.Exempted) == 0 {
		return nil
	}
	all := map[string]string{}
	annotate(all, "denied", d.With(v1alpha1.Deny), d.RestOf(v1alpha1.Deny))
	annotate(all, "warned", d.With(v1alpha1.Warn), d.RestOf(v1alpha1.Warn))
	annotate(all, "audited", d.With(v1alpha1.Audit), d.RestOf(v1alpha1.Audit))
	annotate(all, "exempted", d.Exempted, d.RestOf(""))
	return all
}

// mutatedBy tells the audit log which mutations have changed an object: what an API server finds wrong
// with it afterwards, it tells by the field alone.
func mutatedBy(own []guardrail.Applied) map[string]string {
	if len(own) == 0 {
		return nil
	}
	var lines []string
	for _, a := range own[:min(len(own), maxWarnings)] {
		lines = append(lines, a.Guardrail+"/"+a.Mutator)
	}
	return map[string]string{"mutated": strings.Join(lines, "\n")}
}

func annotate(all map[string]string, key string, findings []*guardrail.Finding, rest int) {
	if len(findings) == 0 {
		return
	}
	lines := guardrail.Lines(findings)
	more := max(0, len(lines)-maxCauses) + rest
	lines = guardrail.FirstLines(lines, maxCauses)
	size := 0
	for _, f := range lines {
		size += len(f.Guardrail) + len(f.Text) + len(f.Exemption) + len("\n:  (Exemption )")
	}
	var b strings.Builder
	b.Grow(size)
	for i, f := range lines {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(f.Guardrail)
		b.WriteString(": ")
		b.WriteString(f.Text)
		if f.Exemption != "" && f.ExemptUntil == "" { // else the text names it
			b.WriteString(" (Exemption ")
			b.WriteString(f.Exemption)
			b.WriteString(")")
		}
	}
	if more > 0 {
		fmt.Fprintf(&b, "\nand %d more", more)
	}
	all[key] = b.String()
}

// firstLine keeps stack traces out of answers; the log has them.
func firstLine(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return printable.Text(line)
}
