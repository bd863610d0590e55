// Package v1alpha1 is what users of Taffrail write: Guardrails, which say what is completed and
// what is refused, and Exemptions, which say who may do it all the same, why, and until when.
//
// The same objects are read from files and from a cluster. A GuardrailTest is a file alone: it says
// what Guardrails must do.
//
// +kubebuilder:object:generate=true
// +groupName=taffrail.dev
package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// GroupVersion is the API group and version of Guardrail and Exemption.
var GroupVersion = schema.GroupVersion{Group: "taffrail.dev", Version: "v1alpha1"}

// AddToScheme registers Guardrail and Exemption, and their lists, with s.
func AddToScheme(s *runtime.Scheme) error {
	s.AddKnownTypes(GroupVersion, &Guardrail{}, &GuardrailList{}, &Exemption{}, &ExemptionList{})
	metav1.AddToGroupVersion(s, GroupVersion)
	return nil
}
