package main

import (
	"encoding/json"
	"strings"

	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	"taffrail.dev/taffrail/internal/workload"
)

// reviewOf is an AdmissionReview of an object and, unless it is nil, of what it was before.
func reviewOf(object, old any) ([]byte, error) {
	o := unstructured.Unstructured{Object: object.(map[string]any)}
	gvk := o.GroupVersionKind()
	gvr, namespaced := workload.ResourceFor(gvk)
	request := &admissionv1.AdmissionRequest{
		UID: "linear", Kind: metav1.GroupVersionKind(gvk), Resource: metav1.GroupVersionResource(gvr), Name: "web",
		Operation: admissionv1.Create,
	}
	request.UserInfo.Username = "jane"
	if namespaced {
		request.Namespace = "shop"
	}
	for _, of := range []struct {
		document any
		raw      *runtime.RawExtension
	}{{object, &request.Object}, {old, &request.OldObject}} {
		if of.document == nil {
			continue
		}
		raw, err := json.Marshal(of.document)
		if err != nil {
			return nil, err
		}
		of.raw.Raw = raw
	}
	if old != nil {
		request.Operation = admissionv1.Update
	}
	review := admissionv1.AdmissionReview{Request: request}
	review.Kind, review.APIVersion = "AdmissionReview", admissionv1.SchemeGroupVersion.String()
	document, err := json.Marshal(review)
	if err != nil {
		return nil, err
	}
	return append([]byte(large), document[1:]...), nil
}

// large begins a review that is never small: small ones are not looked over, and what the few items
// of one growth do without would be more than linear in the many.
var large = `{"pad":"` + strings.Repeat("x", 64<<10) + `",`

// inEveryWay are the reviews of what has grown: created, and updated from what had grown as well.
func inEveryWay(document any, at place, s shape) func(n int) ([][]byte, error) {
	return func(n int) ([][]byte, error) {
		now := grow(document, at, s, n)
		other := s
		other.mark += "was-"
		var all [][]byte
		for _, old := range []any{nil, grow(document, at, other, n)} {
			review, err := reviewOf(now, old)
			if err != nil {
				return nil, err
			}
			all = append(all, review)
		}
		return all, nil
	}
}

func created(document any, at place, s shape) func(n int) ([][]byte, error) {
	return func(n int) ([][]byte, error) {
		review, err := reviewOf(grow(document, at, s, n), nil)
		return [][]byte{review}, err
	}
}
