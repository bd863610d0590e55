package admission

import (
	admissionv1 "k8s.io/api/admission/v1"
	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"taffrail.dev/taffrail/internal/builtin"
	"taffrail.dev/taffrail/internal/manifest"
	"taffrail.dev/taffrail/internal/workload"
)

// Nobody is who creates the objects of manifests: somebody of whom rules in CEL know nothing but that
// the API server knows them.
var Nobody = authenticationv1.UserInfo{Username: "taffrail-check", Groups: []string{"system:authenticated"}}

// Create is the request that the API server would make of an object. An object of a former version
// becomes one of the version that checks know.
func Create(object *manifest.Object) *admissionv1.AdmissionRequest {
	gvk := object.GroupVersionKind()
	resource, namespaced := workload.ResourceFor(gvk)
	request := &admissionv1.AdmissionRequest{
		Kind:      metav1.GroupVersionKind(gvk),
		Resource:  metav1.GroupVersionResource(resource),
		Name:      object.Name,
		Namespace: Namespace(object, namespaced),
		Operation: admissionv1.Create,
		UserInfo:  Nobody,
		Options:   runtime.RawExtension{Raw: []byte(`{"apiVersion":"meta.k8s.io/v1","kind":"CreateOptions"}`)},
		Object:    runtime.RawExtension{Raw: object.Raw},
	}
	modernize(request)
	return request
}

// Namespace is the namespace of the request: that of the object, for a Namespace its own name.
func Namespace(object *manifest.Object, namespaced bool) string {
	switch {
	case object.GroupVersionKind() == corev1.SchemeGroupVersion.WithKind("Namespace"):
		return object.Name
	case !namespaced, object.ClusterScoped, builtin.ClusterScoped(object.GroupVersionKind()):
		return ""
	case object.Namespace == "":
		return metav1.NamespaceDefault
	default:
		return object.Namespace
	}
}
