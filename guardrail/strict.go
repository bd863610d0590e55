package guardrail

import (
	"k8s.io/apimachinery/pkg/runtime/schema"

	"taffrail.dev/taffrail/api/v1alpha1"
)

// IsTest tells whether a document is a GuardrailTest: a file for `taffrail test`, which lies beside
// Guardrails and is no object of a cluster.
func IsTest(gvk schema.GroupVersionKind) bool {
	return gvk == v1alpha1.GroupVersion.WithKind("GuardrailTest")
}

// Decode reads a document of another kind as strictly as a Guardrail, and lists every mistake in
// it.
func Decode(raw []byte, into any) []error {
	unknown, wrong := unmarshal(raw, into, "fields")
	return append(unknown, wrong...)
}
