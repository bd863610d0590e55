package workload_test

import (
	"fmt"

	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"taffrail.dev/taffrail/internal/workload"
)

// A Deployment holds a Pod, and each of its containers knows its path.
func ExampleReview() {
	r, err := workload.NewReview(&admissionv1.AdmissionRequest{
		Operation: admissionv1.Create,
		Kind:      metav1.GroupVersionKind{Group: "apps", Version: "v1", Kind: "Deployment"},
		Object: runtime.RawExtension{Raw: []byte(`{"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"},
			"spec": {"template": {"spec": {"containers": [{"name": "web", "image": "nginx"}]}}}}`)},
	})
	if err != nil {
		panic(err)
	}
	for c := range r.Pod.Containers() {
		fmt.Println(c.Path().Child("image"), c.Image)
	}
	// Output:
	// spec.template.spec.containers[0].image nginx
}
