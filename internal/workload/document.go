package workload

import (
	"encoding/json"
	"fmt"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	kjson "sigs.k8s.io/json"

	"taffrail.dev/taffrail/internal/tape"
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

// WithDocument is the review of the same request with another object as its document. Its typed
// object is that which was sent.
func (r *Review) WithDocument(content map[string]any) *Review {
	other := *r
	other.document = document{decoded: true, content: content}
	return &other
}

// maxObject is the largest object that an API server takes, in bytes.
const maxObject = 3 << 20

// Readable tells why a document could not be the object of this request: it is larger than an API
// server takes, or a field of a kind that Taffrail knows has another type.
func (r *Review) Readable(content map[string]any) error {
	raw, err := json.Marshal(content)
	if err != nil {
		return fmt.Errorf("encoding the object: %w", err)
	}
	if len(raw) > maxObject {
		return fmt.Errorf("it has more than %d MiB", maxObject>>20)
	}
	if _, known := r.Object.(*unstructured.Unstructured); known || r.Object == nil {
		return nil
	}
	_, err = decode(r.Kind, raw, tape.Value{})
	return err
}

// BecomePod makes the template of the review the Pod that was made of it: what it has of labels,
// annotations and spec.
func (r *Review) BecomePod(made *Pod) {
	r.Pod.Meta.Labels, r.Pod.Meta.Annotations = made.Meta.Labels, made.Meta.Annotations
	*r.Pod.Spec = *made.Spec
}
