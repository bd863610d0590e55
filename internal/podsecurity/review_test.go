package podsecurity

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	admissionv1 "k8s.io/api/admission/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"taffrail.dev/taffrail/internal/dice"
	"taffrail.dev/taffrail/internal/workload"
)

// holders are the kinds that hold a Pod, and Pods.
var holders = func() (kinds []schema.GroupVersionKind) {
	for _, gvk := range workload.Kinds() {
		if r, err := created(gvk, dice.New(nil).Template().In(gvk)); err == nil && r.Pod != nil {
			kinds = append(kinds, gvk)
		}
	}
	slices.SortFunc(kinds, func(a, b schema.GroupVersionKind) int { return strings.Compare(a.Kind, b.Kind) })
	return kinds
}()

// created is the review of an object that is created.
func created(gvk schema.GroupVersionKind, object []byte) (*workload.Review, error) {
	var meta metav1.PartialObjectMetadata
	if err := json.Unmarshal(object, &meta); err != nil {
		return nil, err
	}
	resource, _ := workload.ResourceFor(gvk)
	return workload.NewReview(&admissionv1.AdmissionRequest{
		Kind: metav1.GroupVersionKind(gvk), Resource: metav1.GroupVersionResource(resource),
		Name: meta.Name, Namespace: cmp.Or(meta.Namespace, "shop"),
		Operation: admissionv1.Create, Object: runtime.RawExtension{Raw: object},
	})
}

func reviewOf(t testing.TB, gvk schema.GroupVersionKind, object []byte) *workload.Review {
	t.Helper()
	r, err := created(gvk, object)
	require.NoError(t, err)
	return r
}

// held is an object of a kind that holds the Pod.
func held(t *testing.T, pod *corev1.Pod, kind schema.GroupVersionKind) []byte {
	t.Helper()
	object := map[string]any{"metadata": pod.ObjectMeta, "spec": pod.Spec}
	switch kind.Kind {
	case "Pod":
	case "PodTemplate":
		object = map[string]any{"template": object}
	case "CronJob":
		object = map[string]any{"spec": map[string]any{"jobTemplate": map[string]any{"spec": map[string]any{"template": object}}}}
	default:
		object = map[string]any{"spec": map[string]any{"template": object}}
	}
	object["apiVersion"], object["kind"] = kind.GroupVersion().String(), kind.Kind
	text, err := json.Marshal(object)
	require.NoError(t, err)
	return text
}
