package v1alpha1

import (
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

// Guardrail is a set of defaults and checks, and which objects they hold for.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:scope=Cluster,categories=taffrail,shortName=gr
// +kubebuilder:printcolumn:name=Validators,type=integer,JSONPath=`.status.validators`
// +kubebuilder:printcolumn:name=Mutators,type=integer,JSONPath=`.status.mutators`
// +kubebuilder:printcolumn:name=Ready,type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name=Age,type=date,JSONPath=`.metadata.creationTimestamp`
type Guardrail struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	Spec   GuardrailSpec   `json:"spec"`
	Status GuardrailStatus `json:"status,omitempty"`
}

// GuardrailList is a list of Guardrails.
//
// +kubebuilder:object:root=true
type GuardrailList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`

	Items []Guardrail `json:"items"`
}

// GuardrailSpec says what a Guardrail does, and to which objects.
type GuardrailSpec struct {
	// Match narrows the objects that this Guardrail holds for. Left out, it holds for all.
	// kube-system, kube-public, kube-node-lease and Taffrail's own namespace are never matched.
	// +optional
	Match *Match `json:"match,omitempty"`

	// Mutators are the defaults that Pods are completed with at their creation.
	// +optional
	// +listType=map
	// +listMapKey=name
	Mutators []Mutator `json:"mutators,omitempty"`

	// Validators are the checks of the catalogue that objects must pass.
	// +optional
	// +listType=map
	// +listMapKey=name
	Validators []Validator `json:"validators,omitempty"`

	// Rules are checks of your own, written in CEL.
	// +optional
	// +listType=map
	// +listMapKey=name
	Rules []Rule `json:"rules,omitempty"`

	// Mutations are defaults of your own, written in CEL, for objects of any kind. They come after
	// the mutators, in the order of the Guardrails' names and of this list.
	// +optional
	// +listType=map
	// +listMapKey=name
	Mutations []Mutation `json:"mutations,omitempty"`

	// Exemptions says whether Exemptions hold for this Guardrail, and for how
	// long. Left out, they do, for at most 2160h (90 days).
	// +optional
	Exemptions *ExemptionPolicy `json:"exemptions,omitempty"`

	// NamespaceOverrides says whether the label taffrail.dev/action of a
	// Namespace (warn or audit) softens the Denies of this Guardrail there.
	// +optional
	// +kubebuilder:default=Forbidden
	NamespaceOverrides NamespaceOverrides `json:"namespaceOverrides,omitempty"`
}

// ExemptionPolicy says which Exemptions hold for a Guardrail.
type ExemptionPolicy struct {
	// Allowed is whether any does.
	// +optional
	// +kubebuilder:default=true
	Allowed *bool `json:"allowed,omitempty"`

	// MaxDuration is how long an Exemption may hold, from its creation to its
	// expiry. One that would hold longer does not hold at all.
	// +optional
	// +kubebuilder:default="2160h"
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:Pattern=`^([0-9]{1,5}(\.[0-9]{1,3})?[hms]){1,3}$`
	MaxDuration *metav1.Duration `json:"maxDuration,omitempty"`
}

// NamespaceOverrides says whether a Namespace may soften a Guardrail.
//
// +kubebuilder:validation:Enum=Allowed;Forbidden
type NamespaceOverrides string

const (
	// OverridesAllowed lets the label taffrail.dev/action soften Denies.
	OverridesAllowed NamespaceOverrides = "Allowed"
	// OverridesForbidden takes no notice of it.
	OverridesForbidden NamespaceOverrides = "Forbidden"
)

// ActionLabel is the label of a Namespace that softens Denies there, where the
// Guardrail allows it. Its values are warn and audit.
const ActionLabel = "taffrail.dev/action"

// GuardrailStatus is what Taffrail has to say of a Guardrail.
type GuardrailStatus struct {
	// ObservedGeneration is the generation that the status is about.
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`

	// Validators is the number of checks and rules in force.
	// +optional
	Validators int32 `json:"validators"`

	// Mutators is the number of defaults and mutations in force.
	// +optional
	Mutators int32 `json:"mutators"`

	// Conditions are those of the Guardrail: Ready is False with every mistake in
	// its message when the Guardrail was refused.
	// +optional
	// +listType=map
	// +listMapKey=type
	Conditions []metav1.Condition `json:"conditions,omitempty"`
}

