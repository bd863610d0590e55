package workload

import (
	"encoding/json"
	"fmt"
	"maps"

	admissionv1 "k8s.io/api/admission/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

// maker is what makes the Pods of a template, by the kind that holds it. A PodTemplate has none.
var maker = map[string]metav1.TypeMeta{
	"CronJob":               {APIVersion: "batch/v1", Kind: "Job"},
	"DaemonSet":             {APIVersion: "apps/v1", Kind: "DaemonSet"},
	"Deployment":            {APIVersion: "apps/v1", Kind: "ReplicaSet"},
	"Job":                   {APIVersion: "batch/v1", Kind: "Job"},
	"ReplicaSet":            {APIVersion: "apps/v1", Kind: "ReplicaSet"},
	"ReplicationController": {APIVersion: "v1", Kind: "ReplicationController"},
	"StatefulSet":           {APIVersion: "apps/v1", Kind: "StatefulSet"},
}

// PodReview is the review of the creation of the Pod that the template in the object becomes, with
// all its fields, known or not. Whoever writes the template stands for who will create the Pod. The
// labels that a controller adds are not there.
func (r *Review) PodReview() (*Review, error) {
	document, err := r.Document()
	if err != nil {
		return nil, err
	}
	template := memberAt(document, r.Pod.Path)
	pod := map[string]any{"apiVersion": "v1", "kind": "Pod", "metadata": r.podMetadata(template["metadata"])}
	if spec, there := template["spec"]; there {
		pod["spec"] = spec
	}
	raw, err := json.Marshal(pod)
	if err != nil {
		return nil, fmt.Errorf("making the Pod of a template: %w", err)
	}
	return r.WithPod(raw)
}

// WithPod is the review of the creation of a Pod, by the same user in the same Namespace.
func (r *Review) WithPod(raw []byte) (*Review, error) {
	request := *r.request
	request.Kind, request.RequestKind = metav1.GroupVersionKind(podKind), nil
	request.Resource, request.RequestResource = metav1.GroupVersionResource(corev1.SchemeGroupVersion.WithResource("pods")), nil
	request.SubResource, request.RequestSubResource, request.Name = "", "", ""
	request.Operation = admissionv1.Create
	request.Object, request.OldObject = runtime.RawExtension{Raw: raw}, runtime.RawExtension{}
	pod, err := NewReview(&request)
	if err != nil {
		return nil, fmt.Errorf("making the Pod of a template: %w", err)
	}
	pod.namespace = r.namespace
	return pod, nil
}

var podKind = corev1.SchemeGroupVersion.WithKind("Pod")

// podMetadata is that of the template, and what every Pod has of its maker.
func (r *Review) podMetadata(of any) map[string]any {
	meta := map[string]any{}
	if own, is := of.(map[string]any); is {
		meta = maps.Clone(own)
	}
	meta["namespace"] = r.Namespace
	name := r.DisplayName()
	if _, named := meta["name"]; !named {
		meta["generateName"] = name + "-"
	}
	if by, made := maker[r.Kind.Kind]; made {
		meta["ownerReferences"] = []any{map[string]any{
			"apiVersion": by.APIVersion, "kind": by.Kind, "name": name, "uid": "", "controller": true, "blockOwnerDeletion": true,
		}}
	}
	return meta
}

// memberAt is the object at a place in a document, or an empty one.
func memberAt(document map[string]any, at *Path) map[string]any {
	if at == nil {
		return document
	}
	inner, is := memberAt(document, at.parent)[at.name].(map[string]any)
	if !is {
		return map[string]any{}
	}
	return inner
}

// UpdateOf is the review of an update from one object to another of its kind.
func UpdateOf(old, object *Review) *Review {
	r := *object
	r.Operation, r.OldObject, r.oldDocument, r.old = admissionv1.Update, old.Object, old.document, old.object
	return &r
}
