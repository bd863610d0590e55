package guardrail

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	admissionv1 "k8s.io/api/admission/v1"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"taffrail.dev/taffrail/internal/cel"
	"taffrail.dev/taffrail/internal/patching"
	"taffrail.dev/taffrail/internal/workload"
)

// warnings tell what is wrong with a mutation that has no mistake: what does not fit the kinds that it
// is for, and what it does to samples of them. That an expression fails for a sample says nothing: it
// may be for objects with what the sample does not have.
func (m *mutation) warnings(at *field.Path) (all field.ErrorList) {
	expression := at.Child("applyConfiguration", "expression")
	if m.written.JSONPatch != nil {
		expression = at.Child("jsonPatch", "expression")
	}
	kinds := kindsOf(m.selectors)
	for _, kind := range kinds {
		wrong := cel.TypeCheckMutation(m.written, kind, at)
		if all = append(all, wrong...); len(wrong) > 0 {
			continue
		}
		for _, sample := range samplesOf(kind) {
			if text := m.dryRun(kind, sample); text != "" {
				all = append(all, field.Invalid(expression, field.OmitValueType{}, text+" ("+kind.Kind+")"))
				break
			}
		}
	}
	for _, w := range all {
		w.Detail += " (mutation " + m.name + ")"
	}
	return all
}

// dryRun tells what a mutation does to a sample that it should not, or nothing.
func (m *mutation) dryRun(kind schema.GroupVersionKind, sample map[string]any) string {
	review, err := m.sampleReview(kind, sample)
	if err != nil {
		return ""
	}
	document, err := review.Document()
	if err != nil {
		return ""
	}
	e := newSet(Options{}).evaluation(context.Background(), review)
	e.budget = cel.NewBudget()
	after, err := m.run(e, document)
	if err == nil {
		if unknown := unknownIn(kind, after); unknown != nil {
			return "makes an object that its kind does not know: " + unknown.Error()
		}
		again, err := m.run(e, after)
		return m.secondRun(patching.Diff(after, again), err)
	}
	if failure := (*cel.FailureError)(nil); errors.As(err, &failure) {
		return ""
	}
	return "would be left out: " + err.Error()
}

// unknownIn tells of fields that a kind does not have, and an API server would drop.
func unknownIn(kind schema.GroupVersionKind, document map[string]any) error {
	object := workload.New(kind)
	if object == nil {
		return nil
	}
	return runtime.DefaultUnstructuredConverter.FromUnstructuredWithValidation(document, object, true)
}

func (m *mutation) secondRun(operations []workload.Operation, err error) string {
	switch {
	case err != nil:
		return "a second run fails: " + err.Error()
	case len(operations) > 0 && (m.again || slices.ContainsFunc(m.selectors, ofUpdates)):
		return "a second run changes the object again, at " + operations[0].Path + ": guard it with matchConditions, or set onlyWhenMissing"
	}
	return ""
}

func ofUpdates(s admissionregistrationv1.RuleWithOperations) bool {
	return slices.Contains(s.Operations, admissionregistrationv1.Update)
}

// sampleReview is the review of a sample that the mutation looks at.
func (m *mutation) sampleReview(kind schema.GroupVersionKind, sample map[string]any) (*workload.Review, error) {
	raw, err := json.Marshal(sample)
	if err != nil {
		return nil, err
	}
	resource, namespaced := workload.ResourceFor(kind)
	request := &admissionv1.AdmissionRequest{
		UID: "sample", Name: sampleName, Kind: metav1.GroupVersionKind(kind), Resource: metav1.GroupVersionResource(resource),
		Operation: admissionv1.Create, Object: runtime.RawExtension{Raw: raw},
	}
	if namespaced {
		request.Namespace = metav1.NamespaceDefault
	}
	review, err := workload.NewReview(request)
	if err != nil || m.looksAt(review) {
		return review, err
	}
	request.Operation, request.OldObject = admissionv1.Update, request.Object
	if review, err = workload.NewReview(request); err == nil && !m.looksAt(review) {
		err = fmt.Errorf("it is for no %s", kind.Kind)
	}
	return review, err
}
