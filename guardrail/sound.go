package guardrail

import (
	"encoding/json"
	"fmt"

	"k8s.io/apimachinery/pkg/api/validation"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	metav1validation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// An API server would refuse an object that a mutation has made invalid, and name the field alone. Who
// has to mend what is then anybody's guess, so the mutation is left out, and told.

// sound tells what a mutation has made invalid: a field of another type, or labels and annotations that
// are none. What was wrong before is not for it to mend.
func (e *evaluation) sound(before, after map[string]any) error {
	if err := e.review.Readable(after); err != nil {
		return fmt.Errorf("what it makes of the object could not be stored: %w", err)
	}
	wrong, err := wrongMetadata(after)
	if err != nil {
		return fmt.Errorf("what it makes of the object has no metadata: %w", err)
	}
	was, unreadable := wrongMetadata(before)
	if len(wrong) > 0 && len(was) == 0 && unreadable == nil {
		return fmt.Errorf("what it makes of the object is invalid: %w", wrong.ToAggregate())
	}
	return nil
}

func wrongMetadata(document map[string]any) (field.ErrorList, error) {
	part := map[string]any{}
	if metadata, is := document["metadata"].(map[string]any); is {
		for _, name := range []string{"labels", "annotations", "finalizers"} {
			part[name] = metadata[name]
		}
	}
	raw, err := json.Marshal(part)
	if err != nil {
		return nil, err
	}
	var meta metav1.ObjectMeta
	if err := json.Unmarshal(raw, &meta); err != nil {
		return nil, err
	}
	at := field.NewPath("metadata")
	wrong := metav1validation.ValidateLabels(meta.Labels, at.Child("labels"))
	wrong = append(wrong, validation.ValidateAnnotations(meta.Annotations, at.Child("annotations"))...)
	return append(wrong, validation.ValidateFinalizers(meta.Finalizers, at.Child("finalizers"))...), nil
}
