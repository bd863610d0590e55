package kyverno

import (
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// spec is that of a ClusterPolicy or a Policy. Rules are read one by one, so that one that has a field
// that is not known leaves the others.
type spec struct {
	ValidationFailureAction          string           `json:"validationFailureAction"`
	ValidationFailureActionOverrides []override       `json:"validationFailureActionOverrides"`
	Rules                            []map[string]any `json:"rules"`
	ApplyRules                       string           `json:"applyRules"`
	FailurePolicy                    string           `json:"failurePolicy"`
	Admission                        *bool            `json:"admission"`
	EmitWarning                      bool             `json:"emitWarning"`
	WebhookConfiguration             struct {
		MatchConditions []admissionregistrationv1.MatchCondition `json:"matchConditions"`
		FailurePolicy   string                                   `json:"failurePolicy"`
		TimeoutSeconds  int                                      `json:"timeoutSeconds"`
	} `json:"webhookConfiguration"`

	// These say how Kyverno goes about it, not what is admitted.
	Background                       *bool `json:"background"`
	SchemaValidation                 *bool `json:"schemaValidation"`
	WebhookTimeoutSeconds            int   `json:"webhookTimeoutSeconds"`
	UseServerSideApply               *bool `json:"useServerSideApply"`
	MutateExistingOnPolicyUpdate     *bool `json:"mutateExistingOnPolicyUpdate"`
	GenerateExisting                 *bool `json:"generateExisting"`
	GenerateExistingOnPolicyUpdate   *bool `json:"generateExistingOnPolicyUpdate"`
	BackgroundScanIntervalAfterReady any   `json:"-"`
}

type override struct {
	Action            string                `json:"action"`
	Namespaces        []string              `json:"namespaces"`
	NamespaceSelector *metav1.LabelSelector `json:"namespaceSelector"`
}

type rule struct {
	Name                   string                                   `json:"name"`
	Match                  selection                                `json:"match"`
	Exclude                *selection                               `json:"exclude"`
	Context                []map[string]any                         `json:"context"`
	Preconditions          any                                      `json:"preconditions"`
	CELPreconditions       []admissionregistrationv1.MatchCondition `json:"celPreconditions"`
	Validate               *validate                                `json:"validate"`
	Mutate                 map[string]any                           `json:"mutate"`
	Generate               map[string]any                           `json:"generate"`
	VerifyImages           []any                                    `json:"verifyImages"`
	ImageExtractors        map[string]any                           `json:"imageExtractors"`
	SkipBackgroundRequests *bool                                    `json:"skipBackgroundRequests"`
	ReportProperties       map[string]any                           `json:"reportProperties"`
}

type validate struct {
	Message                 string         `json:"message"`
	FailureAction           string         `json:"failureAction"`
	FailureActionOverrides  []override     `json:"failureActionOverrides"`
	AllowExistingViolations *bool          `json:"allowExistingViolations"`
	Pattern                 any            `json:"pattern"`
	AnyPattern              []any          `json:"anyPattern"`
	Deny                    map[string]any `json:"deny"`
	Foreach                 []foreach      `json:"foreach"`
	PodSecurity             *podSecurity   `json:"podSecurity"`
	CEL                     *celRule       `json:"cel"`
	Manifests               map[string]any `json:"manifests"`
	Assert                  any            `json:"assert"`
}

type foreach struct {
	List          string           `json:"list"`
	Context       []map[string]any `json:"context"`
	Preconditions any              `json:"preconditions"`
	Pattern       any              `json:"pattern"`
	AnyPattern    []any            `json:"anyPattern"`
	Deny          map[string]any   `json:"deny"`
	ElementScope  *bool            `json:"elementScope"`
	Foreach       []foreach        `json:"foreach"`
}

type podSecurity struct {
	Level   string              `json:"level"`
	Version string              `json:"version"`
	Exclude []podSecurityExcept `json:"exclude"`
}

type podSecurityExcept struct {
	ControlName     string   `json:"controlName"`
	Images          []string `json:"images"`
	RestrictedField string   `json:"restrictedField"`
	Values          []string `json:"values"`
}

type celRule struct {
	Expressions      []admissionregistrationv1.Validation      `json:"expressions"`
	Variables        []admissionregistrationv1.Variable        `json:"variables"`
	AuditAnnotations []admissionregistrationv1.AuditAnnotation `json:"auditAnnotations"`
	ParamKind        map[string]any                            `json:"paramKind"`
	ParamRef         map[string]any                            `json:"paramRef"`
	Generate         *bool                                     `json:"generate"`
}

// selection is match or exclude: filters of which any or all must fit, or, of old, one at the top.
type selection struct {
	Any []filter `json:"any"`
	All []filter `json:"all"`
	filter
}

type filter struct {
	Resources    description `json:"resources"`
	Subjects     []subject   `json:"subjects"`
	Roles        []string    `json:"roles"`
	ClusterRoles []string    `json:"clusterRoles"`
}

type subject struct {
	Kind      string `json:"kind"`
	Name      string `json:"name"`
	Namespace string `json:"namespace"`
	APIGroup  string `json:"apiGroup"`
}

type description struct {
	Kinds             []string              `json:"kinds"`
	Name              string                `json:"name"`
	Names             []string              `json:"names"`
	Namespaces        []string              `json:"namespaces"`
	Annotations       map[string]string     `json:"annotations"`
	Selector          *metav1.LabelSelector `json:"selector"`
	NamespaceSelector *metav1.LabelSelector `json:"namespaceSelector"`
	Operations        []string              `json:"operations"`
}

// filters are those of a selection, and whether all of them must fit.
func (s *selection) filters() (list []filter, all bool) {
	switch {
	case len(s.Any) > 0:
		return s.Any, false
	case len(s.All) > 0:
		return s.All, true
	}
	return []filter{s.filter}, true
}
