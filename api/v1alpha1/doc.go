// Package v1alpha1 is what users of Taffrail write: Guardrails, which say what is completed and
// what is refused, Exemptions, which say who may do it all the same, why, and until when, and
// NamespaceKits, which say what Namespaces are furnished with.
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

// GroupVersion is the API group and version of Guardrail, Exemption and NamespaceKit.
var GroupVersion = schema.GroupVersion{Group: "taffrail.dev", Version: "v1alpha1"}

// AddToScheme registers Guardrail, Exemption and NamespaceKit, and their lists, with s.
func AddToScheme(s *runtime.Scheme) error {
	s.AddKnownTypes(GroupVersion, &Guardrail{}, &GuardrailList{}, &Exemption{}, &ExemptionList{}, &NamespaceKit{}, &NamespaceKitList{})
	metav1.AddToGroupVersion(s, GroupVersion)
	return nil
}
