package webhook

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Every member is written as encoding/json would.
func TestAppendReview(t *testing.T) {
	for _, response := range []*admissionv1.AdmissionResponse{
		{UID: "u"},
		{UID: `a "quoted" \ <uid>`, Allowed: true},
		{UID: "u", Allowed: true, Patch: []byte(`[{"op":"add","path":"/a","value":"é"}]`), PatchType: new(admissionv1.PatchTypeJSONPatch)},
		{UID: "u", Allowed: true, Warnings: []string{"one\nline", "two"}, AuditAnnotations: map[string]string{"warned": "x\ny", "audited": "z"}},
		{UID: "u", Result: &metav1.Status{
			Status: metav1.StatusFailure, Code: 403, Reason: metav1.StatusReasonForbidden, Message: "no\n- <really>",
			Details: &metav1.StatusDetails{Name: "web", Causes: []metav1.StatusCause{{Type: "x", Message: "m", Field: "spec"}}},
		}},
	} {
		want, err := json.Marshal(&admissionv1.AdmissionReview{
			TypeMeta: metav1.TypeMeta{APIVersion: "admission.k8s.io/v1", Kind: "AdmissionReview"}, Response: response,
		})
		require.NoError(t, err)
		got, err := appendReview(nil, response)
		require.NoError(t, err)
		assert.JSONEq(t, string(want), string(got))
	}
	// Whatever bytes a name brings along, the answer is JSON.
	got, err := appendReview(nil, &admissionv1.AdmissionResponse{UID: "u", Warnings: []string{"\xff"}})
	require.NoError(t, err)
	assert.JSONEq(t, `{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","response":{"uid":"u","allowed":false,"warnings":["\ufffd"]}}`, string(got))
}
