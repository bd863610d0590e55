package admission

import (
	"encoding/json"

	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	kjson "sigs.k8s.io/json"

	"taffrail.dev/taffrail/internal/builtin"
	"taffrail.dev/taffrail/internal/workload"
)

// modernize makes of a request for a version that checks do not know one for the version that they
// do, as an API server does for a webhook. What has kept its name and its form since is evaluated.
func modernize(request *admissionv1.AdmissionRequest) {
	former := schema.GroupVersionKind(request.Kind)
	current, known := currentKind(former)
	var document map[string]any
	if !known || kjson.UnmarshalCaseSensitivePreserveInts(request.Object.Raw, &document) != nil {
		return
	}
	document["apiVersion"] = current.GroupVersion().String()
	switch current.Kind {
	case "Deployment", "DaemonSet", "ReplicaSet", "StatefulSet":
		defaultSelector(document)
	case "Ingress":
		renameBackend(document)
	}
	raw, err := json.Marshal(document)
	if err != nil {
		return
	}
	resource, _ := workload.ResourceFor(current)
	request.RequestKind = new(request.Kind)
	request.Kind, request.Resource = metav1.GroupVersionKind(current), metav1.GroupVersionResource(resource)
	request.Object.Raw = raw
}

// currentKind is what checks know a kind as, if that is another version than the one written.
func currentKind(former schema.GroupVersionKind) (schema.GroupVersionKind, bool) {
	if workload.New(former) != nil || !builtin.Has(former) {
		return former, false
	}
	for _, gvk := range builtin.Stable(former.Kind) {
		if workload.New(gvk) != nil {
			return gvk, true
		}
	}
	return former, false
}

// defaultSelector sets what apps/v1 wants to be set and former versions took from the template.
func defaultSelector(document map[string]any) {
	if _, set, _ := unstructured.NestedFieldNoCopy(document, "spec", "selector"); set {
		return
	}
	labels, found, err := unstructured.NestedMap(document, "spec", "template", "metadata", "labels")
	if found && err == nil {
		_ = unstructured.SetNestedMap(document, labels, "spec", "selector", "matchLabels")
	}
}

// renameBackend: the default backend had another name, and its Service another form.
func renameBackend(document map[string]any) {
	name, found, err := unstructured.NestedString(document, "spec", "backend", "serviceName")
	if found && err == nil {
		_ = unstructured.SetNestedField(document, name, "spec", "defaultBackend", "service", "name")
	}
}
