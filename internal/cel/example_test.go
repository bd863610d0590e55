package cel_test

import (
	"context"
	"fmt"

	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/internal/cel"
	"taffrail.dev/taffrail/internal/workload"
)

// A rule says what must be true, and answers with its message where it is not.
func ExampleRule_Evaluate() {
	rule, mistakes := cel.CompileRule(&v1alpha1.Rule{
		Name: "few-replicas", Expression: "object.spec.replicas <= 3", Message: "must have at most 3 replicas",
	}, field.NewPath("spec", "rules").Index(0))
	if len(mistakes) > 0 {
		panic(mistakes.ToAggregate())
	}
	review, err := workload.NewReview(&admissionv1.AdmissionRequest{
		Operation: admissionv1.Create,
		Kind:      metav1.GroupVersionKind{Group: "apps", Version: "v1", Kind: "Deployment"},
		Object:    runtime.RawExtension{Raw: []byte(`{"apiVersion": "apps/v1", "kind": "Deployment", "spec": {"replicas": 5}}`)},
	})
	if err != nil {
		panic(err)
	}
	message, err := rule.Evaluate(context.Background(), review, cel.NewBudget())
	fmt.Println(message, err)
	// Output:
	// must have at most 3 replicas <nil>
}
