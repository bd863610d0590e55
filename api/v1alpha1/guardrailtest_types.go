package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

// GuardrailTest says what Guardrails must do: cases, each of which sends an object through them and
// names what is to become of it. It is a file for `taffrail test`, and no object of a cluster.
type GuardrailTest struct {
	metav1.TypeMeta `json:",inline"`
	// Its metadata is a field with a name: what embeds ObjectMeta is taken for an object of a
	// cluster by the generator, and gets a CustomResourceDefinition.
	Metadata metav1.ObjectMeta `json:"metadata,omitempty"`

	Spec GuardrailTestSpec `json:"spec"`
}

// GuardrailTestSpec says what is tested, and how.
type GuardrailTestSpec struct {
	// Guardrails are files or directories of Guardrails and Exemptions, relative to the test, or
	// names of those that Taffrail brings along: default, and the ready-made ones. Left out,
	// default.
	// +optional
	Guardrails []string `json:"guardrails,omitempty"`

	// Cases are the tests. Each stands for itself.
	Cases []TestCase `json:"cases"`
}

// TestCase is one request to an API server, and what is to become of it.
type TestCase struct {
	// Name says what the case shows. It is unique in the test.
	Name string `json:"name"`

	// Operation is what is done to the object. Left out, CREATE.
	// +optional
	// +kubebuilder:validation:Enum=CREATE;UPDATE;DELETE;CONNECT
	Operation Operation `json:"operation,omitempty"`

	// Object is the object of the request, as one would write it. On DELETE it is what is deleted,
	// on CONNECT what is connected to.
	// +optional
	Object *runtime.RawExtension `json:"object,omitempty"`

	// File is a manifest with that object and nothing else, relative to the test. It takes the
	// place of object.
	// +optional
	File string `json:"file,omitempty"`

	// OldObject is the object as it was before an UPDATE. On DELETE it is the same as object.
	// +optional
	OldObject *runtime.RawExtension `json:"oldObject,omitempty"`

	// OldFile is a manifest with that object, relative to the test. It takes the place of
	// oldObject.
	// +optional
	OldFile string `json:"oldFile,omitempty"`

	// Subresource is what of the object the request is for, such as exec or status. For a Scale it
	// names the resource too, as rules do: deployments/scale.
	// +optional
	Subresource string `json:"subresource,omitempty"`

	// Options are those of the request. On CONNECT to exec they are PodExecOptions, such as
	// container and command; apiVersion and kind may be left out.
	// +optional
	Options *runtime.RawExtension `json:"options,omitempty"`

	// User is who sends the request. Left out, somebody of whom no rule knows.
	// +optional
	User string `json:"user,omitempty"`

	// Groups are those of the user. The API server's own are added, such as system:authenticated.
	// +optional
	Groups []string `json:"groups,omitempty"`

	// Namespace is the Namespace that the object is in.
	// +optional
	Namespace *TestNamespace `json:"namespace,omitempty"`

	// Now is the time of the request, for what begins or expires: a date, which means 00:00 UTC of
	// that day, or an RFC 3339 time. Left out, it is the time of the test run.
	// +optional
	Now string `json:"now,omitempty"`

	// Expect is what is to become of the request.
	Expect Expectation `json:"expect"`
}

// Operation is what a request does to an object.
type Operation string

// The operations that webhooks are asked about.
const (
	OperationCreate  Operation = "CREATE"
	OperationUpdate  Operation = "UPDATE"
	OperationDelete  Operation = "DELETE"
	OperationConnect Operation = "CONNECT"
)

// TestNamespace is what is known of a Namespace.
type TestNamespace struct {
	// Name is that of the object's namespace. Left out, it is what the object names, or default.
	// +optional
	Name string `json:"name,omitempty"`

	// Labels are those of the Namespace; kubernetes.io/metadata.name is added. Left out, it has no
	// others.
	// +optional
	Labels map[string]string `json:"labels,omitempty"`
}

// Expectation is what is to become of a request. What is left out is not looked at, but for what
// is denied.
type Expectation struct {
	// Allowed is whether the request passes. Left out, it is false if denied names a finding, and
	// else true.
	// +optional
	Allowed *bool `json:"allowed,omitempty"`

	// Denied are the findings that refuse the request, all of them. Left out with allowed: false,
	// any will do.
	// +optional
	Denied []ExpectedFinding `json:"denied,omitempty"`

	// Warned are the findings that warn, all of them; an empty list says that there are none.
	// +optional
	Warned []ExpectedFinding `json:"warned,omitempty"`

	// Audited are the findings that are only noted, all of them; an empty list says that there are
	// none.
	// +optional
	Audited []ExpectedFinding `json:"audited,omitempty"`

	// Evaluated is whether a guardrail evaluates the object, be anything found or not: match may
	// leave it out.
	// +optional
	Evaluated *bool `json:"evaluated,omitempty"`

	// Object is what is in the object after the defaults. Fields that it does not name may have any
	// value; null stands for a field that is not there; of a list all items are named, in their
	// order.
	// +optional
	Object *runtime.RawExtension `json:"object,omitempty"`
}

// ExpectedFinding names the findings of a check or rule.
type ExpectedFinding struct {
	// Validator is the name of a check or rule, or check/control, as in an Exemption.
	Validator string `json:"validator"`

	// Path is the field that is at fault. Left out, it stands for all findings of the validator.
	// +optional
	Path string `json:"path,omitempty"`

	// Message is a part of what is found.
	// +optional
	Message string `json:"message,omitempty"`
}
