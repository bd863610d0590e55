package webhook

import (
	"fmt"
	"net/http"

	admissionv1 "k8s.io/api/admission/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"taffrail.dev/taffrail/internal/printable"
	"taffrail.dev/taffrail/internal/workload"
)

// isNewPod tells whether a Pod is created. Its templates are not held back: their controllers try
// again.
func isNewPod(r *workload.Review) bool {
	return r.Kind == corev1.SchemeGroupVersion.WithKind("Pod") && r.Operation == admissionv1.Create && r.Subresource == ""
}

// heldBack refuses a Pod in a Namespace that has not got its kit yet. Whoever tries again gets in.
func heldBack(r *workload.Review, kit string) verdict {
	return verdict{result: resultDenied, response: &admissionv1.AdmissionResponse{Result: &metav1.Status{
		Status: metav1.StatusFailure, Code: http.StatusForbidden, Reason: metav1.StatusReasonForbidden,
		Message: fmt.Sprintf("the namespace is being furnished, try again: %q has not got NamespaceKit %q yet",
			printable.Text(r.Namespace), printable.Text(kit)),
		Details: &metav1.StatusDetails{RetryAfterSeconds: 1},
	}}}
}