// The condition of Guardrails and Exemptions, and its reasons.
const (
	ConditionReady = "Ready"

	ReasonInForce       = "InForce"
	ReasonPartlyInForce = "PartlyInForce" // single entries are not enforced, such as a check that this version does not know
	ReasonRefused       = "Refused"
	ReasonExpired       = "Expired"
)

// Match selects objects. All that is given must hold.
type Match struct {
	// NamespaceSelector selects by the labels of the object's Namespace. Objects
	// without a Namespace are selected, as in a ValidatingWebhookConfiguration.
	// +optional
	NamespaceSelector *metav1.LabelSelector `json:"namespaceSelector,omitempty"`

	// ObjectSelector selects by the labels of the object. On an update it is
	// enough that the old or the new object is selected. What checks find in
	// the template of a Deployment and its like goes by the template's labels,
	// which its Pods will have.
	// +optional
	ObjectSelector *metav1.LabelSelector `json:"objectSelector,omitempty"`

	// MatchConditions are CEL expressions, as in admissionregistration.k8s.io/v1,
	// that must all be true.
	// +optional
	// +listType=map
	// +listMapKey=name
	MatchConditions []admissionregistrationv1.MatchCondition `json:"matchConditions,omitempty"`
}

// Mutator switches on one default of the catalogue.
type Mutator struct {
	// Name is a name of the catalogue; `taffrail explain` lists them.
	// +kubebuilder:validation:MinLength=1
	Name string `json:"name"`

	// Params are the default's parameters; `taffrail explain NAME` lists them.
	// +optional
	// +kubebuilder:pruning:PreserveUnknownFields
	// +kubebuilder:validation:Type=object
	Params *runtime.RawExtension `json:"params,omitempty"`
}

// Validator switches on one check of the catalogue.
type Validator struct {
	// Name is a name of the catalogue; `taffrail explain` lists them.
	// +kubebuilder:validation:MinLength=1
	Name string `json:"name"`

	// Action is what follows from a finding.
	// +optional
	// +kubebuilder:default=Deny
	Action Action `json:"action,omitempty"`

	// EnforceFrom is a date (00:00 UTC of that day) or an RFC 3339 time. Until
	// then a Deny only warns, and says the date.
	// +optional
	EnforceFrom string `json:"enforceFrom,omitempty"`

	// Message is shown with each finding of the check, after its own words: what to
	// do here, or a link to a page of yours. It is one line, shown as it is; it has
	// no placeholders.
	// +optional
	// +kubebuilder:validation:MaxLength=256
	Message string `json:"message,omitempty"`

	// Except names containers that are not evaluated. What a check finds of a Pod
	// as a whole is spared when all its containers are excepted. It goes with
	// checks of Pods alone.
	// +optional
	Except *Except `json:"except,omitempty"`

	// Params are the check's parameters; `taffrail explain NAME` lists them.
	// +optional
	// +kubebuilder:pruning:PreserveUnknownFields
	// +kubebuilder:validation:Type=object
	Params *runtime.RawExtension `json:"params,omitempty"`
}

// Except names containers by their image and, if given, also by their name. A
// name alone is anybody's to choose, so the image is required.
type Except struct {
	// Images are images, or patterns of them: registry.example.com/mesh/proxy* is
	// every image whose path begins so, registry.example.com/* all of a registry,
	// registry.example.com/x:1.* tags that begin so. A * is never in the registry.
	// An image without a tag is the one called latest; x:* is every version. Other
	// spellings of an image are the same. docs/images.md has the grammar.
	// +kubebuilder:validation:MinItems=1
	// +listType=set
	Images []string `json:"images"`

	// Containers are container names; a * at the end stands for anything.
	// +optional
	// +listType=set
	Containers []string `json:"containers,omitempty"`
}

