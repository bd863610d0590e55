package audit

import (
	"bytes"
	"encoding/json"
	"fmt"

	admissionv1 "k8s.io/api/admission/v1"
	authenticationv1 "k8s.io/api/authentication/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"taffrail.dev/taffrail/internal/workload"
)

// nobody is who would create what is there already: rules about a user have nothing to say of it.
var nobody = authenticationv1.UserInfo{Username: "taffrail-audit", Groups: []string{"system:authenticated"}}

// review is the review of an item of a list, as if it were created now.
func (l *listed) review(item json.RawMessage) (*workload.Review, error) {
	raw, err := l.withKind(item)
	if err != nil {
		return nil, err
	}
	request := &admissionv1.AdmissionRequest{
		Kind:      metav1.GroupVersionKind(l.kind),
		Resource:  metav1.GroupVersionResource(l.resource),
		Operation: admissionv1.Create,
		UserInfo:  nobody,
		Options:   runtime.RawExtension{Raw: []byte(`{"apiVersion":"meta.k8s.io/v1","kind":"CreateOptions"}`)},
		Object:    runtime.RawExtension{Raw: raw},
	}
	review, err := workload.NewReview(request)
	if err != nil {
		return nil, err
	}
	meta := review.Meta()
	review.Name, review.Namespace = meta.GetName(), meta.GetNamespace()
	if l.kind.Kind == "Namespace" {
		review.Namespace = review.Name
	}
	request.Name, request.Namespace = review.Name, review.Namespace
	return review, nil
}

// withKind says in an item what it is: in lists of built-in kinds items do not.
func (l *listed) withKind(item json.RawMessage) ([]byte, error) {
	rest, isObject := bytes.CutPrefix(item, []byte("{"))
	if !isObject {
		return nil, fmt.Errorf("an item of the list of %s is no object", l.resource.Resource)
	}
	if bytes.HasPrefix(rest, []byte(`"apiVersion":`)) || bytes.HasPrefix(rest, []byte(`"kind":`)) {
		return item, nil
	}
	version, kind := l.kind.ToAPIVersionAndKind()
	raw := fmt.Appendf(make([]byte, 0, len(item)+80), `{"apiVersion":%q,"kind":%q`, version, kind)
	if len(bytes.TrimSpace(rest)) > 1 {
		raw = append(raw, ',')
	}
	return append(raw, rest...), nil
}
