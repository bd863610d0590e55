package main

import (
	"context"
	"errors"
	"fmt"

	jsonpatch "gopkg.in/evanphx/json-patch.v4"
	admissionv1 "k8s.io/api/admission/v1"
	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/guardrail"
	"taffrail.dev/taffrail/internal/builtin"
	"taffrail.dev/taffrail/internal/defaulting"
	"taffrail.dev/taffrail/internal/manifest"
	"taffrail.dev/taffrail/internal/workload"
)

// evaluate does to each object what the webhooks would do at its creation.
func evaluate(ctx context.Context, set *guardrail.Set, input *manifest.Input) *checkReport {
	r, fields := newCheckReport(input), builtin.NewFields()
	for _, object := range input.Objects {
		if r.isNone(object) {
			continue
		}
		found := schemaFindings(fields, object)
		review, err := sent(object)
		if err != nil {
			r.addSchema(object, found, v1alpha1.Warn, "")
			r.unreadable(object, err)
			continue
		}
		action, by := set.SchemaAction(ctx, review)
		r.addSchema(object, found, action, by)
		if set.Excludes(review.Namespace) {
			r.skip(object, review.Namespace, "", fmt.Sprintf("no guardrail ever matches in namespace %q", review.Namespace))
			continue
		}
		mutation := set.Mutate(ctx, review)
		if review, err = completed(review, mutation.Patch); err != nil {
			r.unreadable(object, err)
			continue
		}
		decision, err := set.Validate(ctx, review)
		if err != nil {
			r.unreadable(object, err)
			continue
		}
		for _, err := range append(mutation.Errors, decision.Errors...) {
			r.note(fmt.Sprintf("%s: %s", place(object, ""), firstLine(err)))
		}
		r.cover(object, review, set.Coverage(ctx, review))
		r.add(object, &decision)
	}
	return r
}

// sent is the review of an object that the API server would send to the webhooks.
func sent(object *manifest.Object) (*workload.Review, error) {
	request := creation(object)
	if _, err := workload.NewReview(request); err != nil {
		return nil, err // in the words of what was written
	}
	return withDefaults(request)
}

// withDefaults is the review of a request whose object has the defaults of the API.
func withDefaults(request *admissionv1.AdmissionRequest) (_ *workload.Review, err error) {
	kind, namespace := schema.GroupVersionKind(request.Kind), request.Namespace
	if kind.Kind == "Namespace" {
		namespace = ""
	}
	if request.Object.Raw, err = defaulting.Complete(request.Object.Raw, kind, namespace); err != nil {
		return nil, err
	}
	return workload.NewReview(request)
}

// completed is the review of what the mutating webhook has made of an object, as
// the validating one gets it.
func completed(review *workload.Review, patch []workload.Operation) (*workload.Review, error) {
	if len(patch) == 0 {
		return review, nil
	}
	encoded, err := workload.EncodePatch(patch)
	if err != nil {
		return nil, err
	}
	decoded, err := jsonpatch.DecodePatch(encoded)
	if err != nil {
		return nil, err
	}
	request := *review.Request()
	if request.Object.Raw, err = decoded.Apply(request.Object.Raw); err != nil {
		return nil, err
	}
	return withDefaults(&request)
}

// nobody is who creates the objects: somebody of whom rules in CEL know nothing
// but that the API server knows them.
var nobody = authenticationv1.UserInfo{Username: "taffrail-check", Groups: []string{"system:authenticated"}}

// creation is the request that the API server would make of an object.
func creation(object *manifest.Object) *admissionv1.AdmissionRequest {
	gvk := object.GroupVersionKind()
	resource, namespaced := workload.ResourceFor(gvk)
	request := &admissionv1.AdmissionRequest{
		Kind:      metav1.GroupVersionKind(gvk),
		Resource:  metav1.GroupVersionResource(resource),
		Name:      object.Name,
		Namespace: namespaceOf(object, namespaced),
		Operation: admissionv1.Create,
		UserInfo:  nobody,
		Options:   runtime.RawExtension{Raw: []byte(`{"apiVersion":"meta.k8s.io/v1","kind":"CreateOptions"}`)},
		Object:    runtime.RawExtension{Raw: object.Raw},
	}
	modernize(request)
	return request
}

// namespaceOf is the namespace of the request: that of the object, for a Namespace its own name.
func namespaceOf(object *manifest.Object, namespaced bool) string {
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

// explainDecoding says what is wrong with an object that is not as its kind must be, and where.
func explainDecoding(object *manifest.Object, err error) (pointer, text string) {
	if wrong, ok := errors.AsType[*workload.DecodeError](err); ok {
		return wrong.Pointer, fmt.Sprintf("%s %q: %v", object.Kind, object.Name, wrong)
	}
	return "", fmt.Sprintf("%s %q: %v", object.Kind, object.Name, err)
}
