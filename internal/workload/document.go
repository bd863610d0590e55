package workload

import (
	"fmt"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	kjson "sigs.k8s.io/json"
)

// document is an object as it was sent, with the fields that its typed form does not know. It is
// decoded when it is first asked for: the checks and defaults never ask.
type document struct {
	raw     []byte
	decoded bool
	content map[string]any
	err     error
}

func (d *document) of(object Object) (map[string]any, error) {
	if d.decoded {
		return d.content, d.err
	}
	d.decoded = true
	switch o := object.(type) {
	case nil:
	case *unstructured.Unstructured:
		d.content = o.Object
	default:
		if err := kjson.UnmarshalCaseSensitivePreserveInts(d.raw, &d.content); err != nil {
			d.err = fmt.Errorf("decoding the object as a document: %w", err)
		}
	}
	return d.content, d.err
}

// Document is the object as it was sent: with fields that Taffrail does not know, and without what
// defaults have done to it. It is nil where there is no object, and must not be changed.
func (r *Review) Document() (map[string]any, error) { return r.document.of(r.Object) }

// OldDocument is the same of the old object.
func (r *Review) OldDocument() (map[string]any, error) { return r.oldDocument.of(r.OldObject) }
