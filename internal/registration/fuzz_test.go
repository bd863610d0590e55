package registration

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/internal/workload"
	"taffrail.dev/taffrail/validators"
)

// FuzzKeptAway holds of any object, created or in place of another one, what
// TestWhatIsKeptAwayIsNothingToFind holds of the fixtures, and that no condition fails.
func FuzzKeptAway(f *testing.F) {
	checks, former := conditional(f), map[string][]byte{} // the fixture before, by kind
	for _, s := range samples(f, validators.Fixtures) {
		kind, object := s.request.Kind.Kind, s.request.Object.Raw
		if object == nil || !slices.ContainsFunc(checks, func(v v1alpha1.Validator) bool { return v.Name == s.of }) {
			continue
		}
		f.Add(object, s.request.OldObject.Raw, s.request.SubResource)
		f.Add(object, former[kind], "") // an update that nobody has thought of
		former[kind] = object
	}
	set := everyCondition(f)
	webhooks := entries(Validating(nil, set.Resources()), MayFind)
	f.Fuzz(func(t *testing.T, object, old []byte, subresource string) {
		var head metav1.TypeMeta
		if json.Unmarshal(object, &head) != nil {
			return
		}
		gvk := head.GroupVersionKind()
		resource, known := workload.ResourceFor(gvk)
		s := sample{name: "input", request: admissionv1.AdmissionRequest{
			UID: "u", Kind: metav1.GroupVersionKind(gvk), Resource: metav1.GroupVersionResource(resource), SubResource: subresource,
			Operation: admissionv1.Create, Object: runtime.RawExtension{Raw: object}, OldObject: runtime.RawExtension{Raw: old},
		}}
		if known {
			s.request.Namespace = "shop"
		}
		if len(old) > 0 {
			s.request.Operation = admissionv1.Update
		}
		keptAway(t, "every condition", set, webhooks, &s)
	})
}

// There is something to hold: a condition that is wrong is found.
func TestAConditionThatIsWrongIsFound(t *testing.T) {
	set := everyCondition(t)
	watched := set.Resources()
	for i := range watched {
		if watched[i].Only != "" {
			watched[i].Only = "false"
		}
	}
	webhooks := entries(Validating(nil, watched), MayFind)
	var missed int
	for _, s := range samples(t, validators.Fixtures) {
		review, err := workload.NewReview(&s.request)
		require.NoError(t, err)
		d, err := set.Validate(t.Context(), review)
		require.NoError(t, err)
		for i := range webhooks {
			if !webhooks[i].named(&s.request) || len(d.Findings) == 0 {
				continue
			}
			if takes, err := webhooks[i].takes(review, &s.request); err == nil && !takes {
				missed++
			}
		}
	}
	require.NotZero(t, missed)
}
