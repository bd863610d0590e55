package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

// NamespaceKit is what each of the Namespaces that it selects is furnished with.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:scope=Cluster,categories=taffrail,shortName=kit
// +kubebuilder:printcolumn:name=Namespaces,type=integer,JSONPath=`.status.namespaces`
// +kubebuilder:printcolumn:name=Furnished,type=integer,JSONPath=`.status.furnished`
// +kubebuilder:printcolumn:name=Waiting,type=integer,JSONPath=`.status.waiting`
// +kubebuilder:printcolumn:name=Conflicts,type=integer,JSONPath=`.status.inConflict`
// +kubebuilder:printcolumn:name=Ready,type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name=Age,type=date,JSONPath=`.metadata.creationTimestamp`
type NamespaceKit struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	Spec   NamespaceKitSpec   `json:"spec"`
	Status NamespaceKitStatus `json:"status,omitempty"`
}

// NamespaceKitList is a list of NamespaceKits.
//
// +kubebuilder:object:root=true
type NamespaceKitList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`

	Items []NamespaceKit `json:"items"`
}

// NamespaceKitSpec says which Namespaces are furnished, and with what.
type NamespaceKitSpec struct {
	// NamespaceSelector selects Namespaces by their labels; {} selects all. kube-system,
	// kube-public, kube-node-lease, Taffrail's own namespace and those of --exclude-namespaces are
	// never furnished.
	NamespaceSelector *metav1.LabelSelector `json:"namespaceSelector"`

	// Objects are what each Namespace gets: manifests of namespaced objects. In any text of theirs
	// ${namespace} is the name of the Namespace, ${labels['team']} one of its labels, and any other
	// ${...} the text that an expression of CEL over name and labels yields. $${ stands for ${ as
	// it is. There is no other templating.
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=32
	// +kubebuilder:validation:items:Type=object
	// +kubebuilder:pruning:PreserveUnknownFields
	// +listType=atomic
	Objects []runtime.RawExtension `json:"objects"`

	// Sync says what becomes of objects that are changed or deleted later. Ensure mends them;
	// CreateOnce leaves them to the Namespace, and never makes them again.
	// +optional
	// +kubebuilder:default=Ensure
	Sync KitSync `json:"sync,omitempty"`

	// OnDelete says what becomes of the objects when the kit is deleted, or the Namespace is no
	// longer selected. Keep leaves them; Remove deletes them.
	// +optional
	// +kubebuilder:default=Keep
	OnDelete KitDeletion `json:"onDelete,omitempty"`

	// Gate has Pods refused in a Namespace that has not got its kit yet, for at most 30 seconds
	// from the creation of the Namespace.
	// +optional
	Gate bool `json:"gate,omitempty"`
}

// KitSync says what becomes of objects that are changed or deleted.
//
// +kubebuilder:validation:Enum=Ensure;CreateOnce
type KitSync string

const (
	// KitEnsure mends what is changed, and makes again what is deleted.
	KitEnsure KitSync = "Ensure"
	// KitCreateOnce makes objects once, and leaves them alone from then on.
	KitCreateOnce KitSync = "CreateOnce"
)

// KitDeletion says what becomes of the objects of a kit that no longer holds.
//
// +kubebuilder:validation:Enum=Keep;Remove
type KitDeletion string

const (
	// KitKeep leaves them.
	KitKeep KitDeletion = "Keep"
	// KitRemove deletes them.
	KitRemove KitDeletion = "Remove"
)

// NamespaceKitStatus is what Taffrail has to say of a NamespaceKit.
type NamespaceKitStatus struct {
	// ObservedGeneration is the generation that the status is about.
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`

	// Namespaces is the number of Namespaces that are selected.
	// +optional
	Namespaces int32 `json:"namespaces"`

	// Furnished is how many of them have all objects of the kit as it is now.
	// +optional
	Furnished int32 `json:"furnished"`

	// Waiting is how many of them lack something, and get it as soon as that can be.
	// +optional
	Waiting int32 `json:"waiting"`

	// InConflict is how many of them have an object that somebody else has made, or changes.
	// +optional
	InConflict int32 `json:"inConflict"`

	// Details tell of Namespaces that are not furnished, and why: 50 at most.
	// +optional
	// +listType=map
	// +listMapKey=namespace
	Details []KitDetail `json:"details,omitempty"`

	// Leaving are the Namespaces that the kit no longer selects, where it removes what it has made,
	// and when it does.
	// +optional
	// +listType=map
	// +listMapKey=namespace
	Leaving []KitLeaving `json:"leaving,omitempty"`

	// FurnishedLately are the UIDs of Namespaces that were furnished within the first seconds of
	// their life: with gate, replicas let Pods in there.
	// +optional
	// +listType=set
	FurnishedLately []string `json:"furnishedLately,omitempty"`

	// CreatedIn are the beginnings of the UIDs of Namespaces that have been furnished, with
	// CreateOnce: what is deleted there is not made again.
	// +optional
	// +listType=set
	CreatedIn []string `json:"createdIn,omitempty"`

	// Kinds are those of all objects that the kit has made in its life.
	// +optional
	// +listType=atomic
	Kinds []metav1.GroupVersionKind `json:"kinds,omitempty"`

	// Conditions are those of the kit: Ready is False with every mistake in its message when the
	// kit was refused, or with the reason when a Namespace is not furnished.
	// +optional
	// +listType=map
	// +listMapKey=type
	Conditions []metav1.Condition `json:"conditions,omitempty"`
}

// KitDetail tells why a Namespace is not furnished.
type KitDetail struct {
	// Namespace is its name.
	Namespace string `json:"namespace"`
	// State is Waiting or InConflict.
	State KitState `json:"state"`
	// Reason names the objects, and what is in their way.
	Reason string `json:"reason"`
}

// KitState is how far a Namespace is furnished.
//
// +kubebuilder:validation:Enum=Furnished;Waiting;InConflict
type KitState string

const (
	// KitFurnished is a Namespace that has everything.
	KitFurnished KitState = "Furnished"
	// KitWaiting is one that lacks something.
	KitWaiting KitState = "Waiting"
	// KitInConflict is one with an object that is somebody else's, or that somebody else changes.
	KitInConflict KitState = "InConflict"
)

// KitLeaving is a Namespace that a kit no longer selects.
type KitLeaving struct {
	// Namespace is its name.
	Namespace string `json:"namespace"`
	// RemoveAt is when what the kit has made there is removed.
	RemoveAt metav1.Time `json:"removeAt"`
}

const (
	// KitLabel is the label of what a kit has made. Its value is the name of the kit.
	KitLabel = "taffrail.dev/kit"
	// KitHash is the annotation of what a kit has made that says as what it was made.
	KitHash = "taffrail.dev/kit-hash"
)

// The reasons of the condition Ready of a NamespaceKit, besides Refused.
const (
	ReasonFurnished    = "Furnished"
	ReasonNotFurnished = "NotFurnished"
)
