package admission

import (
	"context"
	"fmt"
	"slices"

	jsonpatch "gopkg.in/evanphx/json-patch.v4"
	admissionv1 "k8s.io/api/admission/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"taffrail.dev/taffrail/guardrail"
	"taffrail.dev/taffrail/internal/defaulting"
	"taffrail.dev/taffrail/internal/workload"
)

// Outcome is what a set does to one request.
type Outcome struct {
	Mutation guardrail.Mutation
	// Decision is about the object as the mutators have left it.
	Decision guardrail.Decision
}

// Object is the object that would be stored, as JSON.
func (o *Outcome) Object() []byte { return o.Decision.Review.Request().Object.Raw }

// Sent is the review of a request that the API server would send to the webhooks: its objects have
// the defaults of the API.
func Sent(request *admissionv1.AdmissionRequest) (*workload.Review, error) {
	written := *request
	review, err := withDefaults(request)
	if err != nil {
		return nil, asWritten(&written, err)
	}
	return review, nil
}

// SentDecoded is Sent for the creation of an object that has been decoded as its kind, without anything
// left out. Decoded is nil where it has not. It must not be used after.
func SentDecoded(request *admissionv1.AdmissionRequest, decoded runtime.Object) (*workload.Review, error) {
	if decoded == nil || request.RequestKind != nil { // what was decoded is of a former version
		return Sent(request)
	}
	written := *request
	kind := schema.GroupVersionKind(request.Kind)
	raw, err := defaulting.CompleteDecoded(decoded, request.Object.Raw, kind, namespaceFor(request))
	if err != nil {
		return nil, asWritten(&written, err)
	}
	request.Object.Raw = raw
	review, err := workload.NewReview(request)
	if err != nil {
		return nil, asWritten(&written, err)
	}
	return review, nil
}

// asWritten says what is wrong in the words of what was written.
func asWritten(written *admissionv1.AdmissionRequest, err error) error {
	if _, first := workload.NewReview(written); first != nil {
		return first
	}
	return err
}

// Admit lets a set mutate a review, and validate what has become of it.
func Admit(ctx context.Context, set *guardrail.Set, review *workload.Review) (Outcome, error) {
	o := Outcome{Mutation: set.Mutate(ctx, review)}
	mutated, err := patched(review, o.Mutation.Patch)
	if err != nil {
		return o, fmt.Errorf("applying the defaults of the guardrails: %w", err)
	}
	o.Decision, err = set.Validate(ctx, mutated)
	return o, err
}

// Completion is what the defaults and mutations of a set change in an object that it has admitted: in
// the object, and in the Pods that a template becomes.
func Completion(ctx context.Context, set *guardrail.Set, review *workload.Review, o *Outcome) guardrail.Mutation {
	if review.Operation != admissionv1.Create || review.Pod == nil || !review.Pod.IsTemplate() {
		return o.Mutation
	}
	own, err := workload.NewReview(o.Decision.Review.Request()) // to mutate it must not change what others look at
	if err != nil {
		return guardrail.Mutation{Errors: []error{err}}
	}
	m := set.MutateTemplate(ctx, own)
	m.Patch, m.Applied = slices.Concat(o.Mutation.Patch, m.Patch), slices.Concat(o.Mutation.Applied, m.Applied)
	return m
}

func withDefaults(request *admissionv1.AdmissionRequest) (*workload.Review, error) {
	kind, namespace := schema.GroupVersionKind(request.Kind), namespaceFor(request)
	for _, object := range []*runtime.RawExtension{&request.Object, &request.OldObject} {
		if len(object.Raw) == 0 {
			continue
		}
		raw, err := defaulting.Complete(object.Raw, kind, namespace)
		if err != nil {
			return nil, err
		}
		object.Raw = raw
	}
	return workload.NewReview(request)
}

// namespaceFor is the namespace that the API server writes into the object of a request.
func namespaceFor(request *admissionv1.AdmissionRequest) string {
	if request.Kind.Kind == "Namespace" {
		return ""
	}
	return request.Namespace
}

// patched is the review of what the mutating webhook has made of an object, as the validating one
// gets it.
func patched(review *workload.Review, patch []workload.Operation) (*workload.Review, error) {
	if len(patch) == 0 {
		return review, nil
	}
	encoded, err := workload.EncodePatch(patch)
	if err != nil {
		return nil, err
	}
	return Patched(review.Request(), encoded)
}

// Patched is the review that the validating webhook gets of a request that the mutating one has
// answered with a JSON patch.
func Patched(request *admissionv1.AdmissionRequest, patch []byte) (*workload.Review, error) {
	decoded, err := jsonpatch.DecodePatch(patch)
	if err != nil {
		return nil, err
	}
	mutated := *request
	if mutated.Object.Raw, err = decoded.Apply(mutated.Object.Raw); err != nil {
		return nil, err
	}
	return withDefaults(&mutated)
}