// Rule is a check of your own, written in CEL. Expressions of a ValidatingAdmissionPolicy that use
// neither params nor authorizer run unchanged.
type Rule struct {
	// Name is how the rule is called in denials and metrics.
	// +kubebuilder:validation:MinLength=1
	Name string `json:"name"`

	// Action is what follows when the expression is not true.
	// +optional
	// +kubebuilder:default=Deny
	Action Action `json:"action,omitempty"`

	// EnforceFrom is a date (00:00 UTC of that day) or an RFC 3339 time. Until
	// then a Deny only warns, and says the date.
	// +optional
	EnforceFrom string `json:"enforceFrom,omitempty"`

	// Resources are the resources and operations that the rule looks at.
	// +kubebuilder:validation:MinItems=1
	// +listType=atomic
	Resources []admissionregistrationv1.RuleWithOperations `json:"resources"`

	// PodTemplates has a rule about Pods evaluate the Pods that the templates of
	// Deployments and their like become, too. Its resources are pods, and their
	// creation among the operations. request.userInfo is who writes the template.
	// +optional
	PodTemplates bool `json:"podTemplates,omitempty"`

	// Variables may be used in the expressions as variables.NAME.
	// +optional
	// +listType=map
	// +listMapKey=name
	Variables []admissionregistrationv1.Variable `json:"variables,omitempty"`

	// Expression must be true. It sees object, oldObject, request,
	// namespaceObject (metadata only) and variables.
	// +kubebuilder:validation:MinLength=1
	Expression string `json:"expression"`

	// Message says what must be.
	// +optional
	Message string `json:"message,omitempty"`

	// MessageExpression yields the message; it wins over Message.
	// +optional
	MessageExpression string `json:"messageExpression,omitempty"`

	// Worsens says how an update compares with what was there before. It is evaluated when the
	// expression is true neither of the object nor of oldObject and what it reads has changed, and
	// is true when the update makes that worse and is to be refused. Left out, numbers and items of
	// lists are compared; where that tells nothing, the update passes with a warning. It sees what
	// expression sees.
	// +optional
	Worsens string `json:"worsens,omitempty"`
}

// Mutation is a default of your own, written in CEL. Expressions of a MutatingAdmissionPolicy that
// use neither params nor authorizer run unchanged. A mutation that fails leaves the object as it was,
// and whoever sends it is warned.
type Mutation struct {
	// Name is how the mutation is called in warnings and metrics.
	// +kubebuilder:validation:MinLength=1
	Name string `json:"name"`

	// Resources are the resources and operations whose objects are mutated. The operations are CREATE
	// and UPDATE.
	// +kubebuilder:validation:MinItems=1
	// +listType=atomic
	Resources []admissionregistrationv1.RuleWithOperations `json:"resources"`

	// MatchConditions are CEL expressions that must all be true of an object to be mutated.
	// +optional
	// +listType=map
	// +listMapKey=name
	MatchConditions []admissionregistrationv1.MatchCondition `json:"matchConditions,omitempty"`

	// Variables may be used in the expression as variables.NAME.
	// +optional
	// +listType=map
	// +listMapKey=name
	Variables []admissionregistrationv1.Variable `json:"variables,omitempty"`

	// ApplyConfiguration yields an Object that is merged into the object as Server-Side Apply would.
	// +optional
	ApplyConfiguration *admissionregistrationv1.ApplyConfiguration `json:"applyConfiguration,omitempty"`

	// JSONPatch yields a list of JSONPatch, the operations of a JSON patch (RFC 6902).
	// +optional
	JSONPatch *admissionregistrationv1.JSONPatch `json:"jsonPatch,omitempty"`

	// OnlyWhenMissing keeps what is set: what the mutation would overwrite or remove stays as it is.
	// +optional
	OnlyWhenMissing bool `json:"onlyWhenMissing,omitempty"`

	// PodTemplates has the Pods that the templates of Deployments and their like become evaluated
	// with the mutation in place; it is never written into a template. Its resources are pods.
	// +optional
	PodTemplates bool `json:"podTemplates,omitempty"`

	// ReinvocationPolicy says whether the mutation is evaluated once more when another mutation or
	// another webhook has changed the object after it.
	// +optional
	// +kubebuilder:default=IfNeeded
	// +kubebuilder:validation:Enum=Never;IfNeeded
	ReinvocationPolicy admissionregistrationv1.ReinvocationPolicyType `json:"reinvocationPolicy,omitempty"`
}

// Action is what follows from a finding.
//
// +kubebuilder:validation:Enum=Deny;Warn;Audit
type Action string

const (
	// Deny refuses the request.
	Deny Action = "Deny"
	// Warn lets the request pass with a warning to whoever sent it.
	Warn Action = "Warn"
	// Audit lets the request pass with an annotation in the audit log.
	Audit Action = "Audit"
)
