package webhook

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"
	admissionv1 "k8s.io/api/admission/v1"
)

// encode writes the answer into the memory of the request, which has been read.
func (b *buffer) encode(response *admissionv1.AdmissionResponse) {
	answer, err := appendReview(b.answer[:0], response)
	if err != nil {
		// An answer without a result is still one: what it allows is decided.
		answer, _ = appendReview(b.answer[:0], &admissionv1.AdmissionResponse{UID: response.UID, Allowed: response.Allowed})
	}
	b.answer = answer
}

// write sends the answer. What goes wrong in sending is the API server's to notice.
func write(w http.ResponseWriter, answer []byte) {
	header := w.Header()
	header.Set("Content-Type", "application/json")
	header.Set("Content-Length", strconv.Itoa(len(answer)))
	_, _ = w.Write(answer)
}

// appendReview writes an AdmissionReview member by member: there are few, and nothing is to be
// found out about them at run time. A test compares it with encoding/json.
func appendReview(b []byte, r *admissionv1.AdmissionResponse) ([]byte, error) {
	b = append(b, `{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","response":{"uid":`...)
	b = appendQuoted(b, string(r.UID))
	b = strconv.AppendBool(append(b, `,"allowed":`...), r.Allowed)
	if r.Result != nil {
		status, err := json.Marshal(r.Result)
		if err != nil {
			return nil, err
		}
		b = append(append(b, `,"status":`...), status...)
	}
	if len(r.Patch) > 0 {
		b = append(b, `,"patch":"`...)
		b = base64.StdEncoding.AppendEncode(b, r.Patch)
		b = append(b, `","patchType":"JSONPatch"`...)
	}
	if len(r.AuditAnnotations) > 0 {
		separator := `,"auditAnnotations":{`
		for _, key := range annotationKeys { // in their order: maps have none
			if r.AuditAnnotations[key] == "" {
				continue
			}
			b = append(append(append(append(b, separator...), '"'), key...), `":`...) // the keys are ours
			b = appendQuoted(b, r.AuditAnnotations[key])
			separator = ","
		}
		b = append(b, '}')
	}
	if len(r.Warnings) > 0 {
		separator := `,"warnings":[`
		for _, text := range r.Warnings {
			b = appendQuoted(append(b, separator...), text)
			separator = ","
		}
		b = append(b, ']')
	}
	return append(b, "}}\n"...), nil
}

// appendQuoted never fails: bytes that are no UTF-8 are replaced, and an error
// says that they were, which changes nothing.
func appendQuoted(b []byte, text string) []byte {
	b, _ = jsontext.AppendQuote(b, text)
	return b
}
