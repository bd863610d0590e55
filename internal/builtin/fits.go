package builtin

import (
	"k8s.io/apimachinery/pkg/runtime/schema"

	"taffrail.dev/taffrail/internal/workload"
)

// Fits tells whether a document has nothing but what its kind has, in the types of its kind. It is for
// the most documents, and ten times quicker than to go through one with Check.
func Fits(gvk schema.GroupVersionKind, raw []byte) bool {
	object, err := types().New(gvk)
	return err == nil && workload.DecodeExactly(raw, object)
}
