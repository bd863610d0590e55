package guardrailtest

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/internal/workload"
)

// carriedBy are the resources of kinds that only a subresource is sent.
var carriedBy = map[string]string{"Eviction": "pods", "Binding": "pods", "TokenRequest": "serviceaccounts"}

// setSubresource says what of which object the request is for. Of a Scale only the test can say
// what is scaled.
func (r *reader) setSubresource(request *admissionv1.AdmissionRequest, in *v1alpha1.TestCase, at *field.Path) {
	parent, name, named := strings.Cut(in.Subresource, "/")
	if !named {
		parent, name = carriedBy[request.Kind.Kind], in.Subresource
	}
	request.SubResource = name
	switch {
	case in.Subresource != "" && (name == "" || strings.Contains(name, "/")):
		r.wrong(field.Invalid(at.Child("subresource"), in.Subresource, "must be a subresource such as exec, or one of a resource such as pods/exec"))
	case parent != "":
		resource, known := resourceCalled(parent)
		if !known {
			r.wrong(field.Invalid(at.Child("subresource"), in.Subresource, "must be of a resource that Taffrail knows, such as deployments/scale"))
			return
		}
		request.Resource = metav1.GroupVersionResource(resource)
	case request.Kind.Kind == "Scale":
		r.wrong(field.Invalid(at.Child("subresource"), in.Subresource, "must name what is scaled, such as deployments/scale"))
	}
}

// resourceCalled is the resource of a name such as deployments or deployments.apps.
func resourceCalled(name string) (schema.GroupVersionResource, bool) {
	for _, gvk := range workload.Kinds() {
		resource, _ := workload.ResourceFor(gvk)
		if resource.Resource == name || resource.GroupResource().String() == name {
			return resource, true
		}
	}
	return schema.GroupVersionResource{}, false
}

// connectOptions are the kinds of options with which objects are connected to.
var connectOptions = map[string]map[string]string{
	"pods":     {"exec": "PodExecOptions", "attach": "PodAttachOptions", "portforward": "PodPortForwardOptions", "proxy": "PodProxyOptions"},
	"services": {"proxy": "ServiceProxyOptions"},
	"nodes":    {"proxy": "NodeProxyOptions"},
}

// setOptions sets the options of the request, with their kind. Those of a CONNECT are its object.
func (r *reader) setOptions(request *admissionv1.AdmissionRequest, in *v1alpha1.TestCase, at *field.Path) {
	head := map[string]any{}
	switch request.Operation {
	case admissionv1.Connect:
		kinds, known := connectOptions[request.Resource.Resource]
		if !known {
			r.wrong(field.Invalid(at.Child("object"), request.Kind.Kind, "must be what is connected to, a Pod, Service or Node; how is said in options"))
			return
		}
		kind := kinds[request.SubResource]
		if kind == "" {
			r.wrong(field.NotSupported(at.Child("subresource"), in.Subresource, slices.Sorted(maps.Keys(kinds))))
			return
		}
		head["apiVersion"], head["kind"] = "v1", kind
	case admissionv1.Update:
		head["apiVersion"], head["kind"] = "meta.k8s.io/v1", "UpdateOptions"
	case admissionv1.Delete:
		head["apiVersion"], head["kind"] = "meta.k8s.io/v1", "DeleteOptions"
	default:
		head["apiVersion"], head["kind"] = "meta.k8s.io/v1", "CreateOptions"
	}
	kind := head["kind"]
	if in.Options != nil {
		if err := json.Unmarshal(in.Options.Raw, &head); err != nil {
			r.wrong(field.Invalid(at.Child("options"), field.OmitValueType{}, "must be a mapping"))
			return
		}
	}
	if head["kind"] != kind {
		r.wrong(field.Invalid(at.Child("options", "kind"), head["kind"], fmt.Sprintf("must be %s, or left out", kind)))
		return
	}
	raw, err := json.Marshal(head)
	if err != nil {
		r.wrong(field.Invalid(at.Child("options"), field.OmitValueType{}, err.Error()))
		return
	}
	request.Options.Raw = raw
	if request.Operation == admissionv1.Connect {
		request.Kind = metav1.GroupVersionKind{Version: "v1", Kind: fmt.Sprint(kind)}
		request.RequestKind = nil
		request.Object.Raw, request.Options.Raw = raw, nil
	}
}
