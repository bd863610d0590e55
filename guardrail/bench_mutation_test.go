package guardrail_test

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"taffrail.dev/taffrail/internal/workload"
)

// BenchmarkMutation is what one mutation costs a Pod of 5 KB, by either way.
func BenchmarkMutation(b *testing.B) {
	text, err := os.ReadFile("../webhook/testdata/big.review.json")
	require.NoError(b, err)
	var review admissionv1.AdmissionReview
	require.NoError(b, json.Unmarshal(text, &review))
	raw := review.Request.Object.Raw
	for name, m := range map[string][2]string{
		"apply": {`Object{metadata: Object.metadata{labels: {"team": "web"}}}`, ""},
		"patch": {"", `[JSONPatch{op: "add", path: "/metadata/labels", value: {"team": "web"}}]`},
		"none":  {`"absent" in object.metadata.?labels.orValue({}) ? Object{metadata: Object.metadata{name: "a"}} : Object{}`, ""},
	} {
		set := mutating(b, mutation("team", m[0], m[1]))
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				r, err := workload.NewReview(&admissionv1.AdmissionRequest{
					UID: "1", Operation: admissionv1.Create, Namespace: "default", Name: "a",
					Kind: metav1.GroupVersionKind{Version: "v1", Kind: "Pod"}, Resource: metav1.GroupVersionResource{Version: "v1", Resource: "pods"},
					Object: runtime.RawExtension{Raw: raw},
				})
				require.NoError(b, err)
				require.Empty(b, set.Mutate(b.Context(), r).Errors)
			}
		})
	}
}
