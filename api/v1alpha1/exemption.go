package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// Exemption lets workloads of its own namespace break named checks until a
// date. It never reaches another namespace.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:scope=Namespaced,categories=taffrail,shortName=exm
// +kubebuilder:printcolumn:name=Validators,type=string,JSONPath=`.spec.validators`
// +kubebuilder:printcolumn:name=Owner,type=string,JSONPath=`.spec.owner`
// +kubebuilder:printcolumn:name=Expires,type=string,JSONPath=`.spec.expires`
// +kubebuilder:printcolumn:name=In use,type=string,JSONPath=`.status.conditions[?(@.type=="InUse")].status`
// +kubebuilder:printcolumn:name=Ready,type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
type Exemption struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	Spec   ExemptionSpec   `json:"spec"`
	Status ExemptionStatus `json:"status,omitempty"`
}

// ExemptionList is a list of Exemptions.
//
// +kubebuilder:object:root=true
type ExemptionList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`

	Items []Exemption `json:"items"`
}

// ExemptionSpec says what is let through, for which workloads, why, and until when.
type ExemptionSpec struct {
	// Validators are names of checks or rules, or validator/control. There is no wildcard.
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=128
	// +kubebuilder:validation:items:MaxLength=256
	// +kubebuilder:validation:XValidation:rule="self.all(v, !v.contains('*'))",message="must name checks or rules: there is no wildcard"
	// +listType=set
	Validators []string `json:"validators"`

	// Guardrails are the Guardrails that the exemption holds for. Left out, it holds for all.
	// +optional
	// +listType=set
	Guardrails []string `json:"guardrails,omitempty"`

	// Selector selects workloads by their labels. Left out, it selects all of the namespace.
	// +optional
	Selector *metav1.LabelSelector `json:"selector,omitempty"`

	// Names are those of objects, or of the workloads that Pods belong to: that of a
	// Deployment covers its ReplicaSets and their Pods. A * at the end stands for
	// anything. Whoever may create an object chooses its name, as its labels.
	// +optional
	// +kubebuilder:validation:MaxItems=128
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=254
	// +kubebuilder:validation:items:Pattern=`^[^/%*]+\*?$`
	// +listType=set
	Names []string `json:"names,omitempty"`

	// Containers narrow the exemption to what is found of containers with these
	// names; a * at the end stands for anything. What is found of a Pod as a whole is
	// exempt when all its containers are.
	// +optional
	// +kubebuilder:validation:MaxItems=128
	// +kubebuilder:validation:items:MaxLength=64
	// +kubebuilder:validation:items:Pattern=`^[a-z0-9][-a-z0-9]*\*?$`
	// +listType=set
	Containers []string `json:"containers,omitempty"`

	// Images narrow it to containers that run these images, or patterns of them, as
	// in except of a Guardrail. Beside Containers, both must fit.
	// +optional
	// +kubebuilder:validation:MaxItems=128
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=1024
	// +listType=set
	Images []string `json:"images,omitempty"`

	// Reason is why the exemption is needed.
	// +kubebuilder:validation:MinLength=1
	Reason string `json:"reason"`

	// Owner is who answers for it.
	// +kubebuilder:validation:MinLength=1
	Owner string `json:"owner"`

	// Expires is a date (00:00 UTC of that day) or an RFC 3339 time, past which
	// the exemption is as if it were not there.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	// +kubebuilder:validation:XValidation:rule="self.matches('^[0-9]{4}-[0-9]{2}-[0-9]{2}(T.+)?$')",message="must be a date like 2027-03-31 or an RFC 3339 time"
	Expires string `json:"expires"`
}

// ExemptionStatus is what Taffrail has to say of an Exemption.
type ExemptionStatus struct {
	// ObservedGeneration is the generation that the status is about.
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`

	// LastUsed is when the Exemption last let something through; it is written at
	// most once an hour.
	// +optional
	LastUsed *metav1.Time `json:"lastUsed,omitempty"`

	// Conditions are those of the Exemption: Ready is False with every mistake in
	// its message when it was refused, or when it has expired; InUse tells whether
	// it has let anything through within the last 30 days.
	// +optional
	// +listType=map
	// +listMapKey=type
	Conditions []metav1.Condition `json:"conditions,omitempty"`
}

// ConditionInUse is the condition of an Exemption that has been used.
const ConditionInUse = "InUse"
